import { describe, expect, it } from 'vitest';
import { backtest, type Forecaster } from '../../../../src/analysis/forecast/backtest.ts';
import { fitHolt, forecastHolt } from '../../../../src/analysis/forecast/holt.ts';
import { fitLine, forecastLine } from '../../../../src/analysis/forecast/linear.ts';
import type { Statistic } from '../../../../src/analysis/result.ts';
import { randomFromSeed, type Random } from '../../../../src/math/random.ts';
import { sampleNormal } from '../../../../src/math/samplers.ts';

const valueOf = <T>(statistic: Statistic<T>): T => {
  if (!statistic.ok) throw new Error(statistic.reason);
  return statistic.value;
};
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const weights = { alpha: 0.4, beta: 0.3 };
const holt =
  (level: number): Forecaster =>
  (t, y, at) => {
    const fit = fitHolt(y, weights);
    return fit.ok ? forecastHolt(fit.value, at - t.at(-1)!, level).at(-1)! : null;
  };
/** The process that Holt's method is right about: each error moves level and trend. */
const process = (random: Random, n: number): readonly number[] => {
  let [level, trend] = [20, 0.3];
  return upTo(n).map(() => {
    const error = sampleNormal(random);
    const y = level + trend + error;
    level += trend + weights.alpha * error;
    trend += weights.alpha * weights.beta * error;
    return y;
  });
};

describe('Holt', () => {
  it('goes on a straight line for ever, with an interval of no width', () => {
    const state = valueOf(fitHolt([1, 3, 5, 7], weights));
    expect(state).toMatchObject({ n: 4, sigma2: 0 });
    expect(state.level).toBeCloseTo(7, 12);
    const last = forecastHolt(state, 10).at(-1)!;
    expect(last.mean).toBeCloseTo(27, 12);
    expect(last.upper).toBeCloseTo(27, 12);
  });
  it('has no interval at two values, and nothing at one', () => {
    expect(forecastHolt(valueOf(fitHolt([1, 3], weights)), 2)).toEqual([
      { step: 1, mean: 5, lower: null, upper: null },
      { step: 2, mean: 7, lower: null, upper: null },
    ]);
    expect(fitHolt([1], weights)).toEqual({ ok: false, reason: 'fewer than two values' });
  });
  it.each([1, 3])('holds what comes %i steps on about as often as it says, on its own process', (horizon) => {
    const random = randomFromSeed(7);
    const results = upTo(100).map(() =>
      valueOf(backtest(upTo(90), process(random, 90), holt(0.9), { horizon, minTrain: 40 })),
    );
    const coverage = results.reduce((sum, r) => sum + r.coverage!, 0) / results.length;
    expect(coverage).toBeGreaterThan(0.88);
    expect(coverage).toBeLessThan(0.94);
  });
  it('grows its interval with the horizon as its own process spreads', () => {
    const state = { ...weights, n: 1e6, level: 0, trend: 0, sigma2: 1 };
    const half = forecastHolt(state, 3).map(({ upper }) => upper! / 1.959963984540054);
    expect(half[0]).toBeCloseTo(1, 5);
    // One step's error moves the next forecast by alpha (1 + beta), the one after by alpha (1 + 2 beta).
    expect(half[1]).toBeCloseTo(Math.sqrt(1 + 0.52 ** 2), 5);
    expect(half[2]).toBeCloseTo(Math.sqrt(1 + 0.52 ** 2 + 0.64 ** 2), 5);
  });
  it('refuses weights outside 0..1 and values that are not finite', () => {
    expect(() => fitHolt([1, 2], { alpha: 1.1, beta: 0.5 })).toThrow(/^alpha/);
    expect(() => fitHolt([1, 2], { alpha: 0.5, beta: -0.1 })).toThrow(/^beta/);
    expect(() => fitHolt([1, Number.NaN], weights)).toThrow(/^y\[1\]/);
    expect(() => forecastHolt(valueOf(fitHolt([1, 2, 3], weights)), 0)).toThrow(/^horizon/);
  });
});

describe('a backtest', () => {
  it('never lets a forecast see what came after its moment', () => {
    const seen: (readonly [number, number, number])[] = [];
    const y = [1, 2, 3, 4, 5, 6];
    const spy: Forecaster = (t, known, at) => {
      seen.push([t.length, known.length, at]);
      return { mean: at, lower: at - 1, upper: at + 1 };
    };
    const result = valueOf(backtest(upTo(6), y, spy, { horizon: 2, minTrain: 3 }));
    expect(seen).toEqual([
      [3, 3, 4],
      [4, 4, 5],
    ]);
    expect(result).toEqual({
      forecasts: 2,
      silent: 0,
      bias: -1,
      meanAbsoluteError: 1,
      rootMeanSquare: 1,
      withInterval: 2,
      coverage: 1,
      width: 2,
    });
  });
  it('counts those that stay silent or give no interval, and is undefined when all do', () => {
    const sometimes: Forecaster = (t) => (t.length < 4 ? null : { mean: 0, lower: null, upper: null });
    expect(valueOf(backtest(upTo(6), upTo(6), sometimes, { horizon: 1, minTrain: 2 }))).toMatchObject({
      forecasts: 2,
      silent: 2,
      withInterval: 0,
      coverage: null,
      width: null,
    });
    expect(backtest(upTo(3), upTo(3), () => null, { horizon: 1, minTrain: 1 })).toMatchObject({ ok: false });
    expect(backtest(upTo(3), upTo(3), sometimes, { horizon: 3, minTrain: 2 })).toMatchObject({ ok: false });
  });
  it('shows that a line through a running total promises too much', () => {
    const straight: Forecaster = (t, y, at) => {
      const fit = fitLine(t, y);
      return fit.ok ? forecastLine(fit.value, [at])[0]! : null;
    };
    const random = randomFromSeed(5);
    const series = upTo(10).map(() => {
      let total = 0;
      return upTo(200).map(() => (total += 10 + 4 * sampleNormal(random)));
    });
    const coverage = series.map(
      (totals) => valueOf(backtest(upTo(200), totals, straight, { horizon: 20, minTrain: 40 })).coverage!,
    );
    // Asked for: .95.
    expect(coverage.reduce((sum, x) => sum + x, 0) / coverage.length).toBeLessThan(0.75);
  });
});
