/**
 * Exact regret of the policies that draw nothing, in the worlds that the file describes, per seed. The file has no cases: they are made from
 * `exact_final_regret_first_20_seeds`. Its note on LinUCB allows other solvers two misses of twenty; none is needed. The policies that
 * draw are held against the file's means by `npm run simulate -- regret`.
 */
import { contestant } from '../../simulation/bandit-worlds/contestants.ts';
import { firstSeed, isRegret, isWorld, type References } from '../../simulation/bandit-worlds/references.ts';
import type { WorldSpec } from '../../simulation/bandit-worlds/worlds.ts';
import { goldenAdapter, type GoldenCase } from '../adapter.ts';

interface Input {
  readonly policy: string;
  readonly world: WorldSpec;
  readonly seeds: readonly number[];
}

interface Expected {
  readonly finalRegret: readonly number[];
}

const casesOf = (file: References): readonly GoldenCase<Input, Expected>[] =>
  Object.entries(file.results).flatMap(([env, policies]) =>
    Object.entries(policies).flatMap(([policy, reference]) => {
      const world = file.envs[env]!;
      if (!isRegret(reference) || !isWorld(world)) return [];
      const finalRegret = reference.exact_final_regret_first_20_seeds;
      if (finalRegret === undefined) return [];
      const seeds = finalRegret.map((_, i) => firstSeed(file) + i);
      return [
        { id: `${policy} in ${env}`, tags: [], input: { policy, world, seeds }, expected: { finalRegret } },
      ];
    }),
  );

export const adapter = goldenAdapter<Input, Expected>({
  family: 'bandit_regret',
  casesOf: (file) => ({
    family: 'bandit_regret',
    tolerance: { abs: 1e-4, rel: 0 },
    cases: casesOf(file as Partial<References> as References),
  }),
  answer: ({ policy, world, seeds }) => {
    const play = contestant(policy, world);
    return { finalRegret: seeds.map((seed) => play(seed, 1, [world.T])[0]!) };
  },
});
