/**
 * A world that bandits are tried in: all rewards are fixed by its seed beforehand, so every policy meets the same one. Regret is counted by
 * expectations, not by the rewards that happened to come.
 */
import type { BanditPolicy } from '../../../src/bandits/policy.ts';
import type { Random } from '../../../src/math/random.ts';

/** `X` is the context. Rounds t count from 0. */
export interface World<X> {
  readonly arms: number;
  readonly rounds: number;
  readonly contextAt: (seed: number, t: number) => X;
  readonly rewardOf: (seed: number, t: number, arm: number, context: X) => number;
  /** What the arm loses on average against the best one of the round. */
  readonly gapOf: (t: number, arm: number, context: X) => number;
}

/** Regret after each of the checkpoints (counts of rounds, ascending, the last one at most the world's rounds). */
export const regretOf = <S, X>(
  policy: BanditPolicy<S, X>,
  world: World<X>,
  worldSeed: number,
  random: Random,
  checkpoints: readonly number[],
): readonly number[] => {
  let state = policy.start(world.arms);
  let regret = 0;
  let t = 0;
  return checkpoints.map((checkpoint) => {
    for (; t < checkpoint; t++) {
      const context = world.contextAt(worldSeed, t);
      const { arm } = policy.choose(state, context, random);
      state = policy.learn(state, context, arm, world.rewardOf(worldSeed, t, arm, context));
      regret += world.gapOf(t, arm, context);
    }
    return regret;
  });
};
