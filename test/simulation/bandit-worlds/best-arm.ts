/** One search for the best arm of a Bernoulli world: how many plays each stopping rule asks for, and which arm it names. */
import {
  allocation,
  betaThompson,
  glrStop,
  posteriorStop,
  t3c,
  topTwoThompson,
  type StopVerdict,
  type TotalsPolicy,
} from '../../../src/bandits/index.ts';
import type { Random } from '../../../src/math/random.ts';
import type { BestArmSpec } from './references.ts';
import { bernoulliWorld } from './worlds.ts';

const MODEL = { kind: 'bernoulli' } as const;
const INITIAL_PLAYS = 20;
const GLR_EVERY = 5;
const POSTERIOR_FROM = 100;
const POSTERIOR_EVERY = 50;
const POSTERIOR_DRAWS = 2000;

/** Ways to choose plays, by the references' names. `uniform` plays the arms in turn, `thompson` always plays the leader. */
export const searchers: Readonly<Record<string, (spec: BestArmSpec) => TotalsPolicy>> = {
  uniform: ({ max }) => t3c({ model: MODEL, initialPlays: max }),
  't3c_0.5': () => t3c({ model: MODEL, initialPlays: INITIAL_PLAYS }),
  'ttts_t3c_0.5': () => topTwoThompson({ model: MODEL, initialPlays: INITIAL_PLAYS, redraws: 20 }),
  thompson: () => topTwoThompson({ model: MODEL, initialPlays: INITIAL_PLAYS, leaderShare: 1, redraws: 0 }),
};

/** Plays until a rule stopped and the arm it named; null when it had not by the end. */
export type Stopped = { readonly plays: number; readonly arm: number } | null;

export interface Search {
  readonly glr: Stopped;
  readonly proven: Stopped;
  readonly posterior: Stopped;
}

/** Plays until every rule has stopped, or `spec.max` times. The rules are asked in the rhythm of the references. */
export const search = (
  policy: TotalsPolicy,
  spec: BestArmSpec,
  worldSeed: number,
  random: Random,
): Search => {
  const world = bernoulliWorld({ p: spec.p, T: spec.max });
  const beliefs = betaThompson();
  const found: { glr: Stopped; proven: Stopped; posterior: Stopped } = {
    glr: null,
    proven: null,
    posterior: null,
  };
  let state = policy.start(spec.p.length);
  for (let t = 0; t < spec.max; t++) {
    const { arm } = policy.choose(state, null, random);
    state = policy.learn(state, null, arm, world.rewardOf(worldSeed, t, arm, null));
    const ask = (rule: keyof Search, every: number, from: number, judge: () => StopVerdict): void => {
      if (found[rule] !== null || t < from || t % every !== 0) return;
      const { stop, best } = judge();
      if (stop) found[rule] = { plays: t + 1, arm: best };
    };
    const { delta } = spec;
    const glrFrom = INITIAL_PLAYS * spec.p.length;
    ask('glr', GLR_EVERY, glrFrom, () => glrStop(state, { delta, model: MODEL }));
    ask('proven', GLR_EVERY, glrFrom, () => glrStop(state, { delta, model: MODEL, threshold: 'proven' }));
    ask('posterior', POSTERIOR_EVERY, POSTERIOR_FROM, () =>
      posteriorStop(allocation(beliefs, state, null, random, { draws: POSTERIOR_DRAWS }).shares),
    );
    if (found.glr && found.proven && found.posterior) break;
  }
  return found;
};
