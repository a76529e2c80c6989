/**
 * The error function and its complement, relative error below 1e-15 also far out in the tail.
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23, 1969.
 */
import { requireNumber } from './require.ts';

const RECIPROCAL_SQRT_PI = 0.5641895835477563;

/** Numerators and denominators by rising degree: |x| up to 0.46875, up to 4, beyond. */
const CENTRE = [
  [3209.3775891384694, 377.485237685302, 113.86415415105016, 3.1611237438705655, 0.18577770618460315],
  [2844.236833439171, 1282.6165260773723, 244.02463793444417, 23.601290952344122, 1],
] as const;
const MIDDLE = [
  [
    1230.3393547979972, 2051.0783778260716, 1712.0476126340707, 881.952221241769, 298.6351381974001,
    66.11919063714163, 8.883149794388377, 0.5641884969886701, 2.1531153547440383e-8,
  ],
  [
    1230.3393548037495, 3439.3676741437216, 4362.619090143247, 3290.7992357334597, 1621.3895745666903,
    537.1811018620099, 117.6939508913125, 15.744926110709835, 1,
  ],
] as const;
const FAR = [
  [
    0.0006587491615298378, 0.016083785148742275, 0.12578172611122926, 0.36034489994980445,
    0.30532663496123236, 0.016315387137302097,
  ],
  [0.0023352049762686918, 0.06051834131244132, 0.5279051029514285, 1.8729528499234604, 2.568520192289822, 1],
] as const;

const polynomial = (coefficients: readonly number[], x: number): number => {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k]!;
  return sum;
};

const ratio = (parts: readonly [readonly number[], readonly number[]], x: number): number =>
  polynomial(parts[0], x) / polynomial(parts[1], x);

/** e^(x^2) erfc(x) for x >= 0.46875: does not underflow. */
const scaledTail = (x: number): number => {
  if (x <= 4) return ratio(MIDDLE, x);
  const inverseSquare = 1 / (x * x);
  return (RECIPROCAL_SQRT_PI - inverseSquare * ratio(FAR, inverseSquare)) / x;
};

/** e^(-x^2): the square is split so that its rounding does not enter the exponent. */
const gaussian = (x: number): number => {
  const coarse = Math.trunc(x * 16) / 16;
  return Math.exp(-coarse * coarse) * Math.exp(-(x - coarse) * (x + coarse));
};

const centre = (x: number): number => x * ratio(CENTRE, x * x);

/**
 * erf(x) = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x, for any x; +-1 at +-Infinity.
 * @throws RangeError naming `x` when it is NaN.
 */
export const erf = (x: number): number => {
  requireNumber('x', x);
  const size = Math.abs(x);
  if (size <= 0.46875) return centre(x);
  const value = size > 6 ? 1 : 1 - gaussian(size) * scaledTail(size);
  return x < 0 ? -value : value;
};

/**
 * erfc(x) = 1 - erf(x) without the subtraction, for any x: full precision down to 5e-324 (x = 27.2), 0 beyond.
 * @throws RangeError naming `x` when it is NaN.
 */
export const erfc = (x: number): number => {
  requireNumber('x', x);
  if (Math.abs(x) <= 0.46875) return 1 - centre(x);
  if (x > 28) return 0;
  if (x < -6) return 2;
  const tail = gaussian(Math.abs(x)) * scaledTail(Math.abs(x));
  return x < 0 ? 2 - tail : tail;
};

/** e^(x^2) erfc(x) for x >= 0: what is left of the tail when its decay is taken out. For callers that checked x. */
export const scaledErfc = (x: number): number =>
  x < 0.46875 ? Math.exp(x * x) * (1 - centre(x)) : scaledTail(x);
