/** Count, mean and sum of squared deviations of a stream, merged by Chan's formula so that a large mean costs no digits. */
import { requireFinite, requireWhole } from '../math/require.ts';

/** `m2` is the sum of (value - mean)^2. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
}

/**
 * Share of a sum of squares that may be rounding: sums of some 100,000 values carry that many digits. A spread below it (a coefficient
 * of variation below 3e-6) cannot be told from a constant, and a variance made of rounding would prove anything.
 */
const ROUNDING = 1e-11;

export const emptyMoments = (): Moments => ({ n: 0, mean: 0, m2: 0 });

const requireFrom0 = (name: string, value: number): void => {
  requireFinite(name, value);
  if (value < 0) throw new RangeError(`${name} must not be negative, got ${value}`);
};

/** @throws RangeError naming the field under `name`. */
export const requireMoments = (name: string, { n, mean, m2 }: Moments): void => {
  requireFrom0(`${name}.n`, n);
  requireFinite(`${name}.mean`, mean);
  requireFrom0(`${name}.m2`, m2);
};

/**
 * Moments of one block from its count, sum and sum of squares; what rounding left of a constant is taken as zero variance.
 * @throws RangeError naming count, sum or sumOfSquares.
 */
export const momentsOf = (count: number, sum: number, sumOfSquares: number): Moments => {
  requireWhole('count', count, 0);
  requireFinite('sum', sum);
  requireFrom0('sumOfSquares', sumOfSquares);
  if (count === 0) return emptyMoments();
  const mean = sum / count;
  const m2 = sumOfSquares - sum * mean;
  return { n: count, mean, m2: m2 > ROUNDING * sumOfSquares ? m2 : 0 };
};

/** Moments of both sets together (Chan, Golub, LeVeque 1983). @throws RangeError naming a field of a or b. */
export const mergeMoments = (a: Moments, b: Moments): Moments => {
  requireMoments('a', a);
  requireMoments('b', b);
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const gap = b.mean - a.mean;
  return { n, mean: a.mean + (gap * b.n) / n, m2: a.m2 + b.m2 + (gap * gap * a.n * b.n) / n };
};

/** Unbiased variance, null below two observations. @throws RangeError naming a field of `moments`. */
export const varianceOf = (moments: Moments): number | null => {
  requireMoments('moments', moments);
  return moments.n < 2 ? null : moments.m2 / (moments.n - 1);
};
