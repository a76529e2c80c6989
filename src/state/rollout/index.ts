/** The canary rollout as data: state, what changes it, and what it does next. */
export type { Look, LookGates, RolloutEvent } from './events.ts';
export type {
  AbsoluteLimits,
  BackupRoute,
  PartHashes,
  RolloutOutcome,
  RolloutPhase,
  LeasedBy,
  RolloutPlan,
  RolloutState,
  StepRecord,
} from './state.ts';
export { pairsOf } from './shadow.ts';
export type { ShadowLook, ShadowPlan, ShadowState } from './shadow-state.ts';
export type { RolloutAction } from './next-action.ts';
export type { Answer } from './receive.ts';
export { asksForCycle, diverts, isApart, isLate } from './backup.ts';
export { CONDITIONS, type Condition, type ConditionName } from './conditions.ts';
export {
  DECISION_TABLE,
  FINDINGS,
  STANDINGS,
  findingOf,
  type Decision,
  type Finding,
  type Standing,
} from './decision-table.ts';
export { noticeOf, rolloutNotices, type RolloutNotice } from './notices.ts';
export { progressOf, type StepProgress } from './progress.ts';
export { AS_EVENT, nextRolloutAction } from './next-action.ts';
export { receiveMessage } from './receive.ts';
export { replacementInput } from './replacement.ts';
export { reduceRollout } from './reduce.ts';
export { passesFreeze } from './standstill.ts';
export { keepsTable, startRollout, upgradeRolloutState } from './state.ts';
