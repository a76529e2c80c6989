/** Level, trend and forecasts of Holt's linear trend. */
import { fitHolt, forecastHolt } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly y: readonly number[];
  readonly alpha: number;
  readonly beta: number;
  readonly horizon: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'holt',
  answer: ({ y, alpha, beta, horizon }) => {
    const fit = fitHolt(y, { alpha, beta });
    if (!fit.ok) return { undefined: fit.reason };
    const { level, trend } = fit.value;
    return { level, trend, forecast: forecastHolt(fit.value, horizon).map(({ mean }) => mean) };
  },
});
