/**
 * The best of ten paraphrases of an instruction, drawn from recorded accuracies: how many labels it takes to name one that is less than five points behind the
 * best of them, with every share alike, by putting out what is proven worse, by Thompson and by T3C. Per task a model and ten paraphrases anew for each run.
 */
import { randomFromSeed, type Random } from '../../../src/math/index.ts';
import { pct, shareOf } from '../experiment-run.ts';
import {
  DELTA,
  EPSILON,
  findParaphrase,
  MOST,
  RULES,
  type Found,
  type Rule,
} from '../experiments/find-paraphrase.ts';
import { recordedParaphrases, type ParaphrasedTask } from '../experiments/recordings.ts';
import { orderStatistic, type Simulation } from '../simulation.ts';

const PARAPHRASES = 10;

const pick = <T>(all: readonly T[], random: Random): T => all[Math.floor(random.next() * all.length)]!;

const draw = (all: readonly number[], random: Random): readonly number[] => {
  const left = [...all];
  return Array.from(
    { length: PARAPHRASES },
    () => left.splice(Math.floor(random.next() * left.length), 1)[0]!,
  );
};

type Searches = Readonly<Record<Rule, readonly Found[]>>;

const quantileOf = (found: readonly Found[], q: number): number =>
  orderStatistic(
    found.map(({ labels }) => labels ?? Infinity),
    q,
  )!;

const wrong = (found: readonly Found[]): number =>
  shareOf(found, ({ labels, behind }) => labels !== null && behind > EPSILON);

const size = (labels: number): string => (labels === Infinity ? `> ${MOST}` : String(labels));

const row = (title: string, searches: Searches): string =>
  [title.padEnd(34), ...RULES.map((rule) => size(quantileOf(searches[rule], 0.5)).padStart(12))].join(' ');

const summary = (rule: Rule, found: readonly Found[]): string =>
  [
    rule.padEnd(34),
    size(quantileOf(found, 0.5)).padStart(8),
    size(quantileOf(found, 0.9)).padStart(8),
    pct(shareOf(found, ({ labels }) => labels === null)).padStart(9),
    pct(wrong(found)).padStart(8),
    String(
      orderStatistic(
        found.map(({ settled }) => settled),
        0.9,
      ),
    ).padStart(12),
  ].join(' ');

export const simulation: Simulation = {
  summary:
    'labels to the best of ten recorded paraphrases: T3C, Thompson and elimination beside equal shares',
  defaultRuns: 10,
  run: ({ runs, seed, onProgress }) => {
    const random = randomFromSeed(seed);
    const byTask = new Map<string, ParaphrasedTask[]>();
    for (const one of recordedParaphrases()) {
      if (one.accuracies.length < PARAPHRASES) continue;
      byTask.set(one.task, [...(byTask.get(one.task) ?? []), one]);
    }
    const results = [...byTask].map(([task, models]): readonly [string, Searches] => {
      onProgress(`${task}: ${runs} searches by each of ${RULES.length} rules`);
      const worlds = Array.from({ length: runs }, () => draw(pick(models, random).accuracies, random));
      const by = (rule: Rule): readonly Found[] => worlds.map((rates) => findParaphrase(rates, rule, random));
      return [
        task,
        { uniform: by('uniform'), elimination: by('elimination'), thompson: by('thompson'), t3c: by('t3c') },
      ];
    });
    const all = (rule: Rule): readonly Found[] => results.flatMap(([, searches]) => searches[rule]);
    const figures: Record<string, number | null> = {};
    for (const rule of RULES) {
      const found = all(rule);
      const median = quantileOf(found, 0.5);
      figures[`${rule}Median`] = median === Infinity ? null : median;
      figures[`${rule}Unfinished`] = shareOf(found, ({ labels }) => labels === null);
      figures[`${rule}Wrong`] = wrong(found);
    }
    return {
      figures,
      table: [
        'a method, of elimination and best-arm stopping; an experiment of the product puts out, at most, what is worse than the control',
        `labels of all ten together until one is proven less than ${EPSILON * 100} points behind the best, median`,
        [''.padEnd(34), ...RULES.map((rule) => rule.padStart(12))].join(' '),
        ...results.map(([task, searches]) => row(task, searches)),
        '',
        `${'all tasks'.padEnd(34)}   median     90 %  not by ${MOST}, wrong (<= ${DELTA * 100} %), leader settled (90 %)`,
        ...RULES.map((rule) => summary(rule, all(rule))),
      ],
    };
  },
};
