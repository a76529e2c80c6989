/**
 * Counts, means and centred sums of squares and products of pairs (x, y), merged by Chan's formula: what CUPED and ratio metrics
 * need of one arm, from raw values or from the sums that a database gives. Nothing is decided here.
 */
import { requireFinite, requireWhole } from '../../math/require.ts';
import { requireFiniteList, requireSameLength } from './arguments.ts';
import { isRounding, pairwiseSum } from './sample-moments.ts';

/** `sxx`, `sxy`, `syy` are sums of (x - meanX)^2, (x - meanX)(y - meanY), (y - meanY)^2. */
export interface CovariateMoments {
  readonly n: number;
  readonly meanX: number;
  readonly meanY: number;
  readonly sxx: number;
  readonly sxy: number;
  readonly syy: number;
}

/** Plain sums over the pairs, as SQL gives them. */
export interface CovariateSums {
  readonly n: number;
  readonly sumX: number;
  readonly sumY: number;
  readonly sumXX: number;
  readonly sumXY: number;
  readonly sumYY: number;
}

export const emptyCovariateMoments = (): CovariateMoments => ({
  n: 0,
  meanX: 0,
  meanY: 0,
  sxx: 0,
  sxy: 0,
  syy: 0,
});

/** A spread that is only rounding is none, and varies with nothing. */
const withoutRounding = (moments: CovariateMoments): CovariateMoments => {
  const sxx = isRounding(moments.n, moments.meanX, moments.sxx) ? 0 : moments.sxx;
  const syy = isRounding(moments.n, moments.meanY, moments.syy) ? 0 : moments.syy;
  return { ...moments, sxx, syy, sxy: sxx === 0 || syy === 0 ? 0 : moments.sxy };
};

/**
 * Moments of equally long lists, in two passes.
 * @throws TypeError or RangeError naming x or y (with `suffix`), also when squares leave the numbers (values near 1e154).
 */
export const covariateMomentsOfValues = (
  x: readonly number[],
  y: readonly number[],
  suffix = '',
): CovariateMoments => {
  requireFiniteList(`x${suffix}`, x);
  requireFiniteList(`y${suffix}`, y);
  requireSameLength(`y${suffix}`, y, `x${suffix}`, x);
  const n = x.length;
  if (n === 0) return emptyCovariateMoments();
  const meanOf = (values: readonly number[]): number =>
    values.every((value) => value === values[0]) ? values[0]! : pairwiseSum(values) / n;
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  const sumOf = (term: (dx: number, dy: number) => number): number =>
    pairwiseSum(x.map((value, i) => term(value - meanX, y[i]! - meanY)));
  const sxx = sumOf((dx) => dx * dx);
  const syy = sumOf((_, dy) => dy * dy);
  if (!Number.isFinite(sxx))
    throw new RangeError(`x${suffix} must have a finite variance, its values are too large`);
  if (!Number.isFinite(syy))
    throw new RangeError(`y${suffix} must have a finite variance, its values are too large`);
  return withoutRounding({ n, meanX, meanY, sxx, sxy: sumOf((dx, dy) => dx * dy), syy });
};

/** What is left of a sum of squares about the mean; 0 where that is no more than the sum's own rounding. */
const restOf = (sumOfSquares: number, aboutZero: number): number => {
  const rest = sumOfSquares - aboutZero;
  return rest <= 4 * Number.EPSILON * sumOfSquares ? 0 : rest;
};

/**
 * Moments from plain sums. Sums of squares lose the digits of a large offset: take them about a nearby constant where that matters. What
 * rounding took below zero is taken as zero.
 * @throws RangeError naming n (a whole number from 0) or a sum that is not finite, and sumXX or sumYY below 0.
 */
export const covariateMomentsOfSums = (sums: CovariateSums): CovariateMoments => {
  requireWhole('n', sums.n, 0);
  for (const field of ['sumX', 'sumY', 'sumXX', 'sumXY', 'sumYY'] as const) requireFinite(field, sums[field]);
  for (const field of ['sumXX', 'sumYY'] as const) {
    if (sums[field] < 0) throw new RangeError(`${field} must be from 0, got ${sums[field]}`);
  }
  if (sums.n === 0) return emptyCovariateMoments();
  const [meanX, meanY] = [sums.sumX / sums.n, sums.sumY / sums.n];
  const sxx = restOf(sums.sumXX, sums.sumX * meanX);
  const syy = restOf(sums.sumYY, sums.sumY * meanY);
  // Rounding must not make the correlation larger than 1.
  const most = Math.sqrt(sxx) * Math.sqrt(syy);
  const sxy = Math.min(most, Math.max(-most, sums.sumXY - sums.sumX * meanY));
  return { n: sums.n, meanX, meanY, sxx, sxy, syy };
};

/**
 * Moments of both sets together (Chan, Golub, LeVeque, 1983).
 * @throws RangeError naming a field of a or b as `a.sxx`.
 */
export const mergeCovariateMoments = (a: CovariateMoments, b: CovariateMoments): CovariateMoments => {
  requireCovariateMoments('a', a);
  requireCovariateMoments('b', b);
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const [gapX, gapY] = [b.meanX - a.meanX, b.meanY - a.meanY];
  const weight = (a.n * b.n) / n;
  return {
    n,
    meanX: a.meanX + (gapX * b.n) / n,
    meanY: a.meanY + (gapY * b.n) / n,
    sxx: a.sxx + b.sxx + gapX * gapX * weight,
    sxy: a.sxy + b.sxy + gapX * gapY * weight,
    syy: a.syy + b.syy + gapY * gapY * weight,
  };
};

/** @throws RangeError naming a field of the moments. */
export const requireCovariateMoments = (name: string, moments: CovariateMoments): void => {
  requireWhole(`${name}.n`, moments.n, 0);
  for (const field of ['meanX', 'meanY', 'sxx', 'sxy', 'syy'] as const) {
    requireFinite(`${name}.${field}`, moments[field]);
  }
  for (const field of ['sxx', 'syy'] as const) {
    if (moments[field] < 0) throw new RangeError(`${name}.${field} must be from 0, got ${moments[field]}`);
  }
};
