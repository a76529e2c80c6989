import { describe, expect, it } from 'vitest';
import {
  foldExperimentBlock,
  judgeExperiment,
  type ExperimentBlock,
  type ExperimentGuardrail,
  type ExperimentState,
  type MetricBlock,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, type Random } from '../../../../src/math/index.ts';
import { cost, of, score, started } from './support.ts';

const SHARE = 0.05;
const WEIGHTS = { a: 1 - SHARE, b: SHARE };
const guardrails: readonly ExperimentGuardrail[] = [
  { metric: { ...score, id: 'helpful' }, margin: { kind: 'relative', pct: 10 }, required: true },
];

const grade = (mean: number, random: Random): number =>
  Math.min(1, Math.max(0, mean + 0.1 * (random.next() + random.next() + random.next() - 1.5)));

const scores = (values: readonly number[]): MetricBlock => ({ kind: 'scores', scores: values });

/** Ten units, each the variant's with probability 5 %: six blocks of ten lack the variant. `helpful` is worse by exactly its margin. */
const tenUnits = (no: number, mean: number, random: Random): ExperimentBlock => {
  const arms = { a: [] as number[][], b: [] as number[][] };
  for (let i = 0; i < 10; i++) {
    const arm = random.next() < SHARE ? 'b' : 'a';
    arms[arm].push([grade(mean, random), grade(mean * (arm === 'b' ? 0.9 : 1), random)]);
  }
  const blockOfArm = (events: readonly number[][]) => ({
    score: scores(events.map(([first]) => first!)),
    helpful: scores(events.map(([, second]) => second!)),
  });
  return { no, weights: WEIGHTS, arms: { a: blockOfArm(arms.a), b: blockOfArm(arms.b) } };
};

const looksAfter = (runs: number, meanAt: (t: number) => number) =>
  Array.from({ length: runs }, (_, run) => {
    const random = randomFromSeed(run + 1);
    let state = started({ primary: score, guardrails });
    for (let no = 0; no < 400; no++) {
      state = foldExperimentBlock(state, tenUnits(no, meanAt(no / 400), random));
    }
    return judgeExperiment(state).perVariant[0]!;
  });

describe('scores in small blocks with a rare arm', () => {
  it('equal arms are not told apart because all grades drift', () => {
    const looks = looksAfter(20, (t) => 0.5 + 0.35 * t);
    expect(looks.filter(({ status }) => status !== 'undecided')).toHaveLength(0);
  });
  it('a loss of exactly the margin is not proven harm', () => {
    const looks = looksAfter(20, () => 0.8);
    expect(looks.filter(({ guardrails: [helpful] }) => helpful!.outcome === 'harm')).toHaveLength(0);
  });
});

describe('a block of which one arm is empty', () => {
  const fold = (state: ExperimentState, arms: ExperimentBlock['arms'], weights = WEIGHTS) =>
    foldExperimentBlock(state, { no: (state.lastBlockNo ?? 0) + 1, weights, arms });
  const labelsOf = (state: ExperimentState) => state.variants[0]!.primary.labels;

  it('counts for scores and means, given as empty or not at all', () => {
    for (const b of [
      {},
      { score: scores([]) },
      { score: { kind: 'scoreSums', n: 0, sum: 0, sumOfSquares: 0 } },
    ]) {
      const state = fold(started({ primary: score }), { a: { score: scores([0.4, 0.9]) }, b: b as never });
      expect(labelsOf(state)).toEqual({ control: 2, variant: 0 });
      expect(state.variants[0]!.primary.superiority).toMatchObject({ kind: 'bets', n: 2 });
      expect(judgeExperiment(state).reason).toMatch(/nothing to compare yet: no block had outcomes of both/u);
    }
    const mean = fold(started({ primary: cost }), {
      b: { cost: { kind: 'mean', n: 3, sum: 3, sumOfSquares: 5 } },
    });
    expect(mean.variants[0]!.primary.stage).toMatchObject({ control: { n: 0 }, variant: { n: 3 } });
  });
  it('does not count for a proportion', () => {
    expect(labelsOf(fold(started(), { a: { quality: of(9, 4) } }))).toEqual({ control: 0, variant: 0 });
  });
  it('says nothing of a variant that took no part', () => {
    const start = started({ primary: score, variants: ['b', 'c'] });
    const state = fold(start, { a: { score: scores([0.4]) }, b: { score: scores([0.6]) } });
    expect(state.variants.map(({ primary }) => primary.labels.control)).toEqual([1, 0]);
  });
});

describe('the side of a verdict on scores', () => {
  it('is that whose bets won, also where the effect within blocks is observed the other way', () => {
    let state = started({ primary: score });
    const fold = (a: readonly number[], b: readonly number[]) => {
      const arms = { a: { score: scores(a) }, b: { score: scores(b) } };
      state = foldExperimentBlock(state, { no: (state.lastBlockNo ?? 0) + 1, weights: { a: 1, b: 1 }, arms });
    };
    // Alone in their blocks the variant's grades are high and control's low; the blocks that have both say the opposite, by little.
    for (let i = 0; i < 40; i++) {
      fold([], [0.9, 0.95, 1]);
      fold([0.1, 0.15, 0.2], []);
      fold([0.6], [0.5]);
    }
    const look = judgeExperiment(state).perVariant[0]!;
    expect(look.observed.difference).toBeLessThan(0);
    expect(look.status).toBe('better');
  });
});
