import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowStats } from '../../../src/domain/window.ts';
import { quantile } from '../../../src/math/ddsketch.ts';
import { emptyStats, meanOf, mergeStats, observe } from '../../../src/math/window-stats.ts';

const statsOf = (values: readonly number[], withSketch = true): WindowStats =>
  values.reduce((stats, value) => observe(stats, value), emptyStats({ withSketch }));

describe('window statistics', () => {
  it('hold count, sums, extremes and quantiles', () => {
    const stats = statsOf([3, 1, 2]);
    expect(stats).toMatchObject({ count: 3, sum: 6, sumOfSquares: 14, min: 1, max: 3 });
    expect(quantile(stats.sketch!, 0.5)).toBeCloseTo(2, 1);
    expect(meanOf(stats)).toBe(2);
    expect(meanOf(emptyStats({ withSketch: false }))).toBeNull();
  });
  it('merged from any two parts equal the whole (whole numbers, so that sums are exact)', () => {
    const values = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 30 });
    fc.assert(
      fc.property(values, values, fc.boolean(), (a, b, withSketch) => {
        const whole = statsOf([...a, ...b], withSketch);
        expect(mergeStats(statsOf(a, withSketch), statsOf(b, withSketch))).toEqual(whole);
        expect(mergeStats(statsOf(b, withSketch), statsOf(a, withSketch))).toEqual(whole);
      }),
      { seed: 9 },
    );
  });
  it('refuse what is not finite, negative under a sketch, and merges that would lose a sketch', () => {
    expect(() => statsOf([Number.NaN], false)).toThrow(/^value/);
    expect(() => statsOf([-1])).toThrow(/^value/);
    expect(statsOf([-1], false).min).toBe(-1);
    expect(() => mergeStats(statsOf([1]), statsOf([1], false))).toThrow(/sketch/);
    expect(mergeStats(emptyStats({ withSketch: false }), statsOf([1]))).toEqual(statsOf([1]));
  });
});
