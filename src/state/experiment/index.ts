/** The experiment as data: state, what changes it, and what it does next. */
export { experimentIdOf } from './experiment-id.ts';
export type { ExperimentEvent, ExperimentTick, JudgedLook } from './events.ts';
export type {
  Allocation,
  AllocationPeriod,
  ArmTotals,
  ExperimentArm,
  ExperimentConclusion,
  ExperimentEnding,
  ExperimentOutcome,
  ExperimentPhase,
  ExperimentPlan,
  ExperimentRunState,
  ExperimentSizing,
  ProviderPhases,
  ReturningUnits,
  WeighedPair,
  Weights,
} from './state.ts';
export { asked, inForce, onlyFalls, wantsArms } from './allocation.ts';
export {
  EXPERIMENT_FINDINGS,
  EXPERIMENT_STANDINGS,
  EXPERIMENT_TABLE,
  experimentFindingOf,
  type ExperimentDecision,
  type ExperimentFinding,
  type ExperimentStanding,
} from './decision-table.ts';
export { besideControl } from './beside-control.ts';
export { isLateForExperiment } from './is-late.ts';
export { leadingVariant } from './conclusions.ts';
export {
  EXPERIMENT_AS_EVENT,
  interruptsExperiment,
  isLastTick,
  nextExperimentAction,
  type ExperimentAction,
} from './next-action.ts';
export { experimentNoticeOf, experimentNotices, type ExperimentNotice } from './notices.ts';
export { experimentProgress, type ExperimentProgress } from './progress.ts';
export { receiveExperimentMessage, type ExperimentAnswer, type ExperimentReceived } from './receive.ts';
export { reduceExperiment } from './reduce.ts';
export { endsAtMs, keepsExperimentTable, startExperimentRun, upgradeExperimentState } from './state.ts';
