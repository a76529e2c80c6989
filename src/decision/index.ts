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
