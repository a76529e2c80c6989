/**
 * What a rollout does next. Pure: the same state and time always give the same action, also after a restart.
 */
import { onBackup } from './backup.ts';
import { nextShadowAction, type ShadowAction } from './shadow.ts';
import { triedAgainAtMs } from './standstill.ts';
import { approvalEndsMs, keepsTable, type RolloutState } from './state.ts';

export type RolloutAction =
  | { readonly kind: 'wait'; readonly untilMs: number | null }
  | { readonly kind: 'expireApproval' }
  | { readonly kind: 'setWeight'; readonly weightPct: number }
  | Extract<ShadowAction, { kind: 'setShadow' }>
  | { readonly kind: 'look' }
  /** Serves the backup model, or renews its lease. */
  | { readonly kind: 'routeToBackup' }
  | { readonly kind: 'leaveBackup' }
  | { readonly kind: 'runOutOfTime' }
  | { readonly kind: 'promote' }
  | { readonly kind: 'takeBack' }
  /** This run has written nothing: only what a run before it has left may be there to be taken back. */
  | { readonly kind: 'closeUntouched' }
  | { readonly kind: 'finish' };

/** Actions that need nobody: they are what happened. */
export const AS_EVENT = {
  expireApproval: 'approvalExpired',
  runOutOfTime: 'timeRanOut',
  closeUntouched: 'takenBack',
} as const;

export function nextRolloutAction(state: RolloutState, nowMs: number): RolloutAction {
  const { plan } = state;
  if (onBackup(state)) return onTheBackupRoute(state, nowMs);
  const againAtMs = triedAgainAtMs(state);
  if (nowMs < againAtMs) return waiting(state, nowMs, againAtMs);
  switch (state.phase) {
    case 'ended':
      return { kind: 'finish' };
    case 'rollingBack':
      return state.revision === 0 ? { kind: 'closeUntouched' } : { kind: 'takeBack' };
    case 'promoting':
      return isHeldBack(state) ? waiting(state, nowMs) : { kind: 'promote' };
    case 'awaitingApproval': {
      const untilMs = plan.admittedAtMs + plan.approvalTimeoutMs;
      return nowMs >= untilMs ? { kind: 'expireApproval' } : { kind: 'wait', untilMs };
    }
    case 'shadowing':
      return nextShadowAction(state, nowMs, endsAtMs(state));
    case 'applying':
      return applying(state, nowMs);
    case 'soaking': {
      if (nowMs >= endsAtMs(state)) return { kind: 'runOutOfTime' };
      const askedUntilMs = approvalEndsMs(state);
      if (nowMs >= askedUntilMs) return { kind: 'expireApproval' };
      const lookAtMs = state.nextLookAtMs ?? nowMs;
      if (nowMs >= lookAtMs) return { kind: 'look' };
      return { kind: 'wait', untilMs: Math.min(lookAtMs, askedUntilMs, endsAtMs(state)) };
    }
  }
}

/**
 * A held rollout writes no weight: what it served goes when its lease ends. A paused one whose weight is gone (never set, or the lease ran out)
 * waits as well; otherwise the step that was decided before the pause is applied, which also renews the lease, and the pause then holds that step.
 */
function applying(state: RolloutState, nowMs: number): RolloutAction {
  if (nowMs >= endsAtMs(state)) return { kind: 'runOutOfTime' };
  const isHeld = state.held !== null && keepsTable(state.plan, 3);
  if (isHeld || ((state.paused || state.held) && state.weightPct === 0))
    return { kind: 'wait', untilMs: endsAtMs(state) };
  const weightPct = state.plan.steps[state.stepIndex];
  if (weightPct === undefined)
    throw new RangeError(`stepIndex: ${state.stepIndex} is given, expected a step of the plan`);
  return { kind: 'setWeight', weightPct };
}

/** A promotion that an anomaly has held. Plans of before there was a backup route went on regardless. */
function isHeldBack({ plan, held }: RolloutState): boolean {
  return plan.backup !== undefined && held !== null;
}

/** Until then, unless somebody says something, or time runs out. */
function waiting(state: RolloutState, nowMs: number, thenMs = Infinity): RolloutAction {
  const endMs = endsAtMs(state);
  return nowMs >= endMs ? { kind: 'runOutOfTime' } : { kind: 'wait', untilMs: Math.min(thenMs, endMs) };
}

/** Nothing is looked at meanwhile: neither arm is served. What runs out ends the rollout as ever, on the stable configuration. */
function onTheBackupRoute(state: RolloutState, nowMs: number): RolloutAction {
  const { plan, phase, nextLookAtMs } = state;
  const renewAtMs = nextLookAtMs ?? nowMs;
  const askedUntilMs = phase === 'awaitingApproval' ? plan.admittedAtMs + plan.approvalTimeoutMs : Infinity;
  if (nowMs >= endsAtMs(state)) return { kind: 'runOutOfTime' };
  if (nowMs >= askedUntilMs) return { kind: 'expireApproval' };
  if (onBackup(state)?.stage === 'leaving') return { kind: 'leaveBackup' };
  if (nowMs >= renewAtMs) return { kind: 'routeToBackup' };
  return { kind: 'wait', untilMs: Math.min(renewAtMs, askedUntilMs, endsAtMs(state)) };
}

function endsAtMs(state: RolloutState): number {
  return state.plan.admittedAtMs + state.plan.maxRolloutMs;
}
