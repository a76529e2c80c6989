/** Tuning of parameters: what to try, how much traffic it gets, what is out. */
export {
  armsLeft,
  foldElimination,
  startElimination,
  type ArmCounts,
  type EliminationState,
} from './elimination.ts';
export {
  CONTROL,
  proposeParameters,
  type ParameterProposal,
  type ParameterQuestion,
  type ProposedSetting,
} from './propose-parameters.ts';
export { TASK_DEFAULTS, type Setting } from './task-defaults.ts';
export { openingWeights, weightsOfThoseLeft, type ArmWeights, type WeighedArm } from './weights.ts';
