/**
 * Intervals for rates as they are shown to people: Wilson's for one rate, Newcombe's hybrid score and Wald's for a difference (Newcombe,
 * Stat. Med. 17, 1998). They hold for one look at a fixed size; no decision is taken from them. Golden family `two_proportion_ztest`.
 */
import { requireOpenUnit } from '../math/require.ts';
import { normalQuantile } from '../math/special.ts';
import { requireCounts } from './tlg.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An interval with the point that it is about. */
export interface DifferenceInterval extends Interval {
  readonly difference: number;
}

/** Successes and trials of one arm. */
export interface RateCount {
  readonly successes: number;
  readonly n: number;
}

/** The quantile at 1 - alpha / 2, from the lower tail so that a tiny alpha is not rounded away. */
const criticalZ = (alpha: number): number => {
  requireOpenUnit('alpha', alpha);
  return -normalQuantile(alpha / 2);
};

/** The checked rate of an arm whose parameter's name begins with `prefix`. */
const rateOf = (prefix: string, { successes, n }: RateCount): { readonly s: number; readonly p: number } => {
  if (n === 0) throw new RangeError(`${prefix}n must be above 0, got 0`);
  const s = requireCounts(n, successes, `${prefix}n`, `${prefix}successes`);
  return { s, p: s / n };
};

const wilson = (s: number, n: number, z: number): Interval => {
  const p = s / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: s === 0 ? 0 : centre - half, high: s === n ? 1 : centre + half };
};

/**
 * Wilson's score interval of a rate at confidence 1 - alpha.
 * @throws RangeError naming successes, n or alpha; n must be above 0.
 */
export const wilsonInterval = (successes: number, n: number, alpha: number = 0.05): Interval =>
  wilson(rateOf('', { successes, n }).s, n, criticalZ(alpha));

/**
 * The difference candidate - stable and its hybrid score interval: the one to show, also for rates near 0 or 1.
 * @throws RangeError naming stable.n, stable.successes, the same of candidate, or alpha; n must be above 0.
 */
export const newcombeInterval = (
  stable: RateCount,
  candidate: RateCount,
  alpha: number = 0.05,
): DifferenceInterval => {
  const [a, b] = [rateOf('stable.', stable), rateOf('candidate.', candidate)];
  const z = criticalZ(alpha);
  const [wA, wB] = [wilson(a.s, stable.n, z), wilson(b.s, candidate.n, z)];
  const difference = b.p - a.p;
  return {
    difference,
    low: difference - Math.hypot(b.p - wB.low, wA.high - a.p),
    high: difference + Math.hypot(wB.high - b.p, a.p - wA.low),
  };
};

/**
 * The difference candidate - stable and Wald's interval, to compare with other tools: too narrow for small samples and rates near 0 or 1,
 * of no width when both arms are constant, and not kept inside -1..1.
 * @throws RangeError as `newcombeInterval`.
 */
export const waldInterval = (
  stable: RateCount,
  candidate: RateCount,
  alpha: number = 0.05,
): DifferenceInterval => {
  const [a, b] = [rateOf('stable.', stable), rateOf('candidate.', candidate)];
  const difference = b.p - a.p;
  const variance = (a.p * (1 - a.p)) / stable.n + (b.p * (1 - b.p)) / candidate.n;
  const half = criticalZ(alpha) * Math.sqrt(variance);
  return { difference, low: difference - half, high: difference + half };
};
