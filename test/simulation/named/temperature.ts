/**
 * Temperatures and prompting techniques on recorded exam answers, ten to each question. The ten are not independent, so the question is the unit: an
 * experiment finds no winner among temperatures 0 to 1, and leaves chain-of-thought against the plain prompt undecided. Beside it the test that takes every
 * answer for a unit, which is sure of things that the next hundred questions need not bear out.
 */
import { pairedUnits, twoProportions } from '../../../src/analysis/index.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import { pct, shareOf } from '../experiment-run.ts';
import { playOnQuestions, type UnitRates } from '../experiments/on-questions.ts';
import { ATTEMPTS, recordedQuestions, type Question } from '../experiments/recordings.ts';
import type { Simulation } from '../simulation.ts';

const LOW_TO_ONE = Array.from({ length: 11 }, (_, i) => (i / 10).toFixed(1));
const HOT = '1.6';
const MODEL = 'gpt-35-turbo';
const EXAM = 'comprehensive-100';
const TECHNIQUES = ['baseline', 'chain_of_thought'] as const;

const sumOver = (question: Question, temperatures: readonly string[]): number =>
  temperatures.reduce((sum, temperature) => sum + question.right[temperature]!, 0);

/** Shares of right answers by temperature, of every question asked at all of them with chain-of-thought. */
const byTemperature = (
  questions: readonly Question[],
  temperatures: readonly string[],
): readonly UnitRates[] =>
  questions
    .filter(
      ({ technique, right }) => technique === 'chain_of_thought' && temperatures.every((t) => t in right),
    )
    .map(({ right }) => Object.fromEntries(temperatures.map((t) => [t, right[t]! / ATTEMPTS])));

/** The same questions under both techniques, all temperatures from 0 to 1 together. */
const byTechnique = (questions: readonly Question[]): readonly UnitRates[] => {
  const [plain, thoughtful] = TECHNIQUES.map((technique) =>
    questions.filter((one) => one.model === MODEL && one.exam === EXAM && one.technique === technique),
  );
  const answers = ATTEMPTS * LOW_TO_ONE.length;
  return plain!.map((question, i) => ({
    baseline: sumOver(question, LOW_TO_ONE) / answers,
    chain_of_thought: sumOver(thoughtful![i]!, LOW_TO_ONE) / answers,
  }));
};

/** The same questions, with the last arm's chance of a right answer raised on each by `lift` (at most to 1), and by how much that raises its mean. */
const planted = (units: readonly UnitRates[], arm: string, lift: number) => {
  const lifted = units.map((rates) => ({ ...rates, [arm]: Math.min(1, rates[arm]! + lift) }));
  const meanOf = (control: string) =>
    lifted.reduce((sum, rates) => sum + rates[arm]! - rates[control]!, 0) / lifted.length;
  return { lifted, truly: meanOf('0.0') };
};

/** Shares added to the hottest arm, to see whether it would be found at all. */
const PLANTED = [0.1, 0.15, 0.2] as const;

/** p when every answer is taken for a unit, and when the question is. */
const tests = (units: readonly UnitRates[], [a, b]: readonly [string, string], answers: number) => {
  const count = (arm: string) => ({
    n: units.length * answers,
    successes: Math.round(units.reduce((sum, rates) => sum + rates[arm]! * answers, 0)),
  });
  const naive = twoProportions(count(a), count(b));
  const unit = (rate: number) => ({ count: 1, sum: rate });
  const paired = pairedUnits(units.map((rates) => ({ a: unit(rates[a]!), b: unit(rates[b]!) })));
  return {
    difference: naive.ok ? naive.value.difference : 0,
    naiveP: naive.ok ? naive.value.p.twoSided : 1,
    pairedP: paired.ok ? paired.value.p.twoSided : 1,
  };
};

/** Every answer as a unit of its own. */
const answersOf = (units: readonly UnitRates[], answers: number): readonly UnitRates[] =>
  units.flatMap((rates) => Array.from({ length: answers }, () => rates));

const small = (p: number): string => (p < 1e-3 ? p.toExponential(0) : p.toFixed(3));

export const simulation: Simulation = {
  summary:
    'temperatures and techniques on recorded answers: the question as the unit, and every answer as one',
  defaultRuns: 1000,
  run: ({ runs, seed, onProgress }) => {
    const random = randomFromSeed(seed);
    const questions = recordedQuestions();
    const temperatures = byTemperature(questions, LOW_TO_ONE);
    const hot = byTemperature(questions, ['0.0', HOT]);
    const techniques = byTechnique(questions);
    const play = (units: readonly UnitRates[], arms: readonly string[], perLook: number, some = runs) => {
      const all = Array.from({ length: some }, () => playOnQuestions(units, arms, perLook, random));
      return {
        declared: shareOf(all, ({ better, worse }) => better.length + worse.length > 0),
        winner: shareOf(all, ({ better }) => better.length > 0),
      };
    };
    onProgress(`${runs} experiments over ${temperatures.length} questions, 11 temperatures from 0 to 1`);
    const eleven = play(temperatures, LOW_TO_ONE, 100);
    onProgress(`${runs} experiments of temperature 0 against 1, against ${HOT}, and of both techniques`);
    const zeroOne = play(temperatures, ['0.0', '1.0'], 100);
    const scorching = play(hot, ['0.0', HOT], 10);
    const technique = play(techniques, TECHNIQUES, 10);
    const some = Math.max(1, Math.round(runs / 10));
    const plantedRandom = randomFromSeed(seed + 1);
    onProgress(`${some} experiments each with a lift planted in temperature 1, of 2 arms and of 11`);
    const powers = PLANTED.map((lift) => {
      const { lifted, truly } = planted(temperatures, '1.0', lift);
      const ofArms = (arms: readonly string[]) =>
        shareOf(
          Array.from({ length: some }, () => playOnQuestions(lifted, arms, 100, plantedRandom)),
          ({ better }) => better.includes('1.0'),
        );
      return { truly, two: ofArms(['0.0', '1.0']), eleven: ofArms(LOW_TO_ONE) };
    });
    const answers = ATTEMPTS * LOW_TO_ONE.length;
    const few = Math.max(1, Math.round(runs / 50));
    const asAnswers = play(answersOf(techniques, answers), TECHNIQUES, 500, few);
    const cot = tests(techniques, TECHNIQUES, answers);
    const ends = tests(temperatures, ['0.0', '1.0'], ATTEMPTS);
    return {
      figures: {
        winnersAmongTemperatures: eleven.winner,
        declaredAmongTemperatures: eleven.declared,
        declaredZeroAgainstOne: zeroOne.declared,
        chainOfThoughtDecided: technique.declared,
        chainOfThoughtDecidedByAnswers: asAnswers.declared,
        chainOfThoughtPairedP: cot.pairedP,
        chainOfThoughtNaiveP: cot.naiveP,
        zeroAgainstOnePairedP: ends.pairedP,
        zeroAgainstOneNaiveP: ends.naiveP,
        hotFound: scorching.declared,
        plantedFoundOfTwo: powers.at(-1)!.two,
        plantedFoundOfEleven: powers.at(-1)!.eleven,
      },
      table: [
        'experiments, each question in one arm                      a winner  declared',
        `11 temperatures from 0 to 1, ${temperatures.length} questions`.padEnd(58) +
          `${pct(eleven.winner).padStart(9)} ${pct(eleven.declared).padStart(9)}`,
        `temperature 1 against 0, ${temperatures.length} questions`.padEnd(58) +
          `${pct(zeroOne.winner).padStart(9)} ${pct(zeroOne.declared).padStart(9)}`,
        `chain-of-thought against the plain prompt, ${techniques.length} questions`.padEnd(58) +
          `${pct(technique.winner).padStart(9)} ${pct(technique.declared).padStart(9)}`,
        `  every one of ${techniques.length * answers * 2} answers a unit (not what we do)`.padEnd(58) +
          `${pct(asAnswers.winner).padStart(9)} ${pct(asAnswers.declared).padStart(9)}`,
        `temperature ${HOT} against 0, ${hot.length} questions`.padEnd(58) +
          `${pct(scorching.winner).padStart(9)} ${pct(scorching.declared).padStart(9)}`,
        '',
        `a lift planted in temperature 1: found of                       2 arms   11 arms`,
        ...powers.map(
          ({ truly, two, eleven: ofEleven }) =>
            `  truly ${(truly * 100).toFixed(1)} points better than temperature 0`.padEnd(58) +
            `${pct(two).padStart(9)} ${pct(ofEleven).padStart(9)}`,
        ),
        '',
        'one look at everything                          difference   by question   by answer (naive)',
        `chain-of-thought against the plain prompt`.padEnd(48) +
          `${(cot.difference * 100).toFixed(1).padStart(8)} points  p ${small(cot.pairedP).padEnd(10)}  p ${small(cot.naiveP)}`,
        `temperature 1 against 0`.padEnd(48) +
          `${(ends.difference * 100).toFixed(1).padStart(8)} points  p ${small(ends.pairedP).padEnd(10)}  p ${small(ends.naiveP)}`,
      ],
    };
  },
};
