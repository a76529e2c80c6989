/** Golden `two_proportion_ztest`: all fields, Fisher's p of every case included. */
import { fisherExact, twoProportions } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly success_a: number;
  readonly n_a: number;
  readonly success_b: number;
  readonly n_b: number;
  readonly alpha: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'two_proportion_ztest',
  answer: ({ success_a, n_a, success_b, n_b, alpha }) => {
    const a = { successes: success_a, n: n_a };
    const b = { successes: success_b, n: n_b };
    const test = twoProportions(a, b, { alpha });
    if (!test.ok) return { undefined: test.reason };
    const { rateA, rateB, difference, z, pOfZ, newcombe, wald, cohenH } = test.value;
    return {
      p_a: rateA,
      p_b: rateB,
      diff: difference,
      z,
      p_two_sided: pOfZ.twoSided,
      p_greater: pOfZ.greater,
      p_less: pOfZ.less,
      ci_newcombe: [newcombe.low, newcombe.high],
      ci_wald: [wald.low, wald.high],
      cohen_h: cohenH,
      fisher_p_two_sided: fisherExact(a, b).twoSided,
    };
  },
});
