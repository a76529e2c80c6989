/** The experiment as data: state, what changes it, and what it does next. */
export { experimentIdOf } from './experiment-id.ts';
export type { ExperimentEvent, ExperimentTick, JudgedLook } from './events.ts';
export type {
  AllocationPeriod,
  ArmTotals,
  ExperimentArm,
  ExperimentConclusion,
  ExperimentOutcome,
  ExperimentPhase,
  ExperimentPlan,
  ExperimentRunState,
  ExperimentSizing,
  Weights,
} from './state.ts';
