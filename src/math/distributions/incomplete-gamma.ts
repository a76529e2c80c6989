/**
 * Both tails of the gamma distribution with scale 1, each computed as itself and with its logarithm.
 * Density factor by Loader (2000); series, Legendre's continued fraction (DLMF 8.7.1, 8.9.2), and where those are slow an integral.
 */
import { expm1MinusX, log1pMinusX, logRatio } from '../near-cancellation.ts';
import { logGamma1p, stirlingError } from '../log-gamma.ts';
import { integrateHalfLine } from '../quadrature.ts';
import { offZero, requireNumber, requirePositive } from '../require.ts';
import { certain, complement, impossible, tailOf, type Tail } from './tail.ts';

/** Steps of a series or fraction before the integral is cheaper. */
const STEPS = 250;

/** ln of x^a e^(-x) / Gamma(a), for x, a > 0. */
export const gammaLogPower = (a: number, x: number): number => {
  if (a < 1e-2) return a * Math.log(x) - x + Math.log(a) - logGamma1p(a);
  const u = (x - a) / a;
  const exponent = Math.abs(u) < 0.5 ? a * log1pMinusX(u) : a * logRatio(x, a) - (x - a);
  return exponent + 0.5 * Math.log(a / (2 * Math.PI)) - stirlingError(a);
};

/** P(a, x) over the power: the sum of x^n / (a (a+1) ... (a+n)). Null when it has not converged. */
const lowerSeries = (a: number, x: number): number | null => {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n <= STEPS; n++) {
    term *= x / (a + n);
    sum += term;
    if (term < 1e-17 * sum) return sum;
  }
  return null;
};

/** Q(a, x) over the power, by the modified Lentz method. Null when it has not converged. */
const upperFraction = (a: number, x: number): number | null => {
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n <= STEPS; n++) {
    const an = n * (a - n);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) return value;
  }
  return null;
};

/** P(a, x) over the power for x < a: t = x e^(-s) in the integral of t^(a-1) e^(-t). */
const lowerIntegral = (a: number, x: number): number =>
  integrateHalfLine(
    (s) => Math.exp((x - a) * s - x * expm1MinusX(-s)),
    1 / Math.max(a - x, Math.sqrt(x), 1e-300),
  );

/** Q(a, x) over the power for x >= a: t = x e^s. */
const upperIntegral = (a: number, x: number): number =>
  integrateHalfLine((s) => Math.exp((a - x) * s - x * expm1MinusX(s)), 1 / Math.max(x - a, Math.sqrt(x)));

/**
 * Q(a, x) for x, a < 1, where P is near 1 when a is near 0: 1 - x^a / Gamma(1 + a) without the subtraction, and the rest of the
 * alternating series of P (DLMF 8.7.3).
 */
const upperNearZero = (a: number, x: number): number => {
  const log = a * Math.log(x) - logGamma1p(a);
  let term = 1;
  let sum = 0;
  for (let n = 1; n <= 20; n++) {
    term *= -x / n;
    sum += term / (a + n);
  }
  return -Math.expm1(log) - Math.exp(log) * a * sum;
};

/** P(X <= x) and P(X > x) for a shape above 0 and x >= 0 (Infinity too). */
export const gammaTails = (shape: number, x: number): { readonly lower: Tail; readonly upper: Tail } => {
  const a = offZero(shape);
  if (x === 0) return { lower: impossible, upper: certain };
  if (x === Infinity) return { lower: certain, upper: impossible };
  const power = gammaLogPower(a, x);
  if (x < a || (x < 1 && a < 1)) {
    const lower = tailOf(power, lowerSeries(a, x) ?? lowerIntegral(a, x));
    return { lower, upper: a < 1 && x < 1 ? tailOf(0, upperNearZero(a, x)) : complement(lower) };
  }
  const upper = tailOf(power, upperFraction(a, x) ?? upperIntegral(a, x));
  return { lower: complement(upper), upper };
};

const requireShapeAndPoint = (a: number, x: number): void => {
  requirePositive('a', a);
  requireNumber('x', x);
  if (x < 0) throw new RangeError(`x must be a number from 0, got ${x}`);
};

/**
 * P(a, x), the lower regularised incomplete gamma function, for a > 0 and x >= 0 (Infinity too). Golden family `distributions`.
 * @throws RangeError naming `a` or `x`.
 */
export const regularizedGammaP = (a: number, x: number): number => {
  requireShapeAndPoint(a, x);
  return gammaTails(a, x).lower.value;
};

/**
 * Q(a, x) = 1 - P(a, x), computed as itself: full precision down to 5e-324. Golden family `distributions`.
 * @throws RangeError naming `a` or `x`.
 */
export const regularizedGammaQ = (a: number, x: number): number => {
  requireShapeAndPoint(a, x);
  return gammaTails(a, x).upper.value;
};
