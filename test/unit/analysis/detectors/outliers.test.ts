import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iqrOutliers, madOutliers, zScoreOutliers } from '../../../../src/analysis/index.ts';

const indices = (result: ReturnType<typeof madOutliers | typeof iqrOutliers | typeof zScoreOutliers>) =>
  result.ok ? result.value.indices : result.reason;

describe('outliers of a batch', () => {
  it('do not depend on unit or origin', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: -1000, max: 1000 }),
        (some, unit, origin) => {
          const moved = some.map((x) => origin + unit * x);
          // Exactly on a limit, rounding decides: a limit that no whole numbers meet.
          expect(indices(madOutliers(moved, 3.5123))).toEqual(indices(madOutliers(some, 3.5123)));
          expect(indices(iqrOutliers(moved, 1.5123))).toEqual(indices(iqrOutliers(some, 1.5123)));
          expect(indices(zScoreOutliers(moved, 2.0123))).toEqual(indices(zScoreOutliers(some, 2.0123)));
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  it('no z of ten values reaches 3, whatever they are; MAD and IQR see the one', () => {
    const values = [9.9, 9.8, 10, 9.9, 10.1, 9.8, 10.1, 9.9, 10, 1e6];
    expect(indices(zScoreOutliers(values))).toEqual([]);
    expect(indices(madOutliers(values))).toEqual([9]);
    expect(indices(iqrOutliers(values))).toEqual([9]);
  });

  it('nothing stands out of a constant, nor of two values', () => {
    for (const rule of [madOutliers, iqrOutliers, zScoreOutliers]) {
      expect(indices(rule([4, 4, 4, 4]))).toEqual([]);
      expect(indices(rule([4, 5]))).toBe('fewer than 3 values');
    }
  });

  it('scores beside a spread of nearly nothing are numbers', () => {
    const found = madOutliers([0, 1e-300, 2e-300, 3e-300, 1e100, -1e100]);
    expect(found.ok && found.value.scores.every(Number.isFinite)).toBe(true);
    expect(indices(found)).toEqual([4, 5]);
  });

  it('MAD falls back on the mean deviation where more than half of the values are equal', () => {
    expect(indices(madOutliers([5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5.1, 9]))).toEqual([11]);
  });
});
