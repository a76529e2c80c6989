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

/** Shapes from which SciPy's `betaln` was seen to be off by 1.06e-9 (50-digit sums): the reference's losses subtract terms that carry it. */
const BETALN_OFF_FROM = 1e5;
const BETALN_OFF_BY = 1.1e-9;

export const adapter = goldenAdapter<Posteriors>({
  family: 'beta_posterior',
  referenceError: {
    why: 'SciPy 1.17 has ln B(50301, 450000) wrong by 1.06e-9, which a small expected loss does not survive; `rate_comparison` judges the same quantity against exact sums',
    bound: ({ posteriors }, field) =>
      field === 'expected_loss_choose_b' && posteriors.some(([a, b]) => a + b >= BETALN_OFF_FROM)
        ? 2 * BETALN_OFF_BY * Math.max(...posteriors.map(([a, b]) => a / (a + b)))
        : 0,
  },
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
