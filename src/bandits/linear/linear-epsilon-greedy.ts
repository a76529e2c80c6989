/**
 * Plays the arm of the best expected reward in this context, and with probability epsilon any arm. The simplest policy whose propensities are exact
 * and never 0, so its logs serve any off-policy estimate. Golden family `bandit_regret`.
 */
import { requireClosedUnit } from '../../math/require.ts';
import { argMax } from '../arguments.ts';
import { linearPolicy, type LinearOptions, type LinearPolicy } from './linear-policy.ts';
import type { LinearEstimate } from './posterior.ts';

const greedyOf = (estimates: readonly LinearEstimate[]): number => argMax(estimates.map(({ mean }) => mean));

/**
 * Epsilon-greedy over ridge regressions, one line per arm. Unplayed arms expect 0, so with rewards in 0..1 they wait for an exploring round.
 * @param options.epsilon share of exploring rounds, from 0 (greedy) to 1 (uniform).
 * @throws RangeError naming `dimension`, `lambda`, `discount` or `epsilon`.
 */
export const linearEpsilonGreedy = ({
  epsilon,
  ...options
}: LinearOptions & { readonly epsilon: number }): LinearPolicy => {
  requireClosedUnit('epsilon', epsilon);
  const shareOf = (arms: number, isGreedy: boolean): number => epsilon / arms + (isGreedy ? 1 - epsilon : 0);
  return linearPolicy(options, {
    name: `linear epsilon-greedy ${epsilon}`,
    choose: (estimates, random) => {
      const greedy = greedyOf(estimates);
      if (epsilon === 0) return { arm: greedy, propensity: 1 };
      const arm = random.next() < epsilon ? Math.floor(random.next() * estimates.length) : greedy;
      return { arm, propensity: shareOf(estimates.length, arm === greedy) };
    },
    shares: (estimates) => {
      const greedy = greedyOf(estimates);
      return estimates.map((_, arm) => shareOf(estimates.length, arm === greedy));
    },
  });
};
