/** Fronts, searches, forecasts and rewards, against SciPy and statsmodels where they have them. */
import {
  fitHolt,
  fitLine,
  fitTheilSen,
  forecastHolt,
  OBJECTIVES,
  frontIn,
  hypervolumeIn,
  kneeOf,
  paceBudget,
  type Statistic,
} from '../../../src/analysis/index.ts';
import {
  centeredDiscrepancy,
  latinHypercube,
  maximinLatinHypercube,
  rewardV2,
} from '../../../src/decision/index.ts';
import type { HotFunction } from './hot-function.ts';
import type { Inputs } from './inputs.ts';

const valueOf = <T>(statistic: Statistic<T>): T => {
  if (!statistic.ok) throw new Error(statistic.reason);
  return statistic.value;
};

export const choosing = ({ random, normal, uniform }: Inputs): readonly HotFunction[] => {
  const points = uniform(40).map((quality, i) => ({
    quality,
    cost: uniform(1)[0]!,
    latency: 100 + ((i * 37) % 900),
  }));
  const reference = { quality: 0, cost: 1, latency: 1000 };
  const t = Array.from({ length: 60 }, (_, i) => i);
  const y = normal(60, 0, 2).map((noise, i) => Number((10 + 0.3 * i + noise).toPrecision(9)));
  const sample = latinHypercube(50, 4, random).map((point) => point.map((x) => Number(x.toPrecision(9))));
  const holt = { alpha: 0.4, beta: 0.2 };
  const options = {
    weights: 'balanced',
    cost: { kind: 'range', low: 0.001, high: 0.004 },
    latency: { kind: 'range', low: 500, high: 2500 },
  } as const;
  return [
    {
      name: 'paretoFront',
      call: '40 points, 3 objectives',
      run: () => frontIn(points, OBJECTIVES),
      calls: 1,
    },
    {
      name: 'hypervolume',
      call: '40 points, 3 objectives',
      run: () => hypervolumeIn(points, OBJECTIVES, reference),
      calls: 1,
    },
    { name: 'knee', call: '40 points, 3 objectives', run: () => kneeOf(points, OBJECTIVES), calls: 1 },
    {
      name: 'latinHypercube',
      call: '50 points, 4 dimensions',
      run: () => latinHypercube(50, 4, random),
      calls: 1,
      reference: { name: 'scipy.stats.qmc.LatinHypercube', task: 'lhs', input: { n: 50, d: 4 } },
    },
    {
      name: 'maximinHypercube',
      call: '50 points, 4 dimensions, best of 20',
      run: () => maximinLatinHypercube(50, 4, random),
      calls: 1,
    },
    {
      name: 'discrepancy',
      call: 'centred, 50 points, 4 dimensions',
      run: () => centeredDiscrepancy(sample),
      calls: 1,
      values: () => [centeredDiscrepancy(sample)!],
      reference: { name: 'scipy.stats.qmc.discrepancy', task: 'discrepancy', input: { sample } },
    },
    {
      name: 'fitLine',
      call: '60 points',
      run: () => fitLine(t, y),
      calls: 1,
      values: () => {
        const { slope, pSlope } = valueOf(fitLine(t, y));
        return [slope, pSlope!];
      },
      reference: { name: 'scipy.stats.linregress', task: 'linregress', input: { t, y } },
    },
    {
      name: 'theilSen',
      call: '60 points',
      run: () => fitTheilSen(t, y),
      calls: 1,
      values: () => [valueOf(fitTheilSen(t, y)).slope],
      reference: { name: 'scipy.stats.theilslopes', task: 'theilslopes', input: { t, y } },
    },
    {
      name: 'holt',
      call: '60 values, 3 ahead',
      run: () => forecastHolt(valueOf(fitHolt(y, holt)), 3),
      calls: 1,
      values: () => forecastHolt(valueOf(fitHolt(y, holt)), 3).map(({ mean }) => mean),
      reference: { name: 'statsmodels Holt', task: 'holt', input: { y, ...holt } },
    },
    {
      name: 'paceBudget',
      call: '24 intervals known',
      run: () =>
        paceBudget({
          budgetUsd: 240,
          spentUsd: 100,
          periodStartMs: 0,
          periodEndMs: 24,
          nowMs: 10,
          spendUsd: y.slice(0, 24),
          intervalMs: 1,
        }),
      calls: 1,
    },
    {
      name: 'reward',
      call: 'five signals, cost and latency',
      run: () =>
        rewardV2(
          {
            rating: 4,
            quality: 0.8,
            taskCompleted: true,
            responseEdited: false,
            dwellTimeSeconds: 40,
            costUsd: 0.002,
            latencyMs: 900,
          },
          options,
        ),
      calls: 1,
    },
  ];
};
