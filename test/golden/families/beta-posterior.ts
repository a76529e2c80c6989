import {
  chanceRateAbove,
  chanceRateBest,
  expectedRateLoss,
  rateEstimate,
} from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Posteriors {
  readonly posteriors: readonly (readonly [number, number])[];
}

export const adapter = goldenAdapter<Posteriors>({
  family: 'beta_posterior',
  answer: (input) => {
    const posteriors = input.posteriors.map(([a, b]) => ({ a, b }));
    const estimates = posteriors.map((posterior) => rateEstimate(posterior));
    const answer = {
      mean: estimates.map(({ mean }) => mean),
      ci95: estimates.map(({ low, high }) => [low, high]),
      prob_best: chanceRateBest(posteriors),
    };
    const [a, b] = posteriors;
    if (a === undefined || b === undefined || posteriors.length > 2) return answer;
    return {
      ...answer,
      p_b_gt_a: chanceRateAbove(a, b),
      expected_loss_choose_b: expectedRateLoss(posteriors)[1],
    };
  },
});
