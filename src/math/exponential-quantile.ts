/** A quantile of an exponential histogram, from its most negative bucket up. It judges nothing. Golden family `exp_histogram`. */
import { requireExponentialHistogram, type ExponentialHistogram } from './exponential-histogram.ts';
import { exponentialRepresentative } from './exponential-index.ts';
import { requireClosedUnit } from './require.ts';

/** q * count may pass a whole number by a few units of its last digit; the rank is then that number. */
const RANK_ROUNDING = 1e-12;

const clamp = (value: number, low: number | null, high: number | null): number =>
  Math.min(Math.max(value, low ?? -Infinity), high ?? Infinity);

/**
 * The order statistic of rank max(1, ceil(q count)), told by its bucket's representative and clamped to the stated extremes: within
 * `exponentialError(scale)` of it, relatively (within `zeroThreshold` absolutely, near zero). Null for a histogram of nothing.
 * @throws RangeError naming `histogram` or `q`.
 */
export const quantileOfExponential = (histogram: ExponentialHistogram, q: number): number | null => {
  requireExponentialHistogram('histogram', histogram);
  requireClosedUnit('q', q);
  const { scale, zeroCount, positive, negative, count, min, max } = histogram;
  if (count === 0) return null;
  const rank = Math.max(1, Math.ceil(q * count * (1 - RANK_ROUNDING)));
  let seen = 0;
  for (let k = negative.counts.length - 1; k >= 0; k--) {
    seen += negative.counts[k]!;
    if (seen >= rank) return clamp(-exponentialRepresentative(negative.offset + k, scale), min, max);
  }
  seen += zeroCount;
  if (seen >= rank) return clamp(0, min, max);
  for (const [k, n] of positive.counts.entries()) {
    seen += n;
    if (seen >= rank) return clamp(exponentialRepresentative(positive.offset + k, scale), min, max);
  }
  // Not reached: the counts add up to `count`, and the rank is at most that.
  return max;
};
