/**
 * How good a forecast would have been: at each past moment it gets only what was known then, and is held against what came. Rolling origin
 * (Tashman, Int. J. Forecasting 16, 2000). An interval that is shown should be shown with the coverage it had.
 */
import { requireWhole } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { requireSeries } from './series.ts';

/** What a forecaster says of one time, or null where it says nothing. The bounds may be null. */
export interface PointForecast {
  readonly mean: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Gets the series up to some moment and the time it is asked about. */
export type Forecaster = (t: readonly number[], y: readonly number[], at: number) => PointForecast | null;

/**
 * Errors are forecast less outcome. `coverage` is the share of outcomes within the interval, and `width` its mean width, over the
 * `withInterval` forecasts that had one; null where none had. `silent` forecasts were not given.
 */
export interface Backtest {
  readonly forecasts: number;
  readonly silent: number;
  readonly bias: number;
  readonly meanAbsoluteError: number;
  readonly rootMeanSquare: number;
  readonly withInterval: number;
  readonly coverage: number | null;
  readonly width: number | null;
}

/**
 * Tries a forecaster on a series in the order of its places: from `minTrain` known values on, each time `horizon` places ahead.
 * Undefined where the series leaves nothing to try on, or the forecaster stays silent.
 * @throws RangeError naming `t`, `y`, `horizon` or `minTrain`.
 */
export const backtest = (
  t: readonly number[],
  y: readonly number[],
  forecaster: Forecaster,
  { horizon, minTrain }: { readonly horizon: number; readonly minTrain: number },
): Statistic<Backtest> => {
  requireSeries(t, y);
  requireWhole('horizon', horizon, 1);
  requireWhole('minTrain', minTrain, 1);
  const origins = Array.from(
    { length: Math.max(0, t.length - horizon - minTrain + 1) },
    (_, k) => minTrain + k,
  );
  const tried = origins.map((known) => {
    const target = known + horizon - 1;
    return { forecast: forecaster(t.slice(0, known), y.slice(0, known), t[target]!), outcome: y[target]! };
  });
  const given = tried.flatMap(({ forecast, outcome }) =>
    forecast === null ? [] : [{ ...forecast, outcome }],
  );
  if (given.length === 0) return undefinedBecause('no forecast was made');
  const errors = given.map(({ mean, outcome }) => mean - outcome);
  const bands = given.flatMap(({ lower, upper, outcome }) =>
    lower === null || upper === null
      ? []
      : [{ width: upper - lower, holds: outcome >= lower && outcome <= upper }],
  );
  const share = (sum: number, n: number): number | null => (n === 0 ? null : sum / n);
  return defined({
    forecasts: given.length,
    silent: tried.length - given.length,
    bias: errors.reduce((sum, e) => sum + e, 0) / errors.length,
    meanAbsoluteError: errors.reduce((sum, e) => sum + Math.abs(e), 0) / errors.length,
    rootMeanSquare: Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length),
    withInterval: bands.length,
    coverage: share(bands.filter(({ holds }) => holds).length, bands.length),
    width: share(
      bands.reduce((sum, { width }) => sum + width, 0),
      bands.length,
    ),
  });
};
