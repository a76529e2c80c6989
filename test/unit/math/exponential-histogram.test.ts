import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  downscaleExponential,
  emptyExponentialHistogram,
  exponentialOf,
  MOST_BUCKETS,
  type ExponentialHistogram,
} from '../../../src/math/exponential-histogram.ts';
import {
  exponentialBound,
  exponentialError,
  exponentialIndex,
  exponentialRepresentative,
} from '../../../src/math/exponential-index.ts';
import { exponentialGain, mergeExponential } from '../../../src/math/exponential-merge.ts';
import { quantileOfExponential } from '../../../src/math/exponential-quantile.ts';

const scale = fc.integer({ min: -10, max: 20 });
const positive = fc.double({ min: 5e-324, max: Number.MAX_VALUE, noNaN: true });

/** The next double up or down, without a table of powers. */
const neighbour = (x: number, by: 1n | -1n): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + by);
  return view.getFloat64(0);
};

const histogramOf = (values: readonly number[], at: number): ExponentialHistogram =>
  values.reduce((h, v) => mergeExponential(h, exponentialOf(v, at)), emptyExponentialHistogram(at));

describe('exponentialIndex', () => {
  it('puts every power of two into the lower bucket, and the next double into the upper', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1022, max: 1022 }), scale, (power, at) => {
        const boundary = 2 ** power;
        const bucket = Math.ceil(power * 2 ** at) - 1;
        expect(exponentialIndex(boundary, at)).toBe(bucket);
        expect(exponentialIndex(neighbour(boundary, 1n), at)).toBe(Math.floor(power * 2 ** at));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
  it('halves with every scale: the index at a coarser scale is the finer one shifted', () => {
    fc.assert(
      fc.property(positive, fc.integer({ min: -9, max: 20 }), (value, at) => {
        expect(exponentialIndex(value, at - 1)).toBe(Math.floor(exponentialIndex(value, at) / 2));
      }),
      { seed: 2, numRuns: 1000 },
    );
  });
  it('agrees with itself on both sides of a boundary that is no power of two', () => {
    // Exact by repeated squaring in whole numbers: v <= 2^(k/2^s) iff v^(2^s) <= 2^k.
    const below = (mantissa: number, k: number, s: number): boolean => {
      const whole = BigInt(mantissa * 2 ** 52);
      const power = 2n ** BigInt(s);
      return whole ** power <= 2n ** (52n * power + BigInt(k));
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(), (s, pick) => {
        const k = 1 + (pick % (2 ** s - 1));
        const near = 2 ** (k / 2 ** s);
        for (const v of [neighbour(near, -1n), near, neighbour(near, 1n)]) {
          expect(exponentialIndex(v, s)).toBe(below(v, k, s) ? k - 1 : k);
        }
      }),
      { seed: 3, numRuns: 300 },
    );
  });
  it('refuses what has no bucket', () => {
    for (const value of [0, -1, Number.NaN, Infinity]) {
      expect(() => exponentialIndex(value, 0)).toThrow(/^value must/);
    }
    for (const at of [21, -11, 0.5, Number.NaN]) expect(() => exponentialIndex(1, at)).toThrow(/^scale must/);
  });
});

describe('a bucket', () => {
  it('is answered within its relative error', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), scale, (value, at) => {
        const index = exponentialIndex(value, at);
        expect(exponentialBound(index, at)).toBeLessThanOrEqual(value * (1 + 1e-12));
        expect(exponentialBound(index + 1, at)).toBeGreaterThanOrEqual(value * (1 - 1e-12));
        const off = Math.abs(exponentialRepresentative(index, at) - value) / value;
        expect(off).toBeLessThanOrEqual(exponentialError(at) + 1e-12);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
  it('is finite even where the base is not', () => {
    expect(exponentialRepresentative(0, -10)).toBe(2);
    expect(exponentialError(3)).toBeCloseTo(0.0433, 4);
    expect(exponentialError(20)).toBeCloseTo(3.3e-7, 8);
  });
});

const values = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.double({ min: 0.01, max: 1e4, noNaN: true }),
    fc.double({ min: -1e4, max: -0.01, noNaN: true }),
  ),
  { minLength: 1, maxLength: 40 },
);
const fineScale = fc.integer({ min: -2, max: 6 });
/** Sums of doubles depend on their order; everything else must not. */
const counts = (h: ExponentialHistogram) => ({ ...h, sum: 0 });

describe('merging', () => {
  it('is exact at the smaller scale, whatever the order', () => {
    fc.assert(
      fc.property(values, values, values, fineScale, fineScale, (xs, ys, zs, s, t) => {
        const [a, b, c] = [histogramOf(xs, s), histogramOf(ys, t), histogramOf(zs, s)];
        const whole = counts(histogramOf([...xs, ...ys, ...zs], Math.min(s, t)));
        expect(counts(mergeExponential(mergeExponential(a, b), c))).toEqual(whole);
        expect(counts(mergeExponential(c, mergeExponential(b, a)))).toEqual(whole);
      }),
      { seed: 5 },
    );
  });
  it('keeps the quantile bound over a thousand merges at mixed scales', () => {
    const parts = Array.from({ length: 1000 }, (_, i) => ({
      value: 1.5 ** (i % 23) + i / 7,
      at: 3 + (i % 4),
    }));
    const whole = parts.reduce(
      (h, { value, at }) => mergeExponential(h, exponentialOf(value, at)),
      emptyExponentialHistogram(20),
    );
    expect(whole).toMatchObject({ count: 1000, scale: 3 });
    const sorted = parts.map((p) => p.value).toSorted((x, y) => x - y);
    for (const q of [0, 0.1, 0.5, 0.95, 0.99, 1]) {
      const want = sorted[Math.max(1, Math.ceil(q * 1000)) - 1]!;
      expect(Math.abs(quantileOfExponential(whole, q)! - want) / want).toBeLessThanOrEqual(
        exponentialError(3),
      );
    }
  });
  it('never grows past its longest run: it gets coarser instead', () => {
    const wide = mergeExponential(exponentialOf(1e-9, 20), exponentialOf(1e15, 20));
    expect(wide.count).toBe(2);
    expect(wide.positive.counts.length).toBeLessThanOrEqual(MOST_BUCKETS);
    expect(wide.scale).toBeGreaterThan(5);
  });
  it('takes the larger zero threshold, and counts what falls under it as zero', () => {
    const low = mergeExponential(exponentialOf(0.3, 0), exponentialOf(5, 0));
    const zeros = { ...exponentialOf(0, 0), zeroThreshold: 0.4 };
    const both = mergeExponential(low, zeros);
    // 0.4 divides the bucket (0.25, 0.5], which goes whole, so that the threshold becomes 0.5.
    expect(both).toMatchObject({
      count: 3,
      zeroCount: 2,
      zeroThreshold: 0.5,
      positive: { offset: -1, counts: [0, 0, 0, 1] },
    });
    expect(counts(mergeExponential(zeros, low))).toEqual(counts(both));
  });
  it('does not know the sum or extremes of the whole when one side did not state them', () => {
    const silent = { ...exponentialOf(2, 1), sum: null, min: null, max: null };
    const both = mergeExponential(silent, exponentialOf(3, 1));
    expect(both).toMatchObject({ sum: null, min: null, max: null, count: 2 });
    expect(mergeExponential(emptyExponentialHistogram(1), exponentialOf(3, 1))).toEqual(exponentialOf(3, 1));
  });
});

describe('the gain of a cumulative stream', () => {
  it('is what came after, also when the stream got coarser', () => {
    fc.assert(
      fc.property(values, values, fineScale, fc.integer({ min: 0, max: 3 }), (xs, ys, s, by) => {
        const before = histogramOf(xs, s);
        const now = downscaleExponential(mergeExponential(before, histogramOf(ys, s)), by);
        const gain = exponentialGain(now, before)!;
        expect(gain.count).toBe(ys.length);
        expect(gain.scale).toBe(s - by);
        const again = mergeExponential(gain, downscaleExponential(before, by));
        expect([again.positive, again.negative, again.zeroCount]).toEqual([
          now.positive,
          now.negative,
          now.zeroCount,
        ]);
      }),
      { seed: 6 },
    );
  });
  it('is none after a reset', () => {
    expect(exponentialGain(exponentialOf(1, 2), exponentialOf(1, 2, 5))).toBeNull();
    expect(exponentialGain(exponentialOf(9, 2, 5), exponentialOf(1, 2))).toBeNull();
    expect(exponentialGain(exponentialOf(9, 2, 5), exponentialOf(0, 2))).toBeNull();
  });
});

describe('bad histograms', () => {
  const good = mergeExponential(exponentialOf(1, 2), exponentialOf(-3, 2));
  it.each<[string, Partial<ExponentialHistogram>]>([
    ['scale', { scale: 30 }],
    ['count', { count: 5 }],
    ['zeroCount', { zeroCount: -1 }],
    ['zeroThreshold', { zeroThreshold: Number.NaN }],
    ['positive.counts[0]', { positive: { offset: 0, counts: [0.5] } }],
    ['positive.offset', { positive: { offset: 0.5, counts: [1] } }],
    ['sum', { sum: Infinity }],
  ])('are refused by the field: %s', (field, change) => {
    const bad = { ...good, ...change };
    expect(() => quantileOfExponential(bad, 0.5)).toThrow(`histogram.${field} must`);
    expect(() => mergeExponential(good, bad)).toThrow(/^b\./);
    expect(() => exponentialGain(bad, good)).toThrow(/^now\./);
  });
  it('have no quantile of nothing', () => {
    expect(quantileOfExponential(emptyExponentialHistogram(3), 0.5)).toBeNull();
    expect(() => quantileOfExponential(good, -0.1)).toThrow(/^q /);
  });
});
