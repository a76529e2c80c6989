/** Student's t distribution. Tails come from the survival function, never from 1 - cdf. Golden family `distributions`. */
import { logBetaOf } from '../beta.ts';
import { stirlingError } from '../log-gamma.ts';
import { requireNumber, requireOpenUnit, requirePositive } from '../require.ts';
import { betaLogitQuantile } from './beta.ts';
import { betaTailsGiven } from './incomplete-beta.ts';
import { complement, halfOf, impossible, type Tail } from './tail.ts';

/** ln B(df/2, 1/2) + ln(df/2)/2, which stays about ln(pi)/2 for large df. */
const logScaledBeta = (df: number): number => {
  const a = df / 2;
  if (a < 10) return logBetaOf(a, 0.5) + 0.5 * Math.log(a);
  return (
    0.5 * Math.log(Math.PI) - a * Math.log1p(0.5 / a) + 0.5 + (stirlingError(a) - stirlingError(a + 0.5))
  );
};

/** P(T > |t|). It is half of I_x(df/2, 1/2) at x = df / (df + t^2). */
const upperTail = (t: number, df: number): Tail => {
  const size = Math.abs(t);
  if (size === 0) return { value: 0.5, log: -Math.LN2 };
  if (size === Infinity) return impossible;
  const r = size / Math.sqrt(df);
  const square = r * r;
  const x = 1 / (1 + square);
  const y = r < 1 ? square * x : 1 / (1 + 1 / square);
  // x^(df/2) y^(1/2) / B from r itself: x rounds away what is left of r when df is large.
  const logX = r < 1e150 ? -Math.log1p(square) : -2 * Math.log(r);
  const power = (df / 2) * logX + Math.log(size) - 0.5 * Math.LN2 + 0.5 * logX - logScaledBeta(df);
  const lambda = (df / 2) * y - x / 2;
  return halfOf(betaTailsGiven(df / 2, 0.5, { x, y }, power, lambda).lower);
};

const requireArguments = (t: number, df: number): void => {
  requireNumber('t', t);
  requirePositive('df', df);
};

/**
 * P(T > t) for any t and df > 0, whole or not: full precision down to 5e-324; beyond see `studentTLogSf`.
 * @throws RangeError naming `t` (NaN) or `df`.
 */
export const studentTSf = (t: number, df: number): number => {
  requireArguments(t, df);
  const tail = upperTail(t, df);
  return t >= 0 ? tail.value : 1 - tail.value;
};

/**
 * P(T <= t) for any t and df > 0; 0 and 1 at -Infinity and Infinity.
 * @throws RangeError naming `t` (NaN) or `df`.
 */
export const studentTCdf = (t: number, df: number): number => {
  requireArguments(t, df);
  return studentTSf(-t, df);
};

/**
 * ln P(T > t) for any t; -Infinity at Infinity.
 * @throws RangeError naming `t` (NaN) or `df`.
 */
export const studentTLogSf = (t: number, df: number): number => {
  requireArguments(t, df);
  const tail = upperTail(t, df);
  return t >= 0 ? tail.log : complement(tail).log;
};

/**
 * The t with P(T <= t) = p, for 0 < p < 1. It can leave the doubles for df below 1 and p near 0 or 1: then -Infinity or Infinity.
 * @throws RangeError naming `p` or `df`.
 */
export const studentTQuantile = (p: number, df: number): number => {
  requireOpenUnit('p', p);
  requirePositive('df', df);
  if (p === 0.5) return 0;
  const outside = 2 * Math.min(p, 1 - p);
  const inside = Math.abs(2 * p - 1);
  // x / y = df / t^2 for x of Beta(df/2, 1/2).
  const size = Math.exp(0.5 * (Math.log(df) - betaLogitQuantile(outside, inside, df / 2, 0.5)));
  return p < 0.5 ? -size : size;
};
