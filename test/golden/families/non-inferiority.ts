/** Golden `non_inferiority`: absolute margins, higher is better. The score statistic of rates is judged by the family `units` instead. */
import { meanNonInferiority, rateNonInferiority, sampleMoments } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

type Input = { readonly margin: number; readonly alpha: number } & (
  | {
      readonly kind: 'proportions';
      readonly success_a: number;
      readonly n_a: number;
      readonly success_b: number;
      readonly n_b: number;
    }
  | { readonly kind: 'means'; readonly a: readonly number[]; readonly b: readonly number[] }
);

/** Shown case by case in `test/unit/analysis/experiments/restricted-rates.test.ts`. */
const REFERENCE_IS_WRONG =
  'statsmodels up to 0.15.0 has count0 where Miettinen and Nurminen (1985, eq. 27) have the size of arm 0 (its issue 10269), ' +
  'so its restricted rates are not the most likely ones; `units` has the value from the restricted likelihood itself';

export const adapter = goldenAdapter<Input>({
  family: 'non_inferiority',
  leftOut: { z_score: REFERENCE_IS_WRONG, p_score: REFERENCE_IS_WRONG },
  answer: (input) => {
    const { margin, alpha } = input;
    if (input.kind === 'means') {
      const test = meanNonInferiority(sampleMoments(input.a), sampleMoments(input.b), { margin, alpha });
      if (!test.ok) return { undefined: test.reason };
      const { statistic, df, p, nonInferior } = test.value;
      return { t: statistic, df, p, non_inferior: nonInferior };
    }
    const test = rateNonInferiority(
      { successes: input.success_a, n: input.n_a },
      { successes: input.success_b, n: input.n_b },
      { margin, alpha },
    );
    if (!test.ok) return { undefined: test.reason };
    const { observed, score, wald, nonInferior } = test.value;
    return {
      diff: observed,
      z_score: score.statistic,
      p_score: score.p,
      non_inferior_score: nonInferior,
      ...(wald.ok
        ? { z_wald: wald.value.statistic, p_wald: wald.value.p, lower_bound_wald: wald.value.bound }
        : {}),
    };
  },
});
