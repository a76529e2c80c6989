/** The public names of the decisions: pure functions that explain what they chose. */
export { canonicalJson, type Json } from './canonical-json.ts';
export {
  chooseCandidate,
  MIN_PAIRS,
  type CandidateReport,
  type Choice,
  type ChoiceInput,
} from './choose-candidate.ts';
export {
  isUntouched,
  recordDecision,
  type DecisionBasis,
  type DecisionRecord,
  type HashText,
} from './decision-record.ts';
export {
  concludeExperiment,
  designOf,
  exploreSegments,
  foldMsOf,
  judgeLook,
  pieceMsOf,
  planSizing,
  totalsOfWindow,
  type DesignPieces,
  type Judgement,
  type LookInput,
  type PeriodWindow,
  type SegmentExploration,
  type SizingBaseline,
  type SizingInput,
  type ToConclude,
} from './experiments/index.ts';
export {
  constrainedChoice,
  type ConstrainedChoice,
  type ConstrainedInput,
  type Limit,
} from './multi-objective/constrained-choice.ts';
export {
  weightedChoice,
  type Scale,
  type WeightedChoice,
  type WeightedInput,
  type WeightedScore,
} from './multi-objective/weighted-choice.ts';
export {
  objectiveWeights,
  WEIGHT_PRESETS,
  type ObjectiveWeights,
  type WeightPreset,
} from './multi-objective/weights.ts';
export {
  comparePaired,
  recordedOf,
  type PairedComparison,
  type Recorded,
  type RecordedAnswer,
} from './paired-outcomes.ts';
export { candidateRange, normalise, requestAllowance, type Normalization } from './reward/normalization.ts';
export {
  QUALITY_WEIGHTS,
  scoreQuality,
  type Evidence,
  type QualityScore,
  type QualityWeights,
} from './reward/quality-score.ts';
export { REWARD_V1_LIMITS, rewardV1, type RewardV1, type RewardV1Limits } from './reward/reward-v1.ts';
export {
  qualityPaidBy,
  rewardV2,
  type RewardOptions,
  type RewardPart,
  type RewardV2,
} from './reward/reward-v2.ts';
export { dwellToUnit, ratingToUnit, type RewardSignals, type SignalGroup } from './reward/signals.ts';
export { calibrationOf, type Calibration, type Prediction } from './routing/calibration.ts';
export type { RouterComparison } from './routing/compare-routers.ts';
export type { RoutingOutcome } from './routing/outcome-table.ts';
export { retrainRouter, type Retraining, type RetrainOptions } from './routing/retrain.ts';
export { routeRequest, type Route } from './routing/route-request.ts';
export { trainRouter, type Router, type RouterOptions } from './routing/router.ts';
export { ROUTING_MIN_QUERIES, type RoutedDifference } from './routing/trade-off.ts';
export { centeredDiscrepancy, isLatinHypercube, smallestDistance } from './search/design-quality.ts';
export { gridOf, gridOver, LARGEST_GRID } from './search/grid.ts';
export {
  latinHypercube,
  LARGEST_SAMPLE,
  MAXIMIN_CANDIDATES,
  maximinLatinHypercube,
  spreadConfigurations,
} from './search/latin-hypercube.ts';
export { drawConfigurations } from './search/random-search.ts';
export { configurationAt, type Configuration, type Dimension, type Value } from './search/space.ts';
