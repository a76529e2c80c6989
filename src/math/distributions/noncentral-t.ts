/**
 * The noncentral t distribution, T = (Z + ncp) / W with W = sqrt(chi-square(df) / df): the power of t tests.
 * Both tails are integrals of positive terms over W (Johnson, Kotz, Balakrishnan, vol. 2, ch. 31), so neither cancels, and a large
 * ncp costs nothing. Golden family `distributions`.
 */
import { stirlingError } from '../log-gamma.ts';
import { expm1MinusX } from '../near-cancellation.ts';
import { integrateUnimodal } from '../quadrature.ts';
import { requireFinite, requireNumber, requirePositive } from '../require.ts';
import { normalLogSf } from './normal.ts';

/** What lies this far below the largest term, in logarithms, no longer counts. */
const NEGLIGIBLE = 42;

/**
 * ln of the integrand in u = ln w, without its constant: ln P(side * (Z + ncp) > side * t w) plus the density of u, which is
 * log-concave in w and 0 at its own mode u = 0.
 */
const logTerm =
  (t: number, df: number, ncp: number, side: 1 | -1) =>
  (u: number): number =>
    normalLogSf(side * (t * Math.exp(u) - ncp)) - (df / 2) * expm1MinusX(2 * u);

/** How far from `mode`, going by `step`, until f has fallen by NEGLIGIBLE. */
const reach = (f: (u: number) => number, mode: number, step: number): number => {
  const floor = f(mode) - NEGLIGIBLE;
  let distance = step;
  while (f(mode + distance) > floor) distance *= 2;
  return mode + distance;
};

/** The maximum of a unimodal f, near enough to start an integral from: ternary search on a bracket found by doubling. */
const modeOf = (f: (u: number) => number, step: number): number => {
  let low = 0;
  let high = 0;
  for (let d = step; f(low - d) > f(low); d *= 2) low -= d;
  for (let d = step; f(high + d) > f(high); d *= 2) high += d;
  // The last doubling may have stepped over the maximum.
  [low, high] = [2 * low - step, 2 * high + step];
  while (high - low > step / 8) {
    const third = (high - low) / 3;
    if (f(low + third) < f(high - third)) low += third;
    else high -= third;
  }
  return (low + high) / 2;
};

/** P(T > t) with side 1, P(T <= t) with side -1, for t >= 0. */
const tailProbability = (t: number, df: number, ncp: number, side: 1 | -1): number => {
  const log = logTerm(t, df, ncp, side);
  const step = 0.5 / Math.sqrt(df + 1);
  const mode = modeOf(log, step);
  const peak = log(mode);
  const area = integrateUnimodal(
    (u) => Math.exp(log(u) - peak),
    reach(log, mode, -step),
    mode,
    reach(log, mode, step),
  );
  const logConstant = Math.LN2 + 0.5 * Math.log(df / (4 * Math.PI)) - stirlingError(df / 2);
  return Math.min(1, Math.exp(peak + logConstant + Math.log(area)));
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
