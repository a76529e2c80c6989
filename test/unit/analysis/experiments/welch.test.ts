import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hedgesFactor,
  mergeMoments,
  sampleMoments,
  welch,
  welchOfMoments,
  welchOfSummary,
} from '../../../../src/analysis/index.ts';

const valuesList = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
  minLength: 2,
  maxLength: 300,
});
const test = (a: readonly number[], b: readonly number[]) => {
  const result = welch(a, b);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};
const spread = [3, 4.5, 1, 2.25, 6];
const other = [5, 4, 7.5, 6, 6.25, 9];

describe("Welch's t", () => {
  it('is the same from values, from moments merged of parts, and from a summary', () => {
    fc.assert(
      fc.property(valuesList, valuesList, fc.nat(), (a, b, cut) => {
        const at = cut % a.length;
        const merged = mergeMoments(sampleMoments(a.slice(0, at)), sampleMoments(a.slice(at)));
        const ofB = sampleMoments(b);
        const [values, moments] = [welch(a, b), welchOfMoments(merged, ofB)];
        expect(values.ok).toBe(moments.ok);
        if (!values.ok || !moments.ok) return;
        const summary = welchOfSummary(
          { n: merged.n, mean: merged.mean, variance: merged.m2 / (merged.n - 1) },
          { n: ofB.n, mean: ofB.mean, variance: ofB.m2 / (ofB.n - 1) },
        );
        if (!summary.ok) throw new Error(summary.reason);
        for (const found of [moments.value, summary.value]) {
          expect(found.t).toBeCloseTo(values.value.t, 6);
          expect(Math.abs(found.df / values.value.df - 1)).toBeLessThan(1e-6);
          expect(found.p.twoSided).toBeCloseTo(values.value.p.twoSided, 6);
        }
      }),
      { numRuns: 200, seed: 4 },
    );
  });
  it('does not depend on the unit or the zero of the metric', () => {
    const { t, df, hedgesG } = test(spread, other);
    for (const [scale, shift] of [
      [1e-12, 0],
      [1e12, 0],
      [1, 2 ** 20],
    ] as const) {
      const moved = test(
        spread.map((x) => x * scale + shift),
        other.map((x) => x * scale + shift),
      );
      expect(moved.t).toBeCloseTo(t, 8);
      expect(moved.df).toBeCloseTo(df, 9);
      expect(moved.hedgesG).toBeCloseTo(hedgesG, 9);
    }
  });
  it('rejects at alpha exactly where its interval leaves 0 out', () => {
    fc.assert(
      fc.property(valuesList, valuesList, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (a, b, alpha) => {
        const result = welch(a, b, { alpha });
        if (!result.ok) return;
        const { p, interval } = result.value;
        if (Math.abs(p.twoSided / alpha - 1) < 1e-9) return;
        expect(p.twoSided < alpha).toBe(interval.low > 0 || interval.high < 0);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
  it('takes a spread within rounding of the mean as none: two constants prove nothing', () => {
    const tenths = [0.3, 0.1 + 0.2, 0.3];
    expect(welch(tenths, [0.7, 0.7])).toEqual({ ok: false, reason: 'no variance in either arm' });
    expect(welch([5, 5, 5], [9, 9])).toMatchObject({ ok: false });
    const mean = 0.3;
    expect(welchOfMoments({ n: 9, mean, m2: 1e-33 }, { n: 9, mean: 0.7, m2: 0 })).toMatchObject({
      ok: false,
    });
  });
  it('has the degrees of freedom of the other arm when one is constant', () => {
    expect(test([2, 2, 2], other).df).toBeCloseTo(other.length - 1, 12);
  });
  it('is not defined where its interval has no end', () => {
    expect(welch([1, 2], [3, 3], { alpha: 1e-300 })).toEqual({ ok: true, value: expect.anything() });
    for (const alpha of [1e-300, Number.MIN_VALUE]) {
      expect(welch([1e30, 2e30], [3e30, 3e30], { alpha })).toEqual({
        ok: false,
        reason: 'alpha too small for an interval with so few observations',
      });
    }
  });
  it('needs two values in each arm', () => {
    expect(welch([1], other)).toMatchObject({ ok: false });
    expect(welch(other, [])).toMatchObject({ ok: false });
  });
});

describe("Hedges' factor", () => {
  it('is near 1 - 3 / (4 df - 1), and 1 in the limit', () => {
    expect(hedgesFactor(20)).toBeCloseTo(1 - 3 / 79, 3);
    expect(1 - hedgesFactor(1e12)).toBeLessThan(1e-12);
    expect(hedgesFactor(2)).toBeCloseTo(1 / Math.sqrt(Math.PI), 14);
  });
});
