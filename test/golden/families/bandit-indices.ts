/** The numbers by which UCB1, the greedy rule, T3C and the likelihood-ratio stop decide. */
import { challengerOf, transportCosts } from '../../../src/bandits/best-arm/challenger.ts';
import { glrStop } from '../../../src/bandits/best-arm/stop.ts';
import { totalPlays } from '../../../src/bandits/arm-totals.ts';
import { greedyArm } from '../../../src/bandits/epsilon-greedy.ts';
import { ucb1 } from '../../../src/bandits/index.ts';
import { ucbIndices } from '../../../src/bandits/ucb1.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly n: readonly number[];
  readonly sum: readonly number[];
  readonly c: number;
  readonly noise_var: number;
  readonly delta: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'bandit_indices',
  answer: ({ n, sum, c, noise_var, delta }) => {
    const arms = n.map((plays, i) => ({ n: plays, sum: sum[i]!, m2: 0 }));
    const model = { kind: 'gaussian', sd: Math.sqrt(noise_var) } as const;
    const leader = greedyArm(arms);
    const costs = transportCosts(arms, leader, model);
    const stop = glrStop({ arms }, { delta, model });
    return {
      t: totalPlays(arms),
      ucb1: ucbIndices(arms, c),
      ucb1_choice: ucb1({ c }).choose({ arms }, null, randomFromSeed(1)).arm,
      greedy_choice: leader,
      t3c_cost: costs,
      t3c_challenger: challengerOf(costs).arm,
      glr_threshold: stop.limit,
      glr_stop: stop.stop,
    };
  },
});
