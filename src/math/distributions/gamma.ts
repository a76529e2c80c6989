/**
 * The gamma distribution of a shape and a scale (mean = shape * scale). Tails come from the survival function, never from 1 - cdf.
 * Golden family `distributions`.
 */
import { logGamma1p } from '../log-gamma.ts';
import { requireNumber, requirePositive } from '../require.ts';
import { gammaLogPower, gammaTails } from './incomplete-gamma.ts';
import { normalQuantile } from './normal.ts';
import { solveQuantile } from './solve-quantile.ts';

const tailsAt = (x: number, shape: number, scale: number) => {
  requireNumber('x', x);
  requirePositive('shape', shape);
  requirePositive('scale', scale);
  return gammaTails(shape, Math.max(0, x / scale));
};

/**
 * P(X <= x) for any x (0 below 0), shape > 0, scale > 0.
 * @throws RangeError naming `x` (NaN), `shape` or `scale`.
 */
export const gammaCdf = (x: number, shape: number, scale: number): number =>
  tailsAt(x, shape, scale).lower.value;

/**
 * P(X > x) for any x, full precision down to 5e-324; beyond see `gammaLogSf`.
 * @throws RangeError naming `x` (NaN), `shape` or `scale`.
 */
export const gammaSf = (x: number, shape: number, scale: number): number =>
  tailsAt(x, shape, scale).upper.value;

/**
 * ln P(X > x) for any x; -Infinity at Infinity.
 * @throws RangeError naming `x` (NaN), `shape` or `scale`.
 */
export const gammaLogSf = (x: number, shape: number, scale: number): number =>
  tailsAt(x, shape, scale).upper.log;

/** Below this ln x the cdf is x^shape / Gamma(1 + shape) to the last digit. */
const LEADING_BELOW = -40;

/** ln x by the leading power of the cdf. */
const leadingOf = (p: number, shape: number): number => (Math.log(p) + logGamma1p(shape)) / shape;

/** Wilson and Hilferty's cube in ln x; the leading power where that is no guide. */
const startOf = (p: number, shape: number, leading: number): number => {
  const root = 1 - 1 / (9 * shape) + normalQuantile(p) / (3 * Math.sqrt(shape));
  return root > 0.2 ? Math.log(shape) + 3 * Math.log(root) : leading;
};

/** Steps upward in ln x are kept short: there the tail falls like e^-x. */
const LONGEST_STEP_UP = 1;

/**
 * The x with P(X <= x) = p, for 0 <= p < 1; 0 also where the answer is below 5e-324.
 * @throws RangeError naming `p`, `shape` or `scale`.
 */
export const gammaQuantile = (p: number, shape: number, scale: number): number => {
  if (!(p >= 0 && p < 1)) throw new RangeError(`p must be from 0 to below 1, got ${p}`);
  requirePositive('shape', shape);
  requirePositive('scale', scale);
  if (p === 0) return 0;
  // A spike at its mean, narrower than doubles are apart.
  if (shape > 1e100) return shape * scale;
  const leading = leadingOf(p, shape);
  if (leading < LEADING_BELOW) return Math.exp(leading + Math.log(scale));
  const logX = solveQuantile(p, 1 - p, startOf(p, shape, leading), LONGEST_STEP_UP, (u) => {
    const x = Math.exp(u);
    return { ...gammaTails(shape, x), logDensity: gammaLogPower(shape, x) };
  });
  return Math.exp(logX) * scale;
};
