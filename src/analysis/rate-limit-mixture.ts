/**
 * Anytime-valid evidence that a rate lies beyond a fixed limit, from its totals alone, so that the limit need not be known while counting.
 * A Beta(1/2, 1/2) mixture of likelihoods against the limit's: for each rate r the mixture is a martingale when r is true, also for
 * fractional outcomes in 0..1 (each factor is convex in the outcome). The smallest of them over the null is the one at the limit when
 * the mean is beyond it, and at most 1 otherwise; so one-sided evidence is the mixture at the limit, and 0 on the right side.
 */
import { logBeta } from '../math/beta.ts';
import { requireCounts } from './tlg.ts';

/** Limits of exactly 0 or 1 are tested as this close to them, so that one outcome is strong evidence and not infinite. */
const LIMIT_FLOOR = 1e-6;

/**
 * Log evidence that the rate behind `successes` of `n` is above (`greater`) or below (`less`) `limit`. P(ever reaches ln(1/alpha) | it is
 * not) <= alpha.
 * @throws RangeError naming n, successes, limit or side.
 */
export const evidenceBeyondLimit = (
  { n, successes }: { readonly n: number; readonly successes: number },
  limit: number,
  side: 'greater' | 'less',
): number => {
  if (!(limit >= 0 && limit <= 1)) throw new RangeError(`limit must be from 0 to 1, got ${limit}`);
  if (side !== 'greater' && side !== 'less') {
    throw new RangeError(`side must be greater or less, got ${String(side)}`);
  }
  const s = requireCounts(n, successes, 'n', 'successes');
  const p = Math.min(1 - LIMIT_FLOOR, Math.max(LIMIT_FLOOR, limit));
  const beyond = side === 'greater' ? s > n * p : s < n * p;
  const passable = side === 'greater' ? limit < 1 : limit > 0;
  if (n === 0 || !beyond || !passable) return 0;
  const mixture = logBeta(s + 0.5, n - s + 0.5) - logBeta(0.5, 0.5);
  return mixture - s * Math.log(p) - (n - s) * Math.log1p(-p);
};
