/** Choosing and learning of the bandits, and off-policy estimates, against MABWiser. */
import {
  betaThompson,
  epsilonGreedy,
  estimateOffPolicy,
  gaussianThompson,
  linearThompson,
  linUcb,
  qLearning,
  ucb1,
  type BanditPolicy,
} from '../../../src/bandits/index.ts';
import type { HotFunction } from './hot-function.ts';
import type { Inputs } from './inputs.ts';

const ARMS = 5;
const DIMENSION = 8;
const HISTORY = 200;

interface Past<X> {
  readonly arms: readonly number[];
  readonly rewards: readonly number[];
  readonly contexts: readonly X[];
}

/** `choose` on what was learned from the past, and `learn` of one more reward. */
const pairOf = <S, X>(
  name: string,
  policy: BanditPolicy<S, X>,
  past: Past<X>,
  { random }: Inputs,
  mabwiser: string | null,
): readonly HotFunction[] => {
  const state = past.arms.reduce(
    (s, arm, i) => policy.learn(s, past.contexts[i]!, arm, past.rewards[i]!),
    policy.start(ARMS),
  );
  const context = past.contexts[0]!;
  const reference = (does: 'choose' | 'learn') =>
    mabwiser === null
      ? {}
      : {
          reference: {
            name: `mabwiser ${mabwiser} ${does === 'choose' ? 'predict' : 'partial_fit'}`,
            task: 'bandit',
            input: {
              kind: mabwiser,
              does,
              arms: ARMS,
              arms_played: past.arms,
              rewards: past.rewards,
              contexts: past.contexts,
            },
          },
        };
  const size = Array.isArray(context) ? `${ARMS} arms, ${DIMENSION} features` : `${ARMS} arms`;
  return [
    {
      name: `${name}Choose`,
      call: size,
      run: () => policy.choose(state, context, random),
      calls: 1,
      ...reference('choose'),
    },
    {
      name: `${name}Learn`,
      call: size,
      run: () => policy.learn(state, context, 1, 1),
      calls: 1,
      ...reference('learn'),
    },
  ];
};

export const learning = (inputs: Inputs): readonly HotFunction[] => {
  const { uniform, normal } = inputs;
  const arms = Array.from({ length: HISTORY }, (_, i) => i % ARMS);
  const rewards = uniform(HISTORY).map((u, i) => (u < 0.5 + 0.05 * arms[i]! ? 1 : 0));
  const plain: Past<null> = { arms, rewards, contexts: arms.map(() => null) };
  const contextual: Past<readonly number[]> = { arms, rewards, contexts: arms.map(() => normal(DIMENSION)) };
  const log = uniform(1000, 0.05, 0.95).map((propensity, i) => ({
    propensity,
    targetProbability: 0.5,
    reward: i % 3 === 0 ? 1 : 0,
    qHat: 0.4,
    vHat: 0.45,
  }));
  const q = qLearning({ states: 50, actions: ARMS, alpha: 0.1, gamma: 0.9 });
  const table = q.start();
  return [
    ...pairOf('thompson', betaThompson(), plain, inputs, 'ThompsonSampling'),
    ...pairOf('ucb1', ucb1(), plain, inputs, 'UCB1'),
    ...pairOf('epsilonGreedy', epsilonGreedy({ epsilon: 0.1 }), plain, inputs, 'EpsilonGreedy'),
    ...pairOf('gaussianThompson', gaussianThompson({ sd: 0.5 }), plain, inputs, null),
    ...pairOf('linUcb', linUcb({ dimension: DIMENSION }), contextual, inputs, 'LinUCB'),
    ...pairOf('linearThompson', linearThompson({ dimension: DIMENSION }), contextual, inputs, 'LinTS'),
    {
      name: 'qLearn',
      call: '50 states, 5 actions',
      run: () => q.learn(table, { state: 3, action: 1, reward: 1, next: 4 }),
      calls: 1,
    },
    {
      name: 'offPolicy',
      call: 'IPS, SNIPS, DM and DR of 1,000 rows',
      run: () => estimateOffPolicy(log),
      calls: 1,
    },
  ];
};
