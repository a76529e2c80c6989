/** The public names of the decisions: pure functions that explain what they chose. */
export { canonicalJson, type Json } from './canonical-json.ts';
export {
  isUntouched,
  recordDecision,
  type DecisionBasis,
  type DecisionRecord,
  type HashText,
} from './decision-record.ts';
