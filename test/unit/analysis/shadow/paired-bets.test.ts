import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedGrowth, pairedLogE, pairedMeanEvidence } from '../../../../src/analysis/index.ts';
import type { PairSums } from '../../../../src/domain/pair-block.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { loadGolden } from '../../../golden/load.ts';
import { binaryPair, drawSums } from '../../../simulation/shadow-worlds/pairs.ts';

const sumsOf = (pairs: readonly (readonly [number, number])[]): PairSums =>
  pairs.reduce(
    (sums, [s, c]) => ({
      ...sums,
      n: sums.n + 1,
      sumS: sums.sumS + s,
      sumC: sums.sumC + c,
      sumSS: sums.sumSS + s * s,
      sumCC: sums.sumCC + c * c,
      sumSC: sums.sumSC + s * c,
    }),
    { n: 0, sumS: 0, sumC: 0, sumSS: 0, sumCC: 0, sumSC: 0, greater: 0, smaller: 0, disagreed: 0 },
  );
const form = { onS: -0.95, onC: 1, constant: 0 };
const stakes = Array.from({ length: 14 }, (_, k) => (0.95 * 2 ** (-k / 2)) / 0.95);

/** The martingale itself, multiplied out pair by pair. */
const martingale = (pairs: readonly (readonly [number, number])[]): number => {
  const each = stakes.map((stake) =>
    pairs.reduce((product, [s, c]) => product * (1 + stake * (c - 0.95 * s)), 1),
  );
  return Math.log(each.reduce((sum, e) => sum + e, 0) / stakes.length);
};

const score = fc.double({ min: 0, max: 1, noNaN: true });

describe('evidence from the sums of pairs', () => {
  it('is the martingale where every value is 0 or 1, and never above it where values are graded', () => {
    const bit = fc.constantFrom(0, 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(bit, bit), { maxLength: 60 }), (pairs) => {
        expect(pairedLogE(sumsOf(pairs), form)).toBeCloseTo(martingale(pairs), 8);
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 60 }), (pairs) => {
        expect(pairedLogE(sumsOf(pairs), form)).toBeLessThanOrEqual(martingale(pairs) + 1e-9);
      }),
      { seed: 2 },
    );
  });

  it('stays below the exact value of the golden family for graded pairs', () => {
    interface Expected {
      readonly log_e: number;
      readonly at_most?: number;
    }
    const graded = loadGolden<unknown, Expected>('paired_bets').cases.flatMap(({ expected }) =>
      expected.at_most === undefined ? [] : [[expected.log_e, expected.at_most] as const],
    );
    expect(graded.length).toBeGreaterThan(10);
    for (const [below, exact] of graded) expect(below).toBeLessThanOrEqual(exact + 1e-9);
  });

  it('has a mean of at most 1 on the boundary: 20,000 shadows of 40 pairs', () => {
    const random = randomFromSeed(11);
    const runs = Array.from({ length: 20_000 }, () =>
      Math.exp(pairedLogE(drawSums(40, binaryPair(0.8, 0.76, 0.5), random.next), form)),
    );
    const mean = runs.reduce((sum, e) => sum + e, 0) / runs.length;
    const sd = Math.sqrt(runs.reduce((sum, e) => sum + (e - mean) ** 2, 0) / runs.length);
    expect(mean).toBeLessThan(1 + (4 * sd) / Math.sqrt(runs.length));
    expect(mean).toBeGreaterThan(0.9);
  });

  it('plans with no growth where the candidate is on the margin, and with more the better it is', () => {
    expect(pairedGrowth(0.8, 0.76, form)).toBeCloseTo(0, 6);
    expect(pairedGrowth(0.8, 0.85, form)).toBeGreaterThan(pairedGrowth(0.8, 0.8, form));
  });
});

describe('evidence about a mean of pairs', () => {
  it('is there from 100 pairs, on the right side only, and undefined without variance', () => {
    const pairs = (n: number, cost: number) =>
      sumsOf(Array.from({ length: n }, (_, i) => [1 + (i % 3) / 10, cost + (i % 5) / 10] as const));
    const ask = (sums: PairSums, side: 'less' | 'greater') =>
      pairedMeanEvidence(sums, { factor: 1.1, alpha: 0.05, side });
    expect(ask(pairs(99, 1), 'less')).toMatchObject({ ok: false });
    expect(ask(pairs(400, 0.9), 'less')).toMatchObject({ ok: true, value: expect.any(Number) });
    const found = ask(pairs(400, 0.9), 'less');
    expect(found.ok && found.value).toBeGreaterThan(Math.log(20));
    expect(ask(pairs(400, 0.9), 'greater')).toEqual({ ok: true, value: 0 });
    expect(ask(sumsOf(Array.from({ length: 200 }, () => [1, 1] as const)), 'less')).toMatchObject({
      ok: false,
      reason: 'no variance in the pairs',
    });
  });
});
