/** The policies of the golden file `bandit_regret` by the names that it gives them, each ready to play in a world of the file. */
import {
  betaThompson,
  decayedEpsilonGreedy,
  epsilonGreedy,
  gaussianThompson,
  linearEpsilonGreedy,
  linearThompson,
  linUcb,
  normalGammaThompson,
  topTwoThompson,
  ucb1,
  uniformRandom,
  type BanditPolicy,
  type TotalsState,
} from '../../../src/bandits/index.ts';
import { randomFromSeed, type Random } from '../../../src/math/index.ts';
import { regretOf, type World } from './world.ts';
import { bernoulliWorld, gaussianWorld, linearWorld, switchWorld, type WorldSpec } from './worlds.ts';

/** Regret in the world of a seed after each checkpoint. `seed` moves what the policy draws, not the world. */
export type Play = (worldSeed: number, seed: number, checkpoints: readonly number[]) => readonly number[];

/** What a policy draws in a world. */
export const streamOf = (worldSeed: number, seed: number): Random =>
  randomFromSeed(seed * 1_000_003 + worldSeed);

const playing =
  <S, X>(policy: BanditPolicy<S, X>, world: World<X>): Play =>
  (worldSeed, seed, checkpoints) =>
    regretOf(policy, world, worldSeed, streamOf(worldSeed, seed), checkpoints);

const ignoringContext = <S>(policy: BanditPolicy<S, null>): BanditPolicy<S, unknown> => ({
  name: policy.name,
  start: policy.start,
  arms: policy.arms,
  choose: (state, _context, random) => policy.choose(state, null, random),
  learn: (state, _context, arm, reward) => policy.learn(state, null, arm, reward),
  merge: policy.merge,
});

const BERNOULLI = { kind: 'bernoulli' } as const;

/** Policies without context, by name and the number that ends it. */
const contextFree: Readonly<
  Record<string, (parameter: number, sd: number) => BanditPolicy<TotalsState, null>>
> = {
  random: () => uniformRandom(),
  greedy: () => epsilonGreedy({ epsilon: 0 }),
  eps_greedy: (epsilon) => epsilonGreedy({ epsilon }),
  eps_decay: () => decayedEpsilonGreedy({ c: 5 }),
  ucb1: () => ucb1(),
  ucb1_sd: (_, sd) => ucb1({ c: sd }),
  thompson: () => betaThompson(),
  thompson_discount: (discount) => betaThompson({ discount }),
  thompson_nocontext: () => betaThompson(),
  ttts: (leaderShare) =>
    topTwoThompson({ model: BERNOULLI, leaderShare, initialPlays: 0, redraws: 200, whenNoneWins: 'leader' }),
  gauss_thompson_known_sd: (_, sd) => gaussianThompson({ sd }),
  gauss_thompson_nig: () => normalGammaThompson(),
};

/** A policy's name and parameter from a reference's: `linucb_0.5` is linucb with .5. */
const parsed = (reference: string): { readonly name: string; readonly parameter: number } => {
  const [, name = reference, parameter] = /^(.*)_([\d.]+)$/u.exec(reference) ?? [];
  return { name, parameter: Number(parameter) };
};

const linear = (
  name: string,
  parameter: number,
  dimension: number,
  world: World<readonly number[]>,
): Play | null => {
  const shape = { lambda: 1, dimension };
  if (name === 'linucb') return playing(linUcb({ alpha: parameter, ...shape }), world);
  if (name === 'lints') return playing(linearThompson({ v: parameter, ...shape }), world);
  if (name === 'lin_eps_greedy') return playing(linearEpsilonGreedy({ epsilon: parameter, ...shape }), world);
  return null;
};

/**
 * The policy of a reference's name in the world that `spec` describes.
 * @throws Error when there is no such policy.
 */
export const contestant = (reference: string, spec: WorldSpec): Play => {
  const { name, parameter } = parsed(reference);
  const plain = contextFree[name]?.(parameter, 'sd' in spec ? spec.sd : 1);
  if ('theta' in spec) {
    const world = linearWorld(spec);
    const play = plain
      ? playing(ignoringContext(plain), world)
      : linear(name, parameter, spec.theta[0]!.length, world);
    if (play) return play;
  } else if (plain) {
    if ('mean' in spec) return playing(plain, gaussianWorld(spec));
    return playing(plain, 'p' in spec ? bernoulliWorld(spec) : switchWorld(spec));
  }
  throw new Error(`no policy is called ${reference}`);
};
