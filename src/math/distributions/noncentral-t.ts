/**
 * The noncentral t distribution, T = (Z + ncp) / W with W = sqrt(chi-square(df) / df): the power of t tests.
 * Both tails are integrals of positive terms over W (Johnson, Kotz, Balakrishnan, vol. 2, ch. 31), so neither cancels, and a large
 * ncp costs nothing. Golden family `distributions`.
 */
import { stirlingError } from '../log-gamma.ts';
import { expm1MinusX } from '../near-cancellation.ts';
import { requireFinite, requireNumber, requirePositive } from '../require.ts';
import { logUnimodalIntegral } from '../unimodal-integral.ts';
import { normalLogSf } from './normal.ts';

/**
 * ln of the integrand in u = ln w, without its constant: ln P(side * (Z + ncp) > side * t w) plus the density of u, which is
 * log-concave in w and 0 at its own mode u = 0.
 */
const logTerm =
  (t: number, df: number, ncp: number, side: 1 | -1) =>
  (u: number): number =>
    normalLogSf(side * (t * Math.exp(u) - ncp)) - (df / 2) * expm1MinusX(2 * u);

/** Below this, T is 0 or infinite with a probability that differs from its limit by less than 1e-9. */
const LEAST_DF = 1e-12;

/** P(T > t) with side 1, P(T <= t) with side -1, for t >= 0. */
const tailProbability = (t: number, anyDf: number, ncp: number, side: 1 | -1): number => {
  const df = Math.max(anyDf, LEAST_DF);
  const logConstant = Math.LN2 + 0.5 * Math.log(df / (4 * Math.PI)) - stirlingError(df / 2);
  const log = logConstant + logUnimodalIntegral(logTerm(t, df, ncp, side), 0, 0.5 / Math.sqrt(df + 1));
  return Math.min(1, Math.exp(log));
};

const requireArguments = (t: number, df: number, ncp: number): void => {
  requireNumber('t', t);
  requirePositive('df', df);
  requireFinite('ncp', ncp);
};

/**
 * P(T > t) for any t, df > 0 and noncentrality `ncp`: full precision down to 1e-300.
 * @throws RangeError naming `t` (NaN), `df` or `ncp`.
 */
export const noncentralTSf = (t: number, df: number, ncp: number): number => {
  requireArguments(t, df, ncp);
  if (Math.abs(t) === Infinity) return t > 0 ? 0 : 1;
  return t >= 0 ? tailProbability(t, df, ncp, 1) : tailProbability(-t, df, -ncp, -1);
};

/**
 * P(T <= t) for any t, df > 0 and noncentrality `ncp`: full precision down to 1e-300.
 * @throws RangeError naming `t` (NaN), `df` or `ncp`.
 */
export const noncentralTCdf = (t: number, df: number, ncp: number): number => {
  requireArguments(t, df, ncp);
  return noncentralTSf(-t, df, -ncp);
};
