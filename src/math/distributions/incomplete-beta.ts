/**
 * Both tails of the beta distribution, each computed as itself and with its logarithm.
 * Density factor by Loader (2000); continued fraction of Didonato and Morris (ACM TOMS 18, 1992, eq. 9); where that is slow an integral.
 */
import { logBetaOf } from '../beta.ts';
import { log1pMinusX, logRatio, productMinus } from '../near-cancellation.ts';
import { stirlingError } from '../log-gamma.ts';
import { integrateHalfLine } from '../quadrature.ts';
import { offZero, requireClosedUnit, requirePositive } from '../require.ts';
import { certain, complement, impossible, tailOf, type Tail } from './tail.ts';

/** Steps of the fraction before the integral is cheaper. */
const STEPS = 250;

/** A point of the unit interval from both ends: x + y = 1, each with its own relative precision. */
export interface UnitPoint {
  readonly x: number;
  readonly y: number;
}

/** a y - b x, the distance from the mean times (a + b), without cancellation: from the end that is nearer. */
const excess = (a: number, b: number, { x, y }: UnitPoint): number => {
  const total = a + b;
  const big = Math.max(a, b);
  const lost = Math.min(a, b) - (total - big);
  return x <= 0.5 ? -productMinus(x, total, a) - x * lost : productMinus(y, total, b) + y * lost;
};

/** ln z from the smaller of z and its rest. */
const logOf = (z: number, rest: number): number => (z > 0.5 ? Math.log1p(-rest) : Math.log(z));

/** ln of x^a y^b / B(a, b), for 0 < x < 1 and tamed shapes. */
export const betaLogPower = (a: number, b: number, point: UnitPoint): number => {
  const { x, y } = point;
  if (Math.min(a, b) < 1e-2) return a * logOf(x, y) + b * logOf(y, x) - logBetaOf(a, b);
  const total = a + b;
  const lambda = excess(a, b, point);
  const u = -lambda / a;
  const v = lambda / b;
  const share = (n: number, z: number, w: number): number =>
    Math.abs(w) < 0.5 ? n * log1pMinusX(w) : n * (logRatio(z, n / total) - w);
  return (
    share(a, x, u) +
    share(b, y, v) +
    0.5 * Math.log((a / total) * (b / (2 * Math.PI))) +
    (stirlingError(total) - stirlingError(a) - stirlingError(b))
  );
};

/** I_x(a, b) over the power, for x below the mean, by the modified Lentz method. Null when it has not converged. */
const fraction = (a: number, b: number, { x, y }: UnitPoint, lambda: number): number | null => {
  let beta = (a / (a + 1)) * (lambda + 1);
  let c = Infinity;
  let d = 1 / beta;
  let value = d;
  for (let n = 1; n <= STEPS; n++) {
    const s = a + 2 * n;
    const alpha = ((a + n - 1) / (s - 1)) * ((a + b + n - 1) / (s - 1)) * n * (b - n) * x * x;
    beta = n + (n * (b - n) * x) / (s - 1) + ((a + n) / (s + 1)) * (lambda + 1 + n * (1 + y));
    d = 1 / (alpha * d + beta);
    c = beta + alpha / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) return value;
  }
  return null;
};

/** I_x(a, b) over the power: t = x e^(-s) in the integral of t^(a-1) (1-t)^(b-1). */
const lowerIntegral = (a: number, b: number, { x, y }: UnitPoint): number => {
  const odds = x / y;
  // Below b = 1 both factors fall, the second within s of about 1 / odds: the rule finds that scale by itself.
  const slope = b > 1 ? a - (b - 1) * odds : a;
  const bend = b > 1 ? Math.sqrt(((b - 1) * odds) / y) : 0;
  const scale = 1 / Math.max(slope, bend, a / 10);
  return integrateHalfLine((s) => Math.exp((b - 1) * Math.log1p(-odds * Math.expm1(-s)) - a * s), scale) / y;
};

const flip = ({ x, y }: UnitPoint): UnitPoint => ({ x: y, y: x });

/** I_x(a, b) over the power, wherever the point lies. */
const lowerFactor = (a: number, b: number, point: UnitPoint, lambda: number): number =>
  (lambda >= 0 ? fraction(a, b, point, lambda) : null) ?? lowerIntegral(a, b, point);

/** Below this, a tail that came out as a complement would have lost digits. */
const SMALL = 0.2;

/** Shapes above this are scaled down together: the distribution is then a spike at its mean, narrower than doubles are apart. */
const SPIKE = 1e100;

/** Both shapes where all that is computed from them stays within the doubles. */
export const tamed = (a: number, b: number): readonly [number, number] => {
  const factor = SPIKE / Math.max(a, b, SPIKE);
  return [offZero(a * factor), offZero(b * factor)];
};

/** P(X <= x) and P(X > x) for tamed shapes at a point of [0, 1]. */
export const betaTails = (
  a: number,
  b: number,
  point: UnitPoint,
): { readonly lower: Tail; readonly upper: Tail } => {
  if (point.x <= 0) return { lower: impossible, upper: certain };
  if (point.y <= 0) return { lower: certain, upper: impossible };
  return betaTailsGiven(a, b, point, betaLogPower(a, b, point), excess(a, b, point));
};

/** The same for a caller that knows the power and the distance from the mean more precisely than the point shows. */
export const betaTailsGiven = (
  a: number,
  b: number,
  point: UnitPoint,
  power: number,
  lambda: number,
): { readonly lower: Tail; readonly upper: Tail } => {
  if (lambda < 0) {
    const { lower, upper } = betaTailsGiven(b, a, flip(point), power, -lambda);
    return { lower: upper, upper: lower };
  }
  const lower = tailOf(power, lowerFactor(a, b, point, lambda));
  const upper = complement(lower);
  const precise = upper.value >= SMALL;
  return { lower, upper: precise ? upper : tailOf(power, lowerFactor(b, a, flip(point), -lambda)) };
};

/** @throws RangeError naming `x`, `a` or `b`. */
export const requireBetaArguments = (x: number, a: number, b: number): void => {
  requireClosedUnit('x', x);
  requirePositive('a', a);
  requirePositive('b', b);
};

/**
 * I_x(a, b), the regularised incomplete beta function, for 0 <= x <= 1 and a, b > 0; its upper tail is I_{1-x}(b, a), or
 * `betaSf`, which loses nothing in 1 - x. Golden family `distributions`.
 * @throws RangeError naming `x`, `a` or `b`.
 */
export const regularizedBeta = (x: number, a: number, b: number): number => {
  requireBetaArguments(x, a, b);
  return betaTails(...tamed(a, b), { x, y: 1 - x }).lower.value;
};
