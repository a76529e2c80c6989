/**
 * Two treatments of the same units (each question answered under both) compared by the differences within units: the paired t test (Student,
 * Biometrika 6, 1908). Several outcomes of a unit under one treatment are first taken together as their mean. One look at a fixed size.
 * Golden family `units`.
 */
import { studentTQuantile } from '../../math/index.ts';
import { requireFinite, requireWhole } from '../../math/require.ts';
import { requireAlpha } from '../experiments/arguments.ts';
import { pOfT } from '../experiments/p-values.ts';
import { momentsOfValues } from '../experiments/sample-moments.ts';
import type { TTest } from '../experiments/welch.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import type { UnitTotal } from './unit-totals.ts';

/** One unit under both treatments. */
export interface UnitPair {
  readonly a: UnitTotal;
  readonly b: UnitTotal;
}

/** The difference of a unit's means. */
const differenceOf = ({ a, b }: UnitPair): number => b.sum / b.count - a.sum / a.count;

/**
 * Tests "the mean difference b - a over units is 0", each unit counting once. Undefined below two units and when all differ by the same.
 * `alpha` (.05) is 1 - confidence of the interval.
 * @throws TypeError or RangeError naming pairs (each side with a whole count from 1 and a finite sum) or alpha.
 */
export const pairedUnits = (
  pairs: readonly UnitPair[],
  { alpha = 0.05 }: { readonly alpha?: number } = {},
): Statistic<TTest> => {
  if (!Array.isArray(pairs)) throw new TypeError('pairs must be a list of units');
  (pairs as readonly UnitPair[]).forEach((pair, i) => {
    for (const side of ['a', 'b'] as const) {
      requireWhole(`pairs[${i}].${side}.count`, pair[side].count, 1);
      requireFinite(`pairs[${i}].${side}.sum`, pair[side].sum);
    }
  });
  requireAlpha(alpha);
  const { n, mean, m2 } = momentsOfValues('pairs', pairs.map(differenceOf));
  if (n < 2) return undefinedBecause('fewer than two units');
  if (m2 === 0) return undefinedBecause('all units differ by the same');
  const df = n - 1;
  const standardError = Math.sqrt(m2 / df / n);
  const t = mean / standardError;
  const half = -studentTQuantile(alpha / 2, df) * standardError;
  return defined({
    difference: mean,
    standardError,
    t,
    df,
    p: pOfT(t, df),
    interval: { low: mean - half, high: mean + half },
  });
};
