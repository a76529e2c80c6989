/** Golden `multiple_testing`: adjusted p-values, and what they reject at .05. */
import { benjaminiHochberg, benjaminiYekutieli, bonferroni, holm } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly p: readonly number[];
}

const rejected = (adjusted: readonly number[]): readonly boolean[] => adjusted.map((p) => p <= 0.05);

export const adapter = goldenAdapter<Input>({
  family: 'multiple_testing',
  answer: ({ p }) => {
    const [all, stepDown, bh, by] = [bonferroni(p), holm(p), benjaminiHochberg(p), benjaminiYekutieli(p)];
    return {
      bonferroni: all,
      bonferroni_reject: rejected(all),
      holm: stepDown,
      holm_reject: rejected(stepDown),
      bh,
      bh_reject: rejected(bh),
      by,
      by_reject: rejected(by),
    };
  },
});
