/** Tests on samples, against SciPy and statsmodels. */
import {
  chanceRateAbove,
  holm,
  ksTwoSample,
  mannWhitney,
  meanSampleSize,
  psiBins,
  psiCounts,
  psiOfCounts,
  sampleQuantiles,
  twoProportions,
  welch,
  type Statistic,
} from '../../../src/analysis/index.ts';
import type { HotFunction } from './hot-function.ts';
import type { Inputs } from './inputs.ts';

const valueOf = <T>(statistic: Statistic<T>): T => {
  if (!statistic.ok) throw new Error(statistic.reason);
  return statistic.value;
};

export const testing = ({ normal, latencies, uniform }: Inputs): readonly HotFunction[] => {
  const [a, b] = [normal(100), normal(100, 0.2)];
  const [longA, longB] = [normal(1000), normal(1000, 0.05)];
  const [smallA, smallB] = [normal(50), normal(50, 0.4)];
  const [slowA, slowB] = [latencies(1000), latencies(1000)];
  const p = uniform(20, 0.0001, 0.2);
  const q = [0.5, 0.9, 0.95, 0.99];
  const rates = [
    { successes: 812, n: 1000 },
    { successes: 845, n: 1010 },
  ] as const;
  const reference = valueOf(psiBins(slowA));
  return [
    {
      name: 'ksExact',
      call: '100 against 100, path count',
      run: () => ksTwoSample(a, b),
      calls: 1,
      values: () => {
        const { d, pExact } = valueOf(ksTwoSample(a, b));
        return [d, pExact!];
      },
      reference: { name: "scipy.stats.ks_2samp('exact')", task: 'ks', input: { a, b, method: 'exact' } },
    },
    {
      name: 'ksLarge',
      call: '1,000 against 1,000',
      run: () => ksTwoSample(longA, longB),
      calls: 1,
      values: () => [valueOf(ksTwoSample(longA, longB)).d],
      reference: {
        name: "scipy.stats.ks_2samp('asymp')",
        task: 'ks',
        input: { a: longA, b: longB, method: 'asymp', dOnly: true },
      },
    },
    {
      name: 'mannWhitneyExact',
      call: '50 against 50, with shift and interval',
      run: () => mannWhitney(smallA, smallB),
      calls: 1,
      values: () => [valueOf(mannWhitney(smallA, smallB)).pExact!],
      reference: {
        name: 'scipy.stats.mannwhitneyu (p only)',
        task: 'mannWhitney',
        input: { a: smallA, b: smallB, method: 'exact' },
      },
    },
    {
      name: 'mannWhitneyLarge',
      call: '1,000 against 1,000, with shift and interval',
      run: () => mannWhitney(slowA, slowB),
      calls: 1,
      values: () => [valueOf(mannWhitney(slowA, slowB)).pAsymptotic],
      reference: {
        name: 'scipy.stats.mannwhitneyu (p only)',
        task: 'mannWhitney',
        input: { a: slowA, b: slowB, method: 'asymptotic' },
      },
    },
    {
      name: 'welch',
      call: '1,000 against 1,000, with effect size',
      run: () => welch(longA, longB),
      calls: 1,
      values: () => [valueOf(welch(longA, longB)).p.twoSided],
      reference: { name: 'scipy.stats.ttest_ind', task: 'welch', input: { a: longA, b: longB } },
    },
    {
      name: 'twoProportions',
      call: 'z, p and Newcombe interval',
      run: () => twoProportions(rates[0], rates[1]),
      calls: 1,
      values: () => {
        const { pOfZ, newcombe } = valueOf(twoProportions(rates[0], rates[1]));
        return [pOfZ.twoSided, newcombe.low, newcombe.high];
      },
      reference: {
        name: 'statsmodels proportions_ztest, confint_proportions_2indep',
        task: 'twoProportions',
        input: rates,
      },
    },
    {
      name: 'holm',
      call: '20 p-values',
      run: () => holm(p),
      calls: 1,
      values: () => holm(p),
      reference: {
        name: 'statsmodels multipletests (collects garbage in each call)',
        task: 'holm',
        input: { p },
      },
    },
    {
      name: 'meanSampleSize',
      call: 'd = .2, power .8',
      run: () => meanSampleSize(0.2, 1),
      calls: 1,
      values: () => [meanSampleSize(0.2, 1).exactNA],
      reference: { name: 'statsmodels TTestIndPower', task: 'sampleSize', input: { effect: 0.2 } },
    },
    {
      name: 'chanceToWin',
      call: 'Beta(82, 19) against Beta(86, 15)',
      run: () => chanceRateAbove({ a: 82, b: 19 }, { a: 86, b: 15 }),
      calls: 1,
    },
    {
      name: 'sampleQuantiles',
      call: '4 of 1,000 values',
      run: () => sampleQuantiles(slowA, q),
      calls: 1,
      values: () => valueOf(sampleQuantiles(slowA, q)),
      reference: { name: 'numpy.quantile', task: 'quantile', input: { a: slowA, q } },
    },
    {
      name: 'psi',
      call: '1,000 values over 10 bins',
      run: () => psiOfCounts(reference.counts, psiCounts(reference.edges, slowB)),
      calls: 1,
    },
  ];
};
