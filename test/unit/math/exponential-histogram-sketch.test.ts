import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countAbove, mergeSketches, quantile, sketchCount } from '../../../src/math/ddsketch.ts';
import { explicitGain, type ExplicitHistogram } from '../../../src/math/explicit-histogram.ts';
import { emptyExponentialHistogram, exponentialOf } from '../../../src/math/exponential-histogram.ts';
import { mergeExponential } from '../../../src/math/exponential-merge.ts';
import { sketchOfExplicit, sketchOfExponential, sketchOfValues } from '../../../src/math/histogram-sketch.ts';

const values = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 5e4, noNaN: true })), {
  minLength: 1,
  maxLength: 80,
});
const exponential = (xs: readonly number[], scale: number) =>
  xs.reduce((h, x) => mergeExponential(h, exponentialOf(x, scale)), emptyExponentialHistogram(scale));

const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
const explicit = (xs: readonly number[], stated: boolean, bounds = BOUNDS): ExplicitHistogram => ({
  bounds,
  counts: [...bounds, Infinity].map(
    (bound, i) => xs.filter((x) => x <= bound && x > (bounds[i - 1] ?? -Infinity)).length,
  ),
  count: xs.length,
  sum: null,
  min: stated ? Math.min(...xs) : null,
  max: stated ? Math.max(...xs) : null,
});
const QS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

describe('an exponential histogram in the sketch', () => {
  it('answers every order statistic within the error that it states', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 8 }), (xs, scale) => {
        const { sketch, relativeError, openCount } = sketchOfExponential(exponential(xs, scale));
        expect(openCount).toBe(0);
        expect(sketchCount(sketch)).toBe(xs.length);
        const sorted = xs.toSorted((a, b) => a - b);
        for (const q of QS) {
          const want = sorted[Math.floor((xs.length - 1) * q)]!;
          expect(Math.abs(quantile(sketch, q)! - want)).toBeLessThanOrEqual(
            relativeError! * want * (1 + 1e-9),
          );
        }
      }),
      { seed: 1 },
    );
  });
  it('is the same merged before or after, at one scale', () => {
    fc.assert(
      fc.property(values, values, (xs, ys) => {
        const bare = (zs: readonly number[]) => ({ ...exponential(zs, 4), min: null, max: null });
        const merged = sketchOfExponential(mergeExponential(bare(xs), bare(ys))).sketch;
        expect(
          mergeSketches(sketchOfExponential(bare(xs)).sketch, sketchOfExponential(bare(ys)).sketch),
        ).toEqual(merged);
      }),
      { seed: 2 },
    );
  });
  it('has no relative error where values up to a threshold count as zero, and takes no negative values', () => {
    const zeros = { ...exponentialOf(0, 2, 3), zeroThreshold: 0.25 };
    expect(sketchOfExponential(zeros)).toMatchObject({ relativeError: null, widestBucket: 0.25 });
    expect(() => sketchOfExponential(exponentialOf(-1, 2))).toThrow(/^histogram\.negative/);
    expect(() => sketchOfExponential(exponentialOf(1e18, 2))).toThrow(/^histogram must lie below/);
  });
});

describe('an explicit histogram in the sketch', () => {
  it('answers every order statistic within its bucket, and within the relative error where there is one', () => {
    fc.assert(
      fc.property(values, fc.boolean(), (xs, stated) => {
        const { sketch, relativeError, widestBucket, openCount } = sketchOfExplicit(explicit(xs, stated));
        expect(sketchCount(sketch)).toBe(xs.length);
        expect(openCount).toBe(stated ? 0 : xs.filter((x) => x > 10_000).length);
        const sorted = xs.toSorted((a, b) => a - b);
        for (const q of QS) {
          const rank = Math.floor((xs.length - 1) * q);
          const [got, want] = [quantile(sketch, q)!, sorted[rank]!];
          const open = rank >= xs.length - openCount;
          const byWidth = widestBucket + 0.0101 * Math.max(got, want);
          const allowed = Math.min(
            byWidth,
            relativeError === null ? Infinity : relativeError * want * (1 + 1e-9),
          );
          expect(got - want).toBeLessThanOrEqual(open ? 0.011 * want : allowed);
          expect(want - got).toBeLessThanOrEqual(open ? Infinity : allowed);
        }
      }),
      { seed: 3 },
    );
  });
  it('reads counts above a limit inside a bucket in proportion, not all or nothing', () => {
    const uniform = Array.from({ length: 1000 }, (_, i) => 1000 + 1.5 * (i + 0.5));
    const { sketch } = sketchOfExplicit(explicit(uniform, false));
    expect(countAbove(sketch, 1750) / 1000).toBeCloseTo(0.5, 1);
    expect(quantile(sketch, 0.95)!).toBeGreaterThan(2300);
    expect(quantile(sketch, 0.95)!).toBeLessThan(2500);
  });
  it('is exact where a bucket is one value', () => {
    const same = explicit([42, 42, 42], true);
    expect(sketchOfExplicit(same)).toMatchObject({ widestBucket: 0, relativeError: 0.01 });
    expect(quantile(sketchOfExplicit(same).sketch, 0.5)).toBe(quantile(sketchOfValues([42]), 0.5));
  });
  it.each<[string, Partial<ExplicitHistogram>]>([
    ['bounds must rise', { bounds: [1, 1], counts: [0, 0, 1] }],
    ['bounds[0]', { bounds: [Number.NaN, 2] }],
    ['counts must have 3', { counts: [1] }],
    ['counts[0] must', { counts: [-1, 1, 1] }],
    ['counts[0] must be 0', { bounds: [-2, 1], counts: [1, 0, 0] }],
    ['count must be 1', { count: 2 }],
    ['min must', { min: -1 }],
  ])('refuses a bad one: %s', (message, change) => {
    const good = { bounds: [1, 2], counts: [0, 1, 0], count: 1, sum: null, min: null, max: null };
    expect(() => sketchOfExplicit({ ...good, ...change })).toThrow(`histogram.${message}`);
  });
});

describe('the gain of a cumulative explicit histogram', () => {
  it('is what came after, and none after a reset', () => {
    const [before, later] = [
      [1, 30, 30],
      [2, 700],
    ];
    const now = { ...explicit([...before, ...later], true), sum: 763 };
    const past = { ...explicit(before, true), sum: 61 };
    expect(explicitGain(now, past)).toEqual({ ...explicit(later, false), sum: 702 });
    expect(explicitGain(past, now)).toBeNull();
    expect(explicitGain(now, explicit(before, true, [1, 2]))).toBeNull();
    expect(() => explicitGain(now, { ...past, count: 1 })).toThrow(/^before\.count/);
  });
});
