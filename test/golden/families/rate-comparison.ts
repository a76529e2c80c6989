import { chanceRateAbove, chanceRateBest, expectedRateLoss } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Posteriors {
  readonly posteriors: readonly (readonly [number, number])[];
}

export const adapter = goldenAdapter<Posteriors>({
  family: 'rate_comparison',
  answer: (input) => {
    const posteriors = input.posteriors.map(([a, b]) => ({ a, b }));
    const answer = { chance_best: chanceRateBest(posteriors), loss: expectedRateLoss(posteriors) };
    const [a, b] = posteriors;
    return a !== undefined && b !== undefined && posteriors.length === 2
      ? { ...answer, chance_b_above: chanceRateAbove(a, b) }
      : answer;
  },
});
