import { rateConfidenceSequence } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly successes: number;
  readonly n: number;
  readonly alpha: number;
  readonly t_opt: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'bernoulli_cs',
  answer: ({ successes, n, alpha, t_opt }) => {
    const { low, high } = rateConfidenceSequence({ successes, n, alpha, tightestAt: t_opt });
    return { lower: low, upper: high };
  },
});
