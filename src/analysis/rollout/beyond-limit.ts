/**
 * Anytime-valid evidence at 100 % that what the candidate alone did lies beyond an absolute limit: log e per guardrail, from what its arm carries.
 * Where a plain comparison of a figure with its limit is repeated at every look, a candidate within the limit is taken back sooner or later.
 */
import { LARGEST_TRACKABLE, bucketBoundaryAtOrAbove, countAbove, sketchCount } from '../../math/ddsketch.ts';
import type { SketchState } from '../../domain/window.ts';
import { ASYMPTOTIC_BURN_IN, mixturePrecision } from '../asymptotic.ts';
import { varianceOf, type Moments } from '../moments.ts';
import { evidenceBeyondLimit } from '../rate-limit-mixture.ts';
import type { Totals } from './evidence.ts';
import { MEAN_PLANNED_OBSERVATIONS } from './mean-evidence.ts';

/** Share of requests that may be slower than a limit on the p95. */
const SLOWER_THAN_P95 = 0.05;

/** Evidence is finite: this much is as good as any. */
const PLENTY = 1e6;

/** A rate in 0..1 below (`less`) or above its limit; exact. */
export const rateBeyond = ({ n, sum }: Totals, limit: number, side: 'greater' | 'less'): number =>
  evidenceBeyondLimit({ n, successes: sum }, Math.min(1, Math.max(0, limit)), side);

/**
 * The p95 above `limitMs`: more than 5 % of requests are slower. Counted above the sketch's next bucket boundary, where counts are exact;
 * that is at most 10.6 % above the limit, so a p95 between the two is never proven.
 */
export const p95Beyond = (sketch: SketchState, limitMs: number): number => {
  if (limitMs > LARGEST_TRACKABLE) return 0;
  const boundary = bucketBoundaryAtOrAbove(limitMs, sketch.alpha);
  if (boundary > LARGEST_TRACKABLE) return 0;
  const tally = { n: sketchCount(sketch), successes: countAbove(sketch, boundary) };
  return evidenceBeyondLimit(tally, SLOWER_THAN_P95, 'greater');
};

/**
 * A mean of values from 0 above `limit`: the one-sided asymptotic sequence of `asymptotic.ts` for one sample, solved for ln(1/alpha) (its bound
 * excludes the limit at level alpha exactly when this reaches ln(1/alpha)). 0 within the burn-in. Constant values have no variance and need none:
 * values from 0 with a mean of at most the limit are all equal to m with probability (limit / m)^(n - 1) at most once the first is m.
 */
export const meanBeyond = (moments: Moments, limit: number, alpha: number): number => {
  const { n, mean } = moments;
  if (n < ASYMPTOTIC_BURN_IN || mean <= limit) return 0;
  const variance = varianceOf(moments) ?? 0;
  if (variance <= 0) return Math.min(PLENTY, (n - 1) * Math.log(mean / limit));
  const k = n * mixturePrecision(2 * alpha, MEAN_PLANNED_OBSERVATIONS);
  const z = (mean - limit) / Math.sqrt(variance / n);
  const x = Math.min(PLENTY, (z ** 2 * k) / (2 * (1 + k)));
  return Math.max(0, Math.LN2 + x + Math.log(-Math.expm1(-x)) - 0.5 * Math.log1p(k));
};
