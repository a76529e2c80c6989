import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossingTime, nextCrossing } from '../../../../src/analysis/forecast/crossing.ts';
import { fitLine, forecastLine, type LineFit } from '../../../../src/analysis/forecast/linear.ts';
import { fitTheilSen, MOST_POINTS } from '../../../../src/analysis/forecast/theil-sen.ts';
import type { Statistic } from '../../../../src/analysis/result.ts';
import { randomFromSeed, type Random } from '../../../../src/math/random.ts';
import { sampleNormal } from '../../../../src/math/samplers.ts';

const valueOf = <T>(statistic: Statistic<T>): T => {
  if (!statistic.ok) throw new Error(statistic.reason);
  return statistic.value;
};
const line = (t: readonly number[], y: readonly number[]): LineFit => valueOf(fitLine(t, y));
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
/** A line with normal noise, seeded. */
const noisyFrom = (random: Random, n: number, slope: number, sd: number) =>
  upTo(n).map((t) => 10 + slope * t + sd * sampleNormal(random));
const noisy = (seed: number, n: number, slope: number, sd: number) =>
  noisyFrom(randomFromSeed(seed), n, slope, sd);

describe('a fitted line', () => {
  it('is the same far from zero: epoch milliseconds cost no digits', () => {
    const t0 = 1_790_000_000_000;
    const y = noisy(1, 30, 0.4, 3);
    const [near, far] = [
      line(upTo(30), y),
      line(
        upTo(30).map((t) => t0 + 60_000 * t),
        y,
      ),
    ];
    expect(far.slope * 60_000).toBeCloseTo(near.slope, 12);
    expect(far.r2).toBeCloseTo(near.r2!, 12);
    const [a, b] = [forecastLine(near, [40])[0]!, forecastLine(far, [t0 + 60_000 * 40])[0]!];
    expect([b.mean, b.lower!, b.upper!].map((x) => x.toFixed(9))).toEqual(
      [a.mean, a.lower!, a.upper!].map((x) => x.toFixed(9)),
    );
  });
  it('holds a new observation with the level asked for', () => {
    let inside = 0;
    const runs = 2000;
    const random = randomFromSeed(6);
    for (let run = 0; run < runs; run++) {
      const y = noisyFrom(random, 13, 0.3, 2);
      const { lower, upper } = forecastLine(line(upTo(12), y.slice(0, 12)), [12], 0.9)[0]!;
      if (y[12]! >= lower! && y[12]! <= upper!) inside += 1;
    }
    // Three standard errors of a share of .9 over 2,000 runs.
    expect(Math.abs(inside / runs - 0.9)).toBeLessThan(3 * Math.sqrt((0.9 * 0.1) / runs));
  });
  it('has no interval at two points, and no line at one or at one time', () => {
    const two = line([0, 1], [1, 3]);
    expect(two).toMatchObject({
      slope: 2,
      intercept: 1,
      sigma2: null,
      seSlope: null,
      r2: null,
      pSlope: null,
    });
    expect(forecastLine(two, [2])).toEqual([{ t: 2, mean: 5, lower: null, upper: null }]);
    expect(fitLine([1], [1])).toEqual({ ok: false, reason: 'fewer than two points' });
    expect(fitLine([], [])).toMatchObject({ ok: false });
    expect(fitLine([5, 5, 5], [1, 2, 3])).toEqual({ ok: false, reason: 'all times are the same' });
    expect(fitTheilSen([5, 5, 5], [1, 2, 3])).toEqual({ ok: false, reason: 'all times are the same' });
  });
  it('refuses what it would pass over in silence', () => {
    expect(() => fitLine([1, 2], [1])).toThrow(/^y must have 2 values/);
    expect(() => fitLine([1, Number.NaN], [1, 2])).toThrow(/^t\[1\]/);
    expect(() => fitTheilSen([1, 2], [1, Infinity])).toThrow(/^y\[1\]/);
    expect(() => fitTheilSen(upTo(MOST_POINTS + 1), upTo(MOST_POINTS + 1))).toThrow(/^t must have at most/);
  });
});

describe('the robust line', () => {
  it('is the line itself without noise, and hardly moves for outliers in a quarter of the points', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 8, max: 30 }),
        (slope, start, n) => {
          const y = upTo(n).map((t) => start + slope * t);
          const spoilt = y.map((value, i) => (i % 4 === 3 ? value + 1e6 : value));
          expect(valueOf(fitTheilSen(upTo(n), y))).toEqual({ n, slope, intercept: start });
          expect(valueOf(fitTheilSen(upTo(n), spoilt)).slope).toBeCloseTo(slope, 9);
        },
      ),
      { seed: 1 },
    );
  });
});

describe('a crossing', () => {
  it('is where the line is at the threshold', () => {
    expect(crossingTime(line([0, 1], [1, 3]), 10)).toEqual({ ok: true, value: 4.5 });
    expect(crossingTime(line([0, 1, 2], [4, 4, 4]), 10)).toMatchObject({ ok: false });
  });
  it('to come has its sign checked: no crossing when the line runs away, or has passed', () => {
    const falling = line(upTo(5), [5, 4, 3, 2, 1]);
    expect(crossingTime(falling, 100)).toEqual({ ok: true, value: -95 });
    expect(nextCrossing(falling, 100, 4)).toMatchObject({ ok: false });
    expect(nextCrossing(falling, 3, 4)).toMatchObject({ ok: false });
    expect(valueOf(nextCrossing(falling, 0, 4)).at).toBeCloseTo(5, 12);
    expect(valueOf(nextCrossing(line([0, 1], [1, 3]), 10, 1))).toEqual({
      at: 4.5,
      earliest: null,
      latest: null,
    });
  });
  it('has bounds where the prediction band meets the threshold', () => {
    const fit = line(upTo(20), noisy(3, 20, 1, 1));
    const { at, earliest, latest } = valueOf(nextCrossing(fit, 60, 19));
    expect(earliest!).toBeGreaterThan(19);
    expect(earliest!).toBeLessThan(at);
    expect(latest!).toBeGreaterThan(at);
    expect(forecastLine(fit, [earliest!])[0]!.upper).toBeCloseTo(60, 9);
    expect(forecastLine(fit, [latest!])[0]!.lower).toBeCloseTo(60, 9);
  });
  it('has no last moment where the slope may as well be 0, and may be due at once inside the band', () => {
    const flat = line(upTo(12), noisy(3, 12, 0.05, 3));
    expect(flat.pSlope!).toBeGreaterThan(0.05);
    const threshold = flat.meanY + Math.sign(flat.slope) * 40;
    const far = valueOf(nextCrossing(flat, threshold, 11));
    expect(far.latest).toBeNull();
    const edge = forecastLine(flat, [far.earliest!])[0]!;
    expect(Math.min(Math.abs(edge.upper! - threshold), Math.abs(edge.lower! - threshold))).toBeCloseTo(0, 6);
    const near = forecastLine(flat, [11.5])[0]!.mean;
    expect(valueOf(nextCrossing(flat, near, 11)).earliest).toBe(11);
  });
  it('lies within its bounds, which never lie before now', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: -60, max: 60 }), (seed, threshold) => {
        const crossing = nextCrossing(line(upTo(10), noisy(seed, 10, 0.5, 2)), threshold, 9);
        const { at, earliest, latest } = crossing.ok ? crossing.value : { at: 9, earliest: 9, latest: 9 };
        expect([9 <= earliest!, earliest! <= at, at <= (latest ?? Infinity)]).toEqual([true, true, true]);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});
