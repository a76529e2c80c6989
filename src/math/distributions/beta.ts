/** The beta distribution. Tails come from the survival function, never from 1 - cdf. Golden family `distributions`. */
import { logBetaOf } from '../beta.ts';
import { requireClosedUnit, requirePositive } from '../require.ts';
import { betaLogPower, betaTails, requireBetaArguments, tamed, type UnitPoint } from './incomplete-beta.ts';
import { normalQuantile } from './normal.ts';
import { solveQuantile } from './solve-quantile.ts';

const tailsAt = (x: number, a: number, b: number) => {
  requireBetaArguments(x, a, b);
  return betaTails(...tamed(a, b), { x, y: 1 - x });
};

/**
 * P(X <= x) for 0 <= x <= 1 and a, b > 0.
 * @throws RangeError naming `x`, `a` or `b`.
 */
export const betaCdf = (x: number, a: number, b: number): number => tailsAt(x, a, b).lower.value;

/**
 * P(X > x) for 0 <= x <= 1 and a, b > 0, full precision down to 5e-324.
 * @throws RangeError naming `x`, `a` or `b`.
 */
export const betaSf = (x: number, a: number, b: number): number => tailsAt(x, a, b).upper.value;

/**
 * The logarithm of the density at 0 <= x <= 1. At 0 and 1 it may be Infinity (a or b below 1) or -Infinity (above 1).
 * @throws RangeError naming `x`, `a` or `b`.
 */
export const betaLogPdf = (x: number, a: number, b: number): number => {
  requireBetaArguments(x, a, b);
  if (x === 0) return atEnd(a, b);
  if (x === 1) return atEnd(b, a);
  return betaLogPower(...tamed(a, b), { x, y: 1 - x }) - Math.log(x) - Math.log1p(-x);
};

/** At the end where `power` - 1 is the exponent of the distance to it. */
const atEnd = (power: number, other: number): number => {
  if (power === 1) return Math.log(other);
  return power < 1 ? Infinity : -Infinity;
};

/** The point of a logit; both ends keep their relative precision. */
export const pointOfLogit = (logit: number): UnitPoint => ({
  x: 1 / (1 + Math.exp(-logit)),
  y: 1 / (1 + Math.exp(logit)),
});

const normalStart = (p: number, q: number, a: number, b: number): number =>
  Math.log(a / b) + (p <= q ? normalQuantile(p) : -normalQuantile(q)) * Math.sqrt(1 / a + 1 / b);

/** Where the logarithm of the distance to an end is this small, the tail is its leading power to the last digit. */
const LEADING_BELOW = -40;

/**
 * The logit of the x with lower tail p and upper tail q = 1 - p, both above 0. For callers that checked all.
 * The start is `guess`, or a normal approximation in the logit, or the leading power of the smaller tail where a or b is small.
 */
export const betaLogitQuantile = (
  p: number,
  q: number,
  anyA: number,
  anyB: number,
  guess?: number,
): number => {
  const [a, b] = tamed(anyA, anyB);
  const logB = logBetaOf(a, b);
  const lower = (Math.log(p) + Math.log(a) + logB) / a;
  if (lower + Math.log1p(b) < LEADING_BELOW) return lower;
  const upper = (Math.log(q) + Math.log(b) + logB) / b;
  if (upper + Math.log1p(a) < LEADING_BELOW) return -upper;
  const start = guess ?? (Math.min(a, b) >= 1 ? normalStart(p, q, a, b) : p <= q ? lower : -upper);
  return solveQuantile(p, q, start, Infinity, (logit) => {
    const point = pointOfLogit(logit);
    return { ...betaTails(a, b, point), logDensity: betaLogPower(a, b, point) };
  });
};

/**
 * The x with P(X <= x) = p, for 0 <= p <= 1 and a, b > 0. Where x is within 1e-16 of 1 it rounds to 1.
 * @throws RangeError naming `p`, `a` or `b`.
 */
export const betaQuantile = (p: number, a: number, b: number): number => {
  requireClosedUnit('p', p);
  requirePositive('a', a);
  requirePositive('b', b);
  if (p === 0 || p === 1) return p;
  return pointOfLogit(betaLogitQuantile(p, 1 - p, a, b)).x;
};
