import { describe, expect, it } from 'vitest';
import {
  foldExperimentBlock,
  judgeExperiment,
  type ExperimentBlock,
  type ExperimentState,
  type MetricBlock,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { block, errors, of, score, started } from './support.ts';

type Labelled = NonNullable<ExperimentBlock['labelled']>;

/** Ten blocks in which b wins clearly, with these label counts in each. */
const winning = (labelled: Labelled | undefined, over = {}): ExperimentState => {
  let state: ExperimentState = started({ variants: ['b', 'c'], ...over });
  for (let no = 1; no <= 10; no++) {
    const arm = (successes: number, failed: number) => ({
      quality: of(200, successes),
      ...(state.design.guardrails.length > 0 ? { errors: of(200, failed) } : {}),
    });
    const arms = { a: arm(120, 4), b: arm(150, 30), c: arm(120, 4) };
    state = foldExperimentBlock(state, block(no, arms, labelled === undefined ? {} : { labelled }));
  }
  return state;
};

const counts = (labels: number) => ({ exposures: 400, labels });

describe('label rates', () => {
  it('that differ freeze the verdict, for good, and the reason names the variant', () => {
    const frozen = winning({ a: counts(200), b: counts(260), c: counts(200) });
    const verdict = judgeExperiment(frozen);
    expect(verdict).toMatchObject({ outcome: 'frozen', variant: null });
    expect(verdict.reason).toMatch(
      /^b is not labelled as often as control \(log e [\d.]+ of 7\.6\), so no verdict can be trusted$/u,
    );
    expect(verdict.perVariant.map(({ labelParity }) => labelParity!.mismatch)).toEqual([true, false]);
    const arms = { a: { quality: of(200, 120) }, b: { quality: of(200, 150) } };
    const labelled = { a: counts(260), b: counts(200) };
    const later = foldExperimentBlock(frozen, block(11, arms, { labelled }));
    expect(judgeExperiment(later).outcome).toBe('frozen');
  });
  it('that are alike, or that nobody counts, hold nothing back', () => {
    const alike = judgeExperiment(winning({ a: counts(200), b: counts(204), c: counts(198) }));
    expect(alike).toMatchObject({ outcome: 'winner', variant: 'b' });
    const uncounted = judgeExperiment(winning(undefined));
    expect(uncounted).toMatchObject({ outcome: 'winner', variant: 'b' });
    expect(uncounted.perVariant[0]!.labelParity).toBeNull();
    const oneArm = judgeExperiment(winning({ b: counts(10) }));
    expect(oneArm.perVariant[0]!.labelParity).toBeNull();
  });
  it('do not hold back a stop for harm', () => {
    const guardrails = [
      { metric: errors, margin: { kind: 'absolute', amount: 0.02 } as const, required: true },
    ];
    const harmed = winning({ a: counts(200), b: counts(300), c: counts(200) }, { guardrails });
    expect(judgeExperiment(harmed)).toMatchObject({ outcome: 'harm', variant: 'b' });
  });
  it('catch what bets cannot see: equal grades, one arm graded more often', () => {
    const random = randomFromSeed(5);
    const graded = (n: number): MetricBlock => ({
      kind: 'scores',
      scores: Array.from({ length: n }, () => 0.7 + 0.3 * random.next()),
    });
    const after = (withCounts: boolean) => {
      let state = started({ primary: score });
      for (let no = 1; no <= 40; no++) {
        const labelled = { a: { exposures: 100, labels: 40 }, b: { exposures: 100, labels: 60 } };
        const arms = { a: { score: graded(40) }, b: { score: graded(60) } };
        state = foldExperimentBlock(state, block(no, arms, withCounts ? { labelled } : {}));
      }
      return judgeExperiment(state).outcome;
    };
    expect(after(true)).toBe('frozen');
    // The grades themselves are counted too: those that come after the counting are not in it.
    expect(after(false)).toBe('frozen');
  });
});
