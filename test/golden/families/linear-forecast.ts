/** Least squares with prediction intervals, the robust slope, and where the line meets a threshold. */
import { crossingTime, fitLine, fitTheilSen, forecastLine } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly t: readonly number[];
  readonly y: readonly number[];
  readonly forecast_at: readonly number[];
  readonly threshold: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'linear_forecast',
  answer: ({ t, y, forecast_at: at, threshold }) => {
    const line = fitLine(t, y);
    const robust = fitTheilSen(t, y);
    if (!line.ok) return { undefined: line.reason };
    const fit = line.value;
    const crossing = crossingTime(fit, threshold);
    return {
      n: fit.n,
      slope: fit.slope,
      intercept: fit.intercept,
      mean_at_tbar: fit.meanY,
      se_slope: fit.seSlope,
      r2: fit.r2,
      sigma2: fit.sigma2,
      p_slope: fit.pSlope,
      forecast: forecastLine(fit, at),
      theil_sen_slope: robust.ok ? robust.value.slope : null,
      cross_time: crossing.ok ? crossing.value : null,
      threshold,
    };
  },
});
