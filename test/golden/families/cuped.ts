/** Golden `cuped`: from values; the test's fields are absent where nothing is left of the variance. */
import { cuped } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly x_a: readonly number[];
  readonly y_a: readonly number[];
  readonly x_b: readonly number[];
  readonly y_b: readonly number[];
}

export const adapter = goldenAdapter<Input>({
  family: 'cuped',
  answer: ({ x_a, y_a, x_b, y_b }) => {
    const result = cuped({ x: x_a, y: y_a }, { x: x_b, y: y_b });
    if (!result.ok) return { undefined: result.reason };
    const { theta, differenceRaw, differenceAdjusted, varianceReduction, test } = result.value;
    return {
      theta,
      diff_raw: differenceRaw,
      diff_adj: differenceAdjusted,
      diff_adj_approx: differenceAdjusted,
      ...(varianceReduction.ok ? { var_reduction: varianceReduction.value } : {}),
      ...(test.ok
        ? {
            se_adj: test.value.standardError,
            t: test.value.t,
            df: test.value.df,
            p_two_sided: test.value.p.twoSided,
          }
        : {}),
    };
  },
});
