/** Which arm stands most in the way of calling a leader the best. Golden family `bandit_indices`. */
import type { ArmTotals } from '../arm-totals.ts';
import { transportCost, type RewardModel } from './reward-model.ts';

/** The transport cost from `leader` to each arm; Infinity for the leader itself. */
export const transportCosts = (
  arms: readonly ArmTotals[],
  leader: number,
  model: RewardModel,
): readonly number[] =>
  arms.map((totals, j) => (j === leader ? Infinity : transportCost(arms[leader]!, totals, model)));

/** The arm that is cheapest to mistake for the best, the lowest on ties; the leader itself when it is the only arm. */
export const challengerOf = (costs: readonly number[]): { readonly arm: number; readonly cost: number } => {
  let arm = 0;
  for (let j = 1; j < costs.length; j++) if (costs[j]! < costs[arm]!) arm = j;
  return { arm, cost: costs[arm]! };
};
