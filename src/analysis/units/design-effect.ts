/**
 * How much less the observations of one arm say than as many independent ones would, because those of a unit are alike (Kish, Survey Sampling,
 * 1965). It describes; a test that heeds it is in `cluster-robust.ts`. Golden family `units`.
 */
import { requireFinite, requireWhole } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import type { UnitTotal } from './unit-totals.ts';

/** A unit with the sum of the squares of its observations (for yes-or-no outcomes that is their sum). */
export interface UnitSquares extends UnitTotal {
  readonly sumOfSquares: number;
}

export interface DesignEffect {
  /** Variance of the mean with the unit as the cluster over that with independent observations. */
  readonly designEffect: number;
  /** As many independent observations would say the same. */
  readonly effectiveObservations: number;
  /** Share of the variance that lies between units (analysis of variance, Donner 1986); below 0 where units differ less than by chance. Null when no unit has two. */
  readonly intraUnitCorrelation: number | null;
}

const requireUnitSquares = (units: readonly UnitSquares[]): void => {
  if (!Array.isArray(units)) throw new TypeError('units must be a list of units');
  (units as readonly UnitSquares[]).forEach(({ count, sum, sumOfSquares }, i) => {
    requireWhole(`units[${i}].count`, count, 1);
    requireFinite(`units[${i}].sum`, sum);
    requireFinite(`units[${i}].sumOfSquares`, sumOfSquares);
    if (sumOfSquares * count < sum * sum * (1 - 1e-9)) {
      throw new RangeError(
        `units[${i}].sumOfSquares must be at least the squared sum over the count, got ${sumOfSquares}`,
      );
    }
  });
};

/** Analysis of variance between and within units of different sizes. */
const correlation = (between: number, within: number, n: number, sizes: readonly number[]): number | null => {
  const units = sizes.length;
  if (n === units) return null;
  const typical = (n - sizes.reduce((sum, size) => sum + size * size, 0) / n) / (units - 1);
  const meanBetween = between / (units - 1);
  const meanWithin = within / (n - units);
  return (meanBetween - meanWithin) / (meanBetween + (typical - 1) * meanWithin);
};

/**
 * The design effect of one arm: [G/(G-1) sum of squared residual sums / N^2] / [s^2 / N]. Undefined below two units or when
 * units do not differ.
 * @throws TypeError or RangeError naming units (whole count from 1, finite sum, sum of squares that can be).
 */
export const designEffect = (units: readonly UnitSquares[]): Statistic<DesignEffect> => {
  requireUnitSquares(units);
  if (units.length < 2) return undefinedBecause('fewer than two units');
  const n = units.reduce((sum, { count }) => sum + count, 0);
  const mean = units.reduce((sum, unit) => sum + unit.sum, 0) / n;
  let clustered = 0;
  let between = 0;
  let within = 0;
  let size = 0;
  for (const { count, sum, sumOfSquares } of units) {
    const residual = sum - count * mean;
    clustered += residual * residual;
    between += (residual * residual) / count;
    within += Math.max(0, sumOfSquares - (sum * sum) / count);
    size += sumOfSquares;
  }
  const total = between + within;
  if (!Number.isFinite(total) || !Number.isFinite(clustered)) {
    return undefinedBecause('values too large to compare');
  }
  if (total <= 1e-13 * size) return undefinedBecause('no variance');
  if (between <= 1e-13 * total) return undefinedBecause('no variance between units');
  const independent = total / (n - 1) / n;
  const effect = ((units.length / (units.length - 1)) * clustered) / n / n / independent;
  return defined({
    designEffect: effect,
    effectiveObservations: n / effect,
    intraUnitCorrelation: correlation(
      between,
      within,
      n,
      units.map(({ count }) => count),
    ),
  });
};
