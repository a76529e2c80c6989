/** Two-sample Kolmogorov-Smirnov in all its p-values. */
import { ksTwoSample } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

export const adapter = goldenAdapter<Input>({
  family: 'ks_two_sample',
  answer: ({ a, b }) => {
    const test = ksTwoSample(a, b);
    if (!test.ok) return { undefined: test.reason };
    const { d, pExact, pOneSample, pKolmogorov, pStephens } = test.value;
    return {
      d,
      p_exact: pExact,
      p_asymp_scipy: pOneSample,
      p_kolmogorov: pKolmogorov,
      p_stephens: pStephens,
    };
  },
});
