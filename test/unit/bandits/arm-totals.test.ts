import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fadeTotals, mergeTotals } from '../../../src/bandits/index.ts';
import { learnTotals, startTotals, totalPlays } from '../../../src/bandits/arm-totals.ts';

const learnAll = (rewards: readonly number[], discount = 1) =>
  rewards.reduce((state, reward) => learnTotals(state, 0, reward, discount), startTotals(2));

const m2Of = (values: readonly number[]): number => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
};

describe('arm totals', () => {
  it('are the count, the sum and the spread of what was seen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (xs) => {
          const [totals, other] = learnAll(xs).arms;
          expect(totals!.n).toBe(xs.length);
          expect(totals!.sum).toBeCloseTo(
            xs.reduce((sum, x) => sum + x, 0),
            9,
          );
          expect(totals!.m2).toBeCloseTo(m2Of(xs), 9);
          expect(other).toEqual({ n: 0, sum: 0, m2: 0 });
        },
      ),
      { seed: 4 },
    );
  });

  it('keep the spread of values far from zero', () => {
    const totals = learnAll([1e9 + 1, 1e9 + 2, 1e9 + 3]).arms[0]!;
    expect(totals.m2).toBeCloseTo(2, 6);
    const merged = mergeTotals(learnAll([1e9 + 1]), learnAll([1e9 + 2, 1e9 + 3])).arms[0]!;
    expect(merged.m2).toBeCloseTo(2, 6);
  });

  it('tie exactly for the same wins of the same plays in another order', () => {
    const rewards = [1, 0, 0, 1, 1, 0, 1];
    expect(learnAll(rewards).arms[0]!.sum).toBe(learnAll(rewards.toReversed()).arms[0]!.sum);
  });

  it('under a discount weigh a reward by how long ago it came', () => {
    const { n, sum, m2 } = learnAll([1, 0, 4], 0.5).arms[0]!;
    // Weights .25, .5 and 1.
    expect(n).toBeCloseTo(1.75, 12);
    expect(sum).toBeCloseTo(4.25, 12);
    const mean = 4.25 / 1.75;
    expect(m2).toBeCloseTo(0.25 * (1 - mean) ** 2 + 0.5 * mean ** 2 + (4 - mean) ** 2, 12);
  });

  it('under a discount fade the arms that were not played too', () => {
    const before = learnTotals(startTotals(2), 1, 1, 0.5);
    expect(learnTotals(before, 0, 1, 0.5).arms[1]).toEqual({ n: 0.5, sum: 0.5, m2: 0 });
  });

  it('start anew when faded by 0 and stay when faded by 1', () => {
    const state = learnAll([1, 2, 3]);
    expect(fadeTotals(state, 0)).toEqual(startTotals(2));
    expect(fadeTotals(state, 1)).toEqual(state);
    expect(totalPlays(fadeTotals(state, 0.5).arms)).toBe(1.5);
  });
});
