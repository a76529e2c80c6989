/** Golden `sample_size_power`: rates by Fleiss, means by the noncentral t and the normal approximation. */
import { meanPower, meanSampleSize, ratePower, rateSampleSize } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Design {
  readonly alpha: number;
  readonly power: number;
  readonly ratio: number;
  readonly two_sided: boolean;
}

type Input = Design &
  (
    | { readonly kind: 'proportions'; readonly p_a: number; readonly p_b: number }
    | { readonly kind: 'means'; readonly delta: number; readonly sd: number }
  );

export const adapter = goldenAdapter<Input>({
  family: 'sample_size_power',
  answer: (input) => {
    const { alpha, power, ratio, two_sided: twoSided } = input;
    const design = { alpha, power, ratio, twoSided };
    if (input.kind === 'proportions') {
      const size = rateSampleSize(input.p_a, input.p_b, design);
      return {
        n_a_exact: size.exactNA,
        n_a: size.nA,
        n_b: size.nB,
        power_at_n_a: ratePower(input.p_a, input.p_b, size.nA, design),
      };
    }
    const size = meanSampleSize(input.delta, input.sd, design);
    return {
      n_a_exact_t: size.exactNA,
      n_a_t: size.nA,
      n_a_exact_normal: size.exactNANormal,
      power_t_at_n_a_t: meanPower(input.delta, input.sd, size.nA, design),
    };
  },
});
