/** The experiment as data: state, what changes it, and what it does next. */
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
  ProviderPhases,
  Weights,
} from './state.ts';
