/**
 * A straight line through a series by least squares, and what it says of a time to come, with its interval. It assumes independent
 * errors of equal spread: a running total has neither (`budget-pacing.ts`), outliers call for `theil-sen.ts`. Golden family `linear_forecast`.
 */
import { studentTQuantile, studentTSf } from '../../math/distributions/student-t.ts';
import { requireOpenUnit } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { centredMean, requireFiniteSeries, requireSeries } from './series.ts';

/**
 * The fitted line y = intercept + slope t. `intercept` is at t = 0, which loses digits when times are far from 0: forecasts use
 * `meanY` at `meanT` instead. The errors' figures are null at two points, where a line leaves none; `r2` also where y is constant, `pSlope`
 * where the fit is exact.
 */
export interface LineFit {
  readonly n: number;
  readonly slope: number;
  readonly intercept: number;
  readonly meanT: number;
  readonly meanY: number;
  /** Sum of squared deviations of t from its mean. */
  readonly spreadT: number;
  /** Residual variance, SSR / (n - 2). */
  readonly sigma2: number | null;
  readonly seSlope: number | null;
  readonly r2: number | null;
  /** Two-sided, of slope 0, Student with n - 2 degrees. */
  readonly pSlope: number | null;
}

/**
 * Fits. Times are centred before anything is summed: naive sums of squared epoch milliseconds lose the slope.
 * Undefined below two points, and where all times are the same.
 * @throws RangeError naming `t` or `y`.
 */
export const fitLine = (t: readonly number[], y: readonly number[]): Statistic<LineFit> => {
  requireSeries(t, y);
  const n = t.length;
  if (n < 2) return undefinedBecause('fewer than two points');
  const [meanT, meanY] = [centredMean(t), centredMean(y)];
  const dt = t.map((value) => value - meanT);
  const dy = y.map((value) => value - meanY);
  const spreadT = dt.reduce((sum, d) => sum + d * d, 0);
  if (spreadT === 0) return undefinedBecause('all times are the same');
  const slope = dt.reduce((sum, d, i) => sum + d * dy[i]!, 0) / spreadT;
  const line = { n, slope, intercept: meanY - slope * meanT, meanT, meanY, spreadT };
  if (n === 2) return defined({ ...line, sigma2: null, seSlope: null, r2: null, pSlope: null });
  const ssr = dt.reduce((sum, d, i) => sum + (dy[i]! - slope * d) ** 2, 0);
  const spreadY = dy.reduce((sum, d) => sum + d * d, 0);
  const sigma2 = ssr / (n - 2);
  const seSlope = Math.sqrt(sigma2 / spreadT);
  return defined({
    ...line,
    sigma2,
    seSlope,
    r2: spreadY > 0 ? 1 - ssr / spreadY : null,
    pSlope: seSlope > 0 ? Math.min(1, 2 * studentTSf(Math.abs(slope / seSlope), n - 2)) : null,
  });
};

/** A forecast for one time: a new observation lies within `lower` to `upper` with the level asked for. Null: no interval at two points. */
export interface Forecast {
  readonly t: number;
  readonly mean: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * Forecasts at the given times: mean +- t_(n-2) sigma sqrt(1 + 1/n + (t - meanT)^2 / spreadT), for one new observation at a time.
 * @param level coverage of each interval, .95 by default
 * @throws RangeError naming `at` or `level`.
 */
export const forecastLine = (
  fit: LineFit,
  at: readonly number[],
  level: number = 0.95,
): readonly Forecast[] => {
  requireFiniteSeries('at', at);
  requireOpenUnit('level', level);
  const { n, slope, meanT, meanY, spreadT, sigma2 } = fit;
  const units = sigma2 === null ? null : studentTQuantile(0.5 + level / 2, n - 2) * Math.sqrt(sigma2);
  return at.map((t) => {
    const mean = meanY + slope * (t - meanT);
    if (units === null) return { t, mean, lower: null, upper: null };
    const half = units * Math.sqrt(1 + 1 / n + (t - meanT) ** 2 / spreadT);
    return { t, mean, lower: mean - half, upper: mean + half };
  });
};
