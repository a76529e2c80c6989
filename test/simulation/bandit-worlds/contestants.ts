/** The policies of the golden file `bandit_regret` by the names that it gives them, each ready to play in a world of the file. */
import {
  betaThompson,
  decayedEpsilonGreedy,
  epsilonGreedy,
  gaussianThompson,
  normalGammaThompson,
  topTwoThompson,
  ucb1,
  uniformRandom,
  type BanditPolicy,
  type TotalsState,
} from '../../../src/bandits/index.ts';
import { mulberry32At, randomFromSeed, type Random } from '../../../src/math/index.ts';
import { regretOf, type World } from './world.ts';
import { bernoulliWorld, gaussianWorld, linearWorld, switchWorld, type WorldSpec } from './worlds.ts';

/** Regret in the world of a seed after each checkpoint. `seed` moves what the policy draws, not the world. */
export type Play = (worldSeed: number, seed: number, checkpoints: readonly number[]) => readonly number[];

/** Neighbouring seeds begin alike, so the seed is hashed and the first numbers of the stream are thrown away. */
export const streamOf = (worldSeed: number, seed: number): Random => {
  const random = randomFromSeed(Math.floor(mulberry32At(seed, worldSeed) * 2 ** 32));
  for (let i = 0; i < 32; i++) random.next();
  return random;
};

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

/**
 * The policy of a reference's name in the world that `spec` describes.
 * @throws Error when there is no such policy.
 */
export const contestant = (reference: string, spec: WorldSpec): Play => {
  const { name, parameter } = parsed(reference);
  const plain = contextFree[name]?.(parameter, 'sd' in spec ? spec.sd : 1);
  if ('theta' in spec) {
    const world = linearWorld(spec);
    const play = plain ? playing(ignoringContext(plain), world) : null;
    if (play) return play;
  } else if (plain) {
    if ('mean' in spec) return playing(plain, gaussianWorld(spec));
    return playing(plain, 'p' in spec ? bernoulliWorld(spec) : switchWorld(spec));
  }
  throw new Error(`no policy is called ${reference}`);
};
