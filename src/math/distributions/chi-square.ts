/** The chi-square distribution. Tails come from the survival function, never from 1 - cdf. Golden family `distributions`. */
import { requireNumber, requirePositive } from '../require.ts';
import { gammaQuantile } from './gamma.ts';
import { gammaTails } from './incomplete-gamma.ts';

const tailsAt = (x: number, df: number) => {
  requireNumber('x', x);
  requirePositive('df', df);
  return gammaTails(df / 2, Math.max(0, x / 2));
};

/**
 * P(X <= x) for any x (0 below 0) and df > 0, whole or not.
 * @throws RangeError naming `x` (NaN) or `df`.
 */
export const chiSquareCdf = (x: number, df: number): number => tailsAt(x, df).lower.value;

/**
 * P(X > x), the p-value of a chi-square statistic: full precision down to 5e-324; beyond see `chiSquareLogSf`.
 * @throws RangeError naming `x` (NaN) or `df`.
 */
export const chiSquareSf = (x: number, df: number): number => tailsAt(x, df).upper.value;

/**
 * ln P(X > x); -Infinity at Infinity.
 * @throws RangeError naming `x` (NaN) or `df`.
 */
export const chiSquareLogSf = (x: number, df: number): number => tailsAt(x, df).upper.log;

/**
 * The x with P(X <= x) = p, for 0 <= p < 1.
 * @throws RangeError naming `p` or `df`.
 */
export const chiSquareQuantile = (p: number, df: number): number => {
  requirePositive('df', df);
  return 2 * gammaQuantile(p, df / 2, 1);
};
