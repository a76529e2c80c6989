/** Student's t distribution. Tails come from the survival function, never from 1 - cdf. Golden family `distributions`. */
import { logBetaOf } from '../beta.ts';
import { stirlingError } from '../log-gamma.ts';
import { offZero, requireNumber, requireOpenUnit, requirePositive } from '../require.ts';
import { betaLogitQuantile } from './beta.ts';
import { betaTailsGiven } from './incomplete-beta.ts';
import { normalQuantile } from './normal.ts';
import { complement, halfOf, impossible, type Tail } from './tail.ts';

/** ln B(df/2, 1/2) + ln(df/2)/2, which stays about ln(pi)/2 for large df. */
const logScaledBeta = (df: number): number => {
  const a = df / 2;
  if (a < 10) return logBetaOf(a, 0.5) + 0.5 * Math.log(a);
  return (
    0.5 * Math.log(Math.PI) - a * Math.log1p(0.5 / a) + 0.5 + (stirlingError(a) - stirlingError(a + 0.5))
  );
};

/** Degrees of freedom where all that is computed from them stays within the doubles; beyond 1e100 it is the normal. */
const tamedDf = (df: number): number => Math.min(offZero(df), 1e100);

/** At t > 0: t^2 / (t^2 + df) and its rest, and the logarithm of the beta function's power of both, all from t itself. */
const pointOf = (t: number, df: number) => {
  const r = t / Math.sqrt(df);
  const square = r * r;
  const x = 1 / (1 + square);
  const y = r < 1 ? square * x : 1 / (1 + 1 / square);
  // x^(df/2) y^(1/2) / B from r: x rounds away what is left of r when df is large.
  const logX = r < 1e150 ? -Math.log1p(square) : -2 * Math.log(r);
  const power = (df / 2) * logX + Math.log(t) - 0.5 * Math.LN2 + 0.5 * logX - logScaledBeta(df);
  return { x, y, power };
};

/** P(T > |t|). It is half of I_x(df/2, 1/2) at x = df / (df + t^2). */
const upperTail = (t: number, df: number): Tail => {
  const size = Math.abs(t);
  if (size === 0) return { value: 0.5, log: -Math.LN2 };
  if (size === Infinity) return impossible;
  const { x, y, power } = pointOf(size, df);
  const lambda = (df / 2) * y - x / 2;
  return halfOf(betaTailsGiven(df / 2, 0.5, { x, y }, power, lambda).lower);
};

/** P(T <= t) and P(T > t), for callers that checked both. */
export const studentTTails = (t: number, df: number): { readonly lower: Tail; readonly upper: Tail } => {
  const beyond = upperTail(t, tamedDf(df));
  const rest = complement(beyond);
  return t >= 0 ? { lower: rest, upper: beyond } : { lower: beyond, upper: rest };
};

/** The logarithm of the density at any t, for callers that checked both. */
export const studentTLogPdf = (t: number, anyDf: number): number => {
  const df = tamedDf(anyDf);
  const size = Math.abs(t);
  // The density is the power over |t|, which is not 0 / 0 near 0.
  if (size === Infinity) return -Infinity;
  if (size < 1e-150) return -0.5 * Math.LN2 - logScaledBeta(df);
  return pointOf(size, df).power - Math.log(size);
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
  return studentTTails(t, df).upper.value;
};

/**
 * P(T <= t) for any t and df > 0; 0 and 1 at -Infinity and Infinity.
 * @throws RangeError naming `t` (NaN) or `df`.
 */
export const studentTCdf = (t: number, df: number): number => {
  requireArguments(t, df);
  return studentTTails(t, df).lower.value;
};

/**
 * ln P(T > t) for any t; -Infinity at Infinity.
 * @throws RangeError naming `t` (NaN) or `df`.
 */
export const studentTLogSf = (t: number, df: number): number => {
  requireArguments(t, df);
  return studentTTails(t, df).upper.log;
};

/** ln(df / t^2) for a t about the normal quantile, by the first term of Cornish and Fisher's expansion; for few df no guess. */
const startOf = (p: number, df: number): number | undefined => {
  if (df < 3) return undefined;
  const z = normalQuantile(p);
  const t = z + (z * z * z + z) / (4 * df);
  return Math.log(df) - 2 * Math.log(-t);
};

/**
 * The t with P(T <= t) = p, for 0 < p < 1. It can leave the doubles for df below 1 and p near 0 or 1: then -Infinity or Infinity.
 * @throws RangeError naming `p` or `df`.
 */
export const studentTQuantile = (p: number, anyDf: number): number => {
  requireOpenUnit('p', p);
  requirePositive('df', anyDf);
  const df = tamedDf(anyDf);
  if (p === 0.5) return 0;
  const outside = 2 * Math.min(p, 1 - p);
  const inside = Math.abs(2 * p - 1);
  // x / y = df / t^2 for x of Beta(df/2, 1/2).
  const logit = betaLogitQuantile(outside, inside, df / 2, 0.5, startOf(Math.min(p, 1 - p), df));
  const size = Math.exp(0.5 * (Math.log(df) - logit));
  return p < 0.5 ? -size : size;
};
