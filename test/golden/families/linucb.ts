/** Weights, scores and choices of disjoint LinUCB after a sequence of rewards. */
import { linUcb, linUcbScores, linearEstimates, linearPosterior } from '../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly arms: number;
  readonly d: number;
  readonly alpha: number;
  readonly lambda_: number;
  readonly updates: readonly {
    readonly arm: number;
    readonly x: readonly number[];
    readonly reward: number;
  }[];
  readonly queries: readonly (readonly number[])[];
}

export const adapter = goldenAdapter<Input>({
  family: 'linucb',
  answer: ({ arms, d, alpha, lambda_: lambda, updates, queries }) => {
    const policy = linUcb({ dimension: d, alpha, lambda });
    const state = updates.reduce(
      (before, { arm, x, reward }) => policy.learn(before, x, arm, reward),
      policy.start(arms),
    );
    return {
      theta: state.arms.map((_, arm) => linearPosterior(state, arm, { lambda, v: 1 }).mean),
      scores: queries.map((x) => linUcbScores(linearEstimates(state, x, { lambda }), alpha)),
      chosen: queries.map((x) => policy.choose(state, x, randomFromSeed(1)).arm),
    };
  },
});
