/** Tuning of parameters: what to try, and how much traffic it gets. */
export {
  CONTROL,
  proposeParameters,
  type ParameterProposal,
  type ParameterQuestion,
  type ProposedSetting,
} from './propose-parameters.ts';
export { TASK_DEFAULTS, type Setting } from './task-defaults.ts';
export { openingWeights, type ArmWeights, type WeighedArm } from './weights.ts';
