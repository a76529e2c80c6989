/**
 * Tuning of the temperature on recorded exam answers, by the product's own proposals, shares and elimination: the question is the unit, drawn anew each
 * time. From 0 to 1 the temperature hardly matters, and at 1.6 next to nothing is right, so what exploring costs is what is shown. Beside it the same
 * elimination with equal shares.
 *
 * A method: proposals and their shares are the product's, and every arm is held against every other. Below it the same proposals are whole
 * experiments: the product puts out what is proven worse than the control (allocation `elimination`), and ends when harm to a guardrail is proven
 * in any arm.
 */
import { randomFromSeed, sampleBinomial, type Random } from '../../../src/math/index.ts';
import {
  CONTROL,
  openingWeights,
  proposeParameters,
  type WeighedArm,
} from '../../../src/strategies/parameters/index.ts';
import type { ExperimentRunState } from '../../../src/state/experiment/index.ts';
import { pct, shareOf, meanOf } from '../experiment-run.ts';
import { planFor, playExperiment } from '../experiments/play.ts';
import { ATTEMPTS, recordedQuestions } from '../experiments/recordings.ts';
import { independentUnits } from '../experiments/world.ts';
import { armsLeft, foldElimination, startElimination } from '../tuning/elimination.ts';
import { weightsOfThoseLeft } from '../tuning/weights-of-those-left.ts';
import type { Simulation } from '../simulation.ts';

const MODEL = 'gpt-35-turbo';
const TECHNIQUE = 'chain_of_thought';
const SERVED = 0.7;
const HOTTEST = 1.6;
/** From here on fewer answers are right than below. */
const HOT = 1.2;
const UNTRIED_PCT = 5;
const ALPHA = 0.05;
const UNITS_PER_BLOCK = 200;
const BLOCKS = 200;

/** Share of right answers at each recorded temperature, over the questions that were asked at all of them. */
function recordedRates(): ReadonlyMap<number, number> {
  const questions = recordedQuestions().filter(
    ({ model, technique, right }) =>
      model === MODEL && technique === TECHNIQUE && right[HOTTEST.toFixed(1)] !== undefined,
  );
  const steps = Math.round(HOTTEST / 0.1);
  return new Map(
    Array.from({ length: steps + 1 }, (_, i) => (i / 10).toFixed(1))
      .filter((t) => questions.every(({ right }) => right[t] !== undefined))
      .map((t) => {
        const right = questions.reduce((sum, question) => sum + question.right[t]!, 0);
        return [Number(t), right / (ATTEMPTS * questions.length)];
      }),
  );
}

interface Arm extends WeighedArm {
  readonly temperature: number;
  readonly rate: number;
}

interface Run {
  readonly arms: readonly Arm[];
  readonly left: readonly string[];
  /** The greatest share that any setting had which nobody had tried. */
  readonly mostUntried: number;
  /** Of all units, how many right answers fewer than with everybody at what is served. */
  readonly lost: number;
  /** Units until the hottest setting was out; null when it stayed, or there is none. */
  readonly hotUntil: number | null;
}

/** All of `BLOCKS`, or until one arm is left; then everybody is served by it. */
function play(arms: readonly Arm[], untriedPct: number, random: Random): Run {
  const settings = arms.slice(1);
  const hot = settings.filter(({ temperature }) => temperature >= HOT).map(({ id }) => id);
  let state = startElimination(
    arms.map(({ id }) => id),
    ALPHA,
  );
  let [units, lost, mostUntried] = [0, 0, 0];
  let hotUntil: number | null = null;
  for (let no = 1; no <= BLOCKS; no++) {
    const left = armsLeft(state);
    // A control that is out is served no more: its share is the leader's, which has been shown to be better.
    const lead = left.includes(CONTROL) ? CONTROL : left[0]!;
    const weights = weightsOfThoseLeft(
      lead,
      settings.filter(({ id }) => id !== lead && left.includes(id)),
      [],
      untriedPct,
    );
    mostUntried = Math.max(
      mostUntried,
      ...settings.filter(({ id }) => id !== lead).map(({ id }) => weights[id] ?? 0),
    );
    const counts = arms
      .filter(({ id }) => weights[id] !== undefined)
      .map(({ id, rate }) => {
        const n = Math.round(weights[id]! * UNITS_PER_BLOCK);
        lost += n * (arms[0]!.rate - rate);
        units += n;
        return [id, { n, successes: sampleBinomial(n, rate, random) }] as const;
      });
    if (left.length > 1) state = foldElimination(state, { no, arms: Object.fromEntries(counts) });
    if (hotUntil === null && hot.length > 0 && !armsLeft(state).some((id) => hot.includes(id)))
      hotUntil = units;
  }
  return { arms, left: armsLeft(state), mostUntried, lost: lost / units, hotUntil };
}

interface ProductRun {
  readonly arms: readonly Arm[];
  readonly state: ExperimentRunState;
}

/** The proposal as an experiment of the product: its own reducer, looks and allocation, sized for 5 points. */
function playProduct(arms: readonly Arm[], random: Random): ProductRun {
  const variants = arms.slice(1);
  const { plan, unitsPerMs } = planFor({
    base: arms[0]!.rate,
    lift: 0.05,
    allocation: 'elimination',
    variants: variants.map(({ id }) => id),
    weights: openingWeights(CONTROL, variants, UNTRIED_PCT),
    caps: Object.fromEntries(variants.map(({ id }) => [id, UNTRIED_PCT / 100])),
  });
  const rates = Object.fromEntries(arms.map(({ id, rate }) => [id, rate]));
  return { arms, state: playExperiment(plan, independentUnits(rates, unitsPerMs, random)) };
}

const isOut = ({ state }: ProductRun, id: string): boolean => state.periods.at(-1)?.weights[id] === 0;

/** Of all units, how many right answers fewer than with everybody at what is served. */
function lostBy({ arms, state }: ProductRun): number {
  const exposed = arms.map(({ id, rate }) => ({ n: state.totals[id]?.exposures ?? 0, rate }));
  const units = exposed.reduce((sum, { n }) => sum + n, 0);
  return exposed.reduce((sum, { n, rate }) => sum + n * (arms[0]!.rate - rate), 0) / units;
}

/** Every share that an untried setting ever had. */
const mostShare = ({ arms, state }: ProductRun): number =>
  Math.max(...state.periods.flatMap(({ weights }) => arms.slice(1).map(({ id }) => weights[id] ?? 0)));

/** What the product proposes to a service at `SERVED` that allows everything up to the hottest. */
function proposed(seed: number, rates: ReadonlyMap<number, number>, high: number): readonly Arm[] {
  const proposal = proposeParameters({
    serviceId: 'exam',
    taskType: 'reasoning',
    mode: 'explore',
    ranges: { temperature: [0, high] },
    current: { model: MODEL, temperature: String(SERVED) },
    untriedPct: UNTRIED_PCT,
    learned: [],
    nowMs: 0,
    seed,
  });
  if (proposal.kind === 'exhausted') throw new Error(proposal.reason);
  return armsOf(
    proposal.settings.map(({ id, change, isTried }) => ({
      id,
      isTried,
      temperature: change.temperature ?? SERVED,
    })),
    rates,
  );
}

/** With the answers that were recorded at the nearest temperature. */
function armsOf(
  settings: readonly (WeighedArm & { readonly temperature: number })[],
  rates: ReadonlyMap<number, number>,
): readonly Arm[] {
  const rateAt = (temperature: number): number => {
    const nearest = [...rates.keys()].toSorted(
      (a, b) => Math.abs(a - temperature) - Math.abs(b - temperature),
    )[0]!;
    return rates.get(nearest)!;
  };
  const control = { id: CONTROL, isTried: true, temperature: SERVED };
  return [control, ...settings].map((each) => ({ ...each, rate: rateAt(each.temperature) }));
}

const bestOf = (arms: readonly Arm[]): number => Math.max(...arms.map(({ rate }) => rate));

/** The best arm was put out: every arm as good as it. */
const lostTheBest = ({ arms, left }: Run): boolean =>
  !arms.some(({ id, rate }) => left.includes(id) && rate === bestOf(arms));

export const simulation: Simulation = {
  summary:
    'tuning the temperature on recorded answers: what exploring 1.6 costs, and what is put out rightly',
  defaultRuns: 300,
  run: ({ runs, seed, onProgress }) => {
    const random = randomFromSeed(seed);
    const rates = recordedRates();
    const seeds = Array.from({ length: runs }, (_, i) => seed * 100_000 + i);
    onProgress(`${runs} tunings of proposals from 0 to ${HOTTEST}, then from 0 to 1`);
    const wide = seeds.map((each) => play(proposed(each, rates, HOTTEST), UNTRIED_PCT, random));
    const even = seeds.map((each) => play(proposed(each, rates, HOTTEST), 50, random));
    const low = seeds.map((each) => play(proposed(each, rates, 1), UNTRIED_PCT, random));
    onProgress(`${runs} tunings of ${HOTTEST} alone`);
    const hottest = seeds.map(() =>
      play(armsOf([{ id: 'p1', isTried: false, temperature: HOTTEST }], rates), UNTRIED_PCT, random),
    );
    onProgress(`${runs} experiments of the product with the same proposals`);
    // A stream of its own: the rows above stay what they were.
    const ofProduct = randomFromSeed(seed + 1_000);
    const products = wide.map(({ arms }) => playProduct(arms, ofProduct));
    const settled = products.flatMap((run) => run.arms.slice(1).map((arm) => ({ run, arm })));
    const figures = {
      rateServed: rates.get(SERVED)!,
      rateHottest: rates.get(HOTTEST)!,
      mostUntriedShare: Math.max(...[...wide, ...low, ...hottest].map(({ mostUntried }) => mostUntried)),
      hottestLost: meanOf(hottest.map(({ lost }) => lost)),
      hottestLostAtMost: Math.max(...hottest.map(({ lost }) => lost)),
      hottestPutOut: shareOf(hottest, ({ left }) => !left.includes('p1')),
      hottestUnits: meanOf(hottest.flatMap(({ hotUntil }) => (hotUntil === null ? [] : [hotUntil]))),
      wideLost: meanOf(wide.map(({ lost }) => lost)),
      wideLostEqualShares: meanOf(even.map(({ lost }) => lost)),
      bestPutOut: shareOf(wide, lostTheBest),
      lowPutOut: shareOf(low, lostTheBest),
      lowControlPutOut: shareOf(low, ({ left }) => !left.includes(CONTROL)),
      productMostUntriedShare: Math.max(...products.map(mostShare)),
      productLost: meanOf(products.map(lostBy)),
      productPutOut: shareOf(products, (run) => run.arms.some(({ id }) => isOut(run, id))),
      productHarmed: shareOf(products, ({ state }) => state.outcome === 'harmed'),
      productHotSettled: shareOf(
        settled.filter(({ arm }) => arm.temperature >= HOT),
        ({ run, arm }) => isOut(run, arm.id) || run.state.outcome === 'harmed',
      ),
      productPutOutWrongly: shareOf(products, (run) =>
        run.arms.some(({ id, rate }) => isOut(run, id) && rate >= run.arms[0]!.rate),
      ),
    };
    return {
      figures,
      table: [
        'a method, of elimination by any arm; below it, experiments of the product, which put out what is worse than the control, and end on harm',
        `right at ${SERVED} (served) ${pct(figures.rateServed)}, at ${HOTTEST} ${pct(figures.rateHottest)}; ${UNITS_PER_BLOCK * BLOCKS} units a tuning`,
        '',
        `most of the traffic that an untried setting ever had:             ${pct(figures.mostUntriedShare)}`,
        `${HOTTEST} alone: right answers lost, of all (mean, most):                ${pct(figures.hottestLost, 2)}, ${pct(figures.hottestLostAtMost, 2)}`,
        `${HOTTEST} alone: put out, after units (mean):                            ${pct(figures.hottestPutOut)}, ${Math.round(figures.hottestUnits ?? 0)}`,
        `four settings from 0 to ${HOTTEST}: lost, of all; with equal shares:      ${pct(figures.wideLost, 2)}; ${pct(figures.wideLostEqualShares, 2)}`,
        `four settings from 0 to ${HOTTEST}: the best one put out:                 ${pct(figures.bestPutOut)} (at most ${pct(ALPHA)})`,
        `four settings from 0 to 1: the best one put out:                  ${pct(figures.lowPutOut)} (at most ${pct(ALPHA)})`,
        `four settings from 0 to 1: what is served put out as worse:       ${pct(figures.lowControlPutOut)}`,
        '',
        `the four settings from 0 to ${HOTTEST} as experiments of the product, which put out what is worse than the control:`,
        `lost, of the units until it ends; most that an untried setting had: ${pct(figures.productLost, 2)}; ${pct(figures.productMostUntriedShare)}`,
        `some setting put out; ended by harm to a guardrail:               ${pct(figures.productPutOut)}; ${pct(figures.productHarmed)}`,
        `a setting from ${HOT} up put out, or ended by harm:                   ${pct(figures.productHotSettled)}`,
        `a setting put out that is no worse than what is served:           ${pct(figures.productPutOutWrongly)} (at most ${pct(ALPHA)})`,
      ],
    };
  },
};
