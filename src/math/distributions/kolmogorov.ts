/** The limit distribution of the Kolmogorov-Smirnov statistic. Golden family `distributions`. */
import { requireNumber } from '../require.ts';

/** Between the two series: both have converged after a few terms. */
const CROSSOVER = 1.18;

/** 1 - sqrt(2 pi) / x times the sum of e^(-(2 k - 1)^2 pi^2 / (8 x^2)), for small x (Jacobi's identity). */
const fromBelow = (x: number): number => {
  const exponent = (Math.PI * Math.PI) / (8 * x * x);
  let sum = 0;
  for (let k = 7; k >= 1; k -= 2) sum += Math.exp(-k * k * exponent);
  return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
};

/** 2 times the sum of (-1)^(j-1) e^(-2 j^2 x^2), for large x. */
const fromAbove = (x: number): number => {
  // The square of x is split so that its rounding does not enter the exponent.
  const coarse = Math.trunc(x * 16) / 16;
  const first = Math.exp(-2 * coarse * coarse) * Math.exp(-2 * (x - coarse) * (x + coarse));
  let sum = 0;
  for (let j = 4; j >= 1; j--) sum += (j % 2 === 1 ? 2 : -2) * first ** (j * j);
  return sum;
};

/**
 * Q_KS(x) = P(sup of a Brownian bridge > x): the p-value of sqrt(n m / (n + m)) D for large samples. 1 for x <= 0; full
 * precision down to 5e-324.
 * @throws RangeError naming `x` when it is NaN.
 */
export const kolmogorovSf = (x: number): number => {
  requireNumber('x', x);
  if (x < 0.04) return 1;
  if (x > 20) return 0;
  return x < CROSSOVER ? fromBelow(x) : fromAbove(x);
};
