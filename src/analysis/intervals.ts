/**
 * Intervals for rates as they are shown to people: Wilson's for one rate, Newcombe's hybrid score for a difference (Newcombe 1998).
 * They hold for one look at a fixed size; no decision is taken from them. Golden family `two_proportion_ztest` (its `ci_newcombe`).
 */
import { normalQuantile } from '../math/special.ts';
import { requireCounts } from './tlg.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of a rate at confidence 1 - alpha.
 * @throws RangeError naming successes, n or alpha; n must be above 0.
 */
export const wilsonInterval = (successes: number, n: number, alpha: number = 0.05): Interval => {
  const s = requireCounts(n, successes, 'n', 'successes');
  if (n === 0) throw new RangeError('n must be above 0, got 0');
  const z = normalQuantile(1 - alpha / 2);
  const p = s / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: s === 0 ? 0 : centre - half, high: s === n ? 1 : centre + half };
};

/** Successes and trials of one arm. */
export interface RateCount {
  readonly successes: number;
  readonly n: number;
}

/** The difference candidate - stable and its interval. @throws RangeError as `wilsonInterval`. */
export const newcombeInterval = (
  stable: RateCount,
  candidate: RateCount,
  alpha: number = 0.05,
): Interval & { readonly difference: number } => {
  const a = wilsonInterval(stable.successes, stable.n, alpha);
  const b = wilsonInterval(candidate.successes, candidate.n, alpha);
  const [pA, pB] = [stable.successes / stable.n, candidate.successes / candidate.n];
  const difference = pB - pA;
  return {
    difference,
    low: difference - Math.hypot(pB - b.low, a.high - pA),
    high: difference + Math.hypot(b.high - pB, pA - a.low),
  };
};
