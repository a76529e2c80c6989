/** Golden `welch_t_summary`: from count, mean and variance. */
import { welchOfSummary } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly n_a: number;
  readonly mean_a: number;
  readonly var_a: number;
  readonly n_b: number;
  readonly mean_b: number;
  readonly var_b: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'welch_t_summary',
  answer: (input) => {
    const test = welchOfSummary(
      { n: input.n_a, mean: input.mean_a, variance: input.var_a },
      { n: input.n_b, mean: input.mean_b, variance: input.var_b },
    );
    if (!test.ok) return { undefined: test.reason };
    const { difference, t, df, p } = test.value;
    return { diff: difference, t, df, p_two_sided: p.twoSided, p_greater: p.greater, p_less: p.less };
  },
});
