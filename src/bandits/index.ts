/** The public names of the bandits: policies as pure functions, and what can be said of their logs. */
export { allocation, ALLOCATION_DRAWS, drawFromShares, type Allocation } from './allocation.ts';
export { fadeTotals, mergeTotals, type ArmTotals, type TotalsState } from './arm-totals.ts';
export type { RewardModel } from './best-arm/reward-model.ts';
export { glrStop, posteriorStop, type GlrOptions, type StopVerdict } from './best-arm/stop.ts';
export { t3c, topTwoThompson, type TopTwoOptions } from './best-arm/top-two.ts';
export { betaThompson, UNIFORM_PRIOR, type BetaPrior } from './beta-thompson.ts';
export { decayedEpsilonGreedy, epsilonGreedy } from './epsilon-greedy.ts';
export {
  featuresV1,
  TYPICAL_COMPLEXITY,
  TYPICAL_TOKENS,
  type FeatureEncoding,
  type RequestFeatures,
} from './features/features-v1.ts';
export type { FeatureVocabulary } from './features/vocabulary.ts';
export { gaussianThompson, type NormalPrior } from './gaussian-thompson.ts';
export { linUcb, linUcbScores } from './linear/lin-ucb.ts';
export { linearEpsilonGreedy } from './linear/linear-epsilon-greedy.ts';
export type { LinearOptions, LinearPolicy } from './linear/linear-policy.ts';
export { linearThompson } from './linear/linear-thompson.ts';
export {
  bayesianScale,
  linearEstimates,
  linearPosterior,
  type LinearEstimate,
  type LinearPosterior,
} from './linear/posterior.ts';
export { fadeLinear, type LinearArm, type LinearState } from './linear/state.ts';
export { normalGammaThompson, type NormalGammaPrior } from './normal-gamma-thompson.ts';
export { estimateOffPolicy, type Estimate, type OffPolicyEstimates } from './off-policy/estimates.ts';
export type { LoggedDecision } from './off-policy/log.ts';
export {
  judgeOffPolicy,
  OPE_MIN_ESS,
  OPE_MIN_ESS_SHARE,
  type OffPolicyRefusal,
  type OffPolicyVerdict,
} from './off-policy/verdict.ts';
export type { BanditPolicy, Choice } from './policy.ts';
export { qLearning, type QLearning, type QTable, type Transition } from './q-learning.ts';
export type { TotalsPolicy } from './totals-policy.ts';
export { ucb1 } from './ucb1.ts';
export { uniformRandom } from './uniform-random.ts';
export { withFloor } from './with-floor.ts';
