/**
 * A straight line through a series that single outliers do not turn: up to 29 % of the points may be anything. It has no interval.
 * Theil 1950; Sen, J. Am. Stat. Assoc. 63, 1968; as `scipy.stats.theilslopes(method='separate')`. Golden family `linear_forecast`.
 */
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { centredMean, medianOf, requireSeries } from './series.ts';

/** All pairs are looked at: beyond this many points that is more than a hundred million numbers. */
export const MOST_POINTS = 5_000;

/** y = intercept + slope t. */
export interface RobustLine {
  readonly n: number;
  readonly slope: number;
  readonly intercept: number;
}

/**
 * The median of the slopes of all pairs at different times; the intercept is median(y) - slope median(t).
 * Undefined below two points, and where all times are the same.
 * @throws RangeError naming `t` (also for more than `MOST_POINTS`) or `y`.
 */
export const fitTheilSen = (t: readonly number[], y: readonly number[]): Statistic<RobustLine> => {
  requireSeries(t, y);
  const n = t.length;
  if (n > MOST_POINTS) throw new RangeError(`t must have at most ${MOST_POINTS} values, got ${n}`);
  if (n < 2) return undefinedBecause('fewer than two points');
  const slopes: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) if (t[i] !== t[j]) slopes.push((y[i]! - y[j]!) / (t[i]! - t[j]!));
  }
  if (slopes.length === 0) return undefinedBecause('all times are the same');
  const slope = medianOf(slopes);
  // Around the mean time, so that epoch milliseconds do not wash out y.
  const origin = centredMean(t);
  const atOrigin = medianOf(y) - slope * (medianOf(t) - origin);
  return defined({ n, slope, intercept: atOrigin - slope * origin });
};
