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
  comparePaired,
  recordedOf,
  type PairedComparison,
  type Recorded,
  type RecordedAnswer,
} from './paired-outcomes.ts';
