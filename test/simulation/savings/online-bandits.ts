/**
 * The contextual bandits: one pass over the training requests, seeing only the answer of the model they play, then frozen and playing
 * what they expect to be best. They know a reward, not a bound on quality, so the reward's cost weight (and how much they explore) is chosen within the training
 * requests: on folds of them, as what saves most at no loss of quality there.
 */
import {
  betaThompson,
  linUcb,
  linearEpsilonGreedy,
  linearThompson,
  type LinearPolicy,
  type TotalsState,
} from '../../../src/bandits/index.ts';
import { candidateRange, rewardV2, type Normalization } from '../../../src/decision/index.ts';
import type { Random } from '../../../src/math/index.ts';
import { shuffled, type Query, type RecordedQueries } from './data.ts';
import { evaluate, type Chooser, type HeldOut } from './held-out.ts';

type Reward = (query: Query, model: number) => number;

/** A pass over requests: what was played, and the frozen policy after it. */
interface Pass {
  readonly played: Chooser;
  readonly frozen: Chooser;
}

type Learner = (stream: readonly Query[], models: number, reward: Reward, random: Random) => Pass;

const argMax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

const playedOf =
  (plays: ReadonlyMap<string, number>): Chooser =>
  ({ queryId }) =>
    plays.get(queryId)!;

const linearLearner =
  (policyOf: (dimension: number) => LinearPolicy): Learner =>
  (stream, models, reward, random) => {
    const dimension = stream[0]!.features.length;
    const policy = policyOf(dimension);
    const plays = new Map<string, number>();
    let state = policy.start(models);
    for (const query of stream) {
      const { arm } = policy.choose(state, query.features, random);
      plays.set(query.queryId, arm);
      state = policy.learn(state, query.features, arm, reward(query, arm));
    }
    const [end, greedy] = [state, linearEpsilonGreedy({ dimension, epsilon: 0 })];
    return { played: playedOf(plays), frozen: ({ features }) => greedy.choose(end, features, random).arm };
  };

/** Thompson sampling without features: one posterior per task type. */
const perTaskThompson: Learner = (stream, models, reward, random) => {
  const policy = betaThompson();
  const states = new Map<string, TotalsState>();
  const plays = new Map<string, number>();
  for (const query of stream) {
    const state = states.get(query.taskType) ?? policy.start(models);
    const { arm } = policy.choose(state, null, random);
    plays.set(query.queryId, arm);
    states.set(query.taskType, policy.learn(state, null, arm, reward(query, arm)));
  }
  return {
    played: playedOf(plays),
    frozen: ({ taskType }) =>
      argMax((states.get(taskType) ?? policy.start(models)).arms.map(({ n, sum }) => (sum + 1) / (n + 2))),
  };
};

/** How much each explores, at most two settings, tried within the training requests. */
export const LEARNERS: Readonly<Record<string, readonly Learner[]>> = {
  linucb: [0.1, 0.4].map((alpha) => linearLearner((dimension) => linUcb({ dimension, alpha }))),
  linearThompson: [0.1, 0.4].map((v) => linearLearner((dimension) => linearThompson({ dimension, v }))),
  linearEpsilonGreedy: [0.1, 0.3].map((epsilon) =>
    linearLearner((dimension) => linearEpsilonGreedy({ dimension, epsilon })),
  ),
  perTaskThompson: [perTaskThompson],
};

const COST_WEIGHTS = [0, 0.02, 0.05, 0.1, 0.2];
const FOLDS = 3;
const SAFETY = 0.5;

const rewardBy =
  (cost: Normalization | null, costWeight: number): Reward =>
  ({ answers }, model) => {
    const { quality, costUsd } = answers[model]!;
    const weights = { quality: 1 - costWeight, cost: costWeight, latency: 0 };
    const found = rewardV2({ quality, costUsd }, { weights, cost, latency: null });
    return found.ok ? found.value.reward : 0;
  };

/** The range of what the models cost on average: what a price list tells beforehand. */
const rangeOf = (queries: readonly Query[], models: number): Normalization | null =>
  candidateRange(
    Array.from(
      { length: models },
      (_, k) => queries.reduce((sum, { answers }) => sum + answers[k]!.costUsd, 0) / queries.length,
    ),
  );

/** On each fold, what a pass over the others would do there, over all folds together. */
const crossValidated = (
  train: readonly Query[],
  recorded: RecordedQueries,
  learner: Learner,
  reward: Reward,
  random: Random,
): HeldOut => {
  const choice = new Map<string, number>();
  for (let fold = 0; fold < FOLDS; fold++) {
    const rest = train.filter((_, i) => i % FOLDS !== fold);
    const { frozen } = learner(rest, recorded.models.length, reward, random);
    train.forEach((query, i) => i % FOLDS === fold && choice.set(query.queryId, frozen(query)));
  }
  return evaluate(train, recorded, playedOf(choice));
};

/** What a learner came to in one pass, and in ten over the same requests in new orders. */
export interface Learned extends Pass {
  readonly tenPasses: Chooser;
}

const PASSES = 10;

/** The learner with the setting that saved most at no loss within the training requests; where none did, with the one that lost least. */
export const learnOnline = (
  train: readonly Query[],
  recorded: RecordedQueries,
  learners: readonly Learner[],
  random: Random,
): Learned => {
  const cost = rangeOf(train, recorded.models.length);
  const tried = learners.flatMap((learner) =>
    COST_WEIGHTS.map((costWeight) => {
      const reward = rewardBy(cost, costWeight);
      const { saved, qualityDiff, standardError } = crossValidated(train, recorded, learner, reward, random);
      return { learner, reward, saved, surplus: qualityDiff - SAFETY * standardError };
    }),
  );
  const safe = tried.filter(({ surplus }) => surplus >= 0);
  const best =
    safe.length > 0
      ? safe.reduce((a, b) => (b.saved > a.saved ? b : a))
      : tried.reduce((a, b) => (b.surplus > a.surplus ? b : a));
  const again = Array.from({ length: PASSES }, () => shuffled(train, random)).flat();
  return {
    ...best.learner(train, recorded.models.length, best.reward, random),
    tenPasses: best.learner(again, recorded.models.length, best.reward, random).frozen,
  };
};
