/** The standard normal distribution. Tails come from the survival function, never from 1 - cdf. Golden family `distributions`. */
import { scaledErfc } from '../erf.ts';
import { requireNumber } from '../require.ts';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** e^(-x^2/2): the square is split so that its rounding does not enter the exponent. */
const halfGaussian = (x: number): number => {
  const coarse = Math.trunc(x * 16) / 16;
  return Math.exp(-0.5 * coarse * coarse) * Math.exp(-0.5 * (x - coarse) * (x + coarse));
};

/** P(Z > x) for x >= 0. */
const upperTail = (x: number): number => (x > 39 ? 0 : 0.5 * halfGaussian(x) * scaledErfc(x * Math.SQRT1_2));

/**
 * P(Z <= x) for any x; 0 and 1 at -Infinity and Infinity.
 * @throws RangeError naming `x` when it is NaN.
 */
export const normalCdf = (x: number): number => {
  requireNumber('x', x);
  return x <= 0 ? upperTail(-x) : 1 - upperTail(x);
};

/**
 * P(Z > x) for any x, full precision down to 5e-324 (x = 38.5), 0 beyond: there see `normalLogSf`.
 * @throws RangeError naming `x` when it is NaN.
 */
export const normalSf = (x: number): number => {
  requireNumber('x', x);
  return x >= 0 ? upperTail(x) : 1 - upperTail(-x);
};

/**
 * ln P(Z > x) for any x up to about 1e154, where the answer leaves the doubles; -Infinity beyond and at Infinity.
 * @throws RangeError naming `x` when it is NaN.
 */
export const normalLogSf = (x: number): number => {
  requireNumber('x', x);
  if (x === Infinity) return -Infinity;
  return x < 1 ? Math.log1p(-normalCdf(x)) : Math.log(0.5 * scaledErfc(x * Math.SQRT1_2)) - 0.5 * x * x;
};

/**
 * The density e^(-x^2/2) / sqrt(2 pi), for any x; 0 at +-Infinity.
 * @throws RangeError naming `x` when it is NaN.
 */
export const normalPdf = (x: number): number => {
  requireNumber('x', x);
  const size = Math.abs(x);
  return size > 39 ? 0 : halfGaussian(size) * Math.exp(-HALF_LOG_TWO_PI);
};

export { normalQuantile } from '../special.ts';
