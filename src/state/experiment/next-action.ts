/**
 * What an experiment does next. Pure: the same state and time always give the same action, also after a restart. `nowMs` is time as far as
 * the history proves it (what activities reported, when fired timers were due), never a handler's clock.
 */
import { isUnsettled, mayWrite, toWrite, waitsForStandstill, wantsArms } from './allocation.ts';
import { graduates } from './ending.ts';
import { stillUntilMs, winnerIsStill } from './standstill.ts';
import { endsAtMs, isStopped, type ExperimentRunState, type Weights } from './state.ts';

export type ExperimentAction =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'expireApproval' }
  | {
      readonly kind: 'setArms';
      readonly weights: Weights;
      readonly exposedPct: number;
      readonly why: string;
    }
  /** The stable configuration for everybody; the experiment goes on. */
  | { readonly kind: 'takeArmsAway' }
  /** Renews the lease, and looks when `judge` says so. */
  | { readonly kind: 'tick'; readonly judge: boolean }
  | { readonly kind: 'raiseExposure' }
  | { readonly kind: 'runOutOfTime' }
  /** `untouched`: this run has written nothing. Of one that was reset, the run before may have. */
  | { readonly kind: 'restore'; readonly untouched: boolean }
  | { readonly kind: 'graduate'; readonly variant: string; readonly byHand: boolean }
  | { readonly kind: 'callOffGraduation' }
  | { readonly kind: 'finish' };

/** Actions that need nobody: they are what happened. `runOutOfTime` is `timeRanOut`, which may carry a conclusion. */
export const EXPERIMENT_AS_EVENT = {
  expireApproval: 'approvalExpired',
  raiseExposure: 'rampDue',
  callOffGraduation: 'graduationCalledOff',
} as const;

export function nextExperimentAction(state: ExperimentRunState, nowMs: number): ExperimentAction {
  switch (state.phase) {
    case 'ended':
      return { kind: 'finish' };
    case 'restoring':
      return { kind: 'restore', untouched: state.revision === 0 };
    case 'graduating': {
      const { ending } = state;
      return graduates(state) && ending?.variant != null
        ? { kind: 'graduate', variant: ending.variant, byHand: ending.byHand === true }
        : { kind: 'callOffGraduation' };
    }
    case 'awaitingApproval':
    case 'awaitingGraduation':
      if (nowMs >= limitMs(state)) return { kind: 'expireApproval' };
      return serving(state, nowMs);
    case 'starting':
    case 'running':
      if (nowMs >= limitMs(state)) {
        return asksForLastLook(state) ? { kind: 'tick', judge: true } : { kind: 'runOutOfTime' };
      }
      return serving(state, nowMs);
  }
}

/**
 * Until when the present phase may last. What was approved gets the time of a lease for the look that it asks for, a winner that waits for the end of
 * a standstill as long as that may last.
 */
function limitMs(state: ExperimentRunState): number {
  const { plan, phase, awaiting, approved } = state;
  const untilMs = winnerIsStill(state) ? stillUntilMs(state) : (awaiting?.untilMs ?? endsAtMs(state));
  if (phase !== 'awaitingApproval' && phase !== 'awaitingGraduation') return untilMs;
  return untilMs + (approved ? plan.leaseMs : 0);
}

/** The look at the end of the longest duration is one that is due. It is tried once. */
function asksForLastLook(state: ExperimentRunState): boolean {
  const { phase, served, tickedAtMs } = state;
  if (phase !== 'running' || served !== 'yes' || isStopped(state)) return false;
  return tickedAtMs === null || tickedAtMs < limitMs(state);
}

/** Whether a tick that was due before the end of the longest duration comes at or after it: none follows, so it is the one that looks. */
export function isLastTick(state: ExperimentRunState, atMs: number): boolean {
  return asksForLastLook(state) && atMs >= endsAtMs(state);
}

function serving(state: ExperimentRunState, nowMs: number): ExperimentAction {
  const { served, wanted } = state;
  const untilMs = limitMs(state);
  if (!wantsArms(state)) return served === 'no' ? { kind: 'wait', untilMs } : { kind: 'takeArmsAway' };
  // Held, and the arms went by themselves, or were left halfway: they come back when somebody resumes.
  if (served !== 'yes' && isStopped(state)) {
    return served === 'no' ? { kind: 'wait', untilMs } : { kind: 'takeArmsAway' };
  }
  if (isUnsettled(state) && state.nextTickAtMs !== null && nowMs >= state.nextTickAtMs) {
    return { kind: 'tick', judge: isLookDue(state, nowMs) };
  }
  if (served !== 'yes') return setArms(state);
  const tickAtMs = state.lookNow ? nowMs : (state.nextTickAtMs ?? nowMs);
  if (nowMs >= tickAtMs) return { kind: 'tick', judge: isLookDue(state, nowMs) };
  if (wanted && mayWrite(state, wanted) && !waitsForStandstill(state, wanted)) return setArms(state);
  const rampAtMs =
    state.phase === 'running' && !isStopped(state) ? (state.ramp.nextAtMs ?? Infinity) : Infinity;
  if (nowMs >= rampAtMs) return { kind: 'raiseExposure' };
  return { kind: 'wait', untilMs: Math.min(tickAtMs, rampAtMs, untilMs) };
}

/**
 * However many looks were missed while nobody was there, they are one. An approval asks for one at every tick, and so does a winner that waits for the end of a
 * standstill: the tick that finds it over is the look that adopts.
 */
function isLookDue(state: ExperimentRunState, nowMs: number): boolean {
  const { lookNow, approved, nextLookAtMs } = state;
  const asks = lookNow || approved !== null || winnerIsStill(state);
  return asks || nextLookAtMs === null || nowMs >= nextLookAtMs;
}

function setArms(state: ExperimentRunState): ExperimentAction {
  const { weights, exposedPct, why } = toWrite(state);
  return { kind: 'setArms', weights, exposedPct, why };
}

/** Whether what is being written is no longer what is wanted: an ending, or arms that are to go. */
export function interruptsExperiment(before: ExperimentRunState, after: ExperimentRunState): boolean {
  const begins = after.ending !== null && before.ending === null;
  return begins || (wantsArms(before) && !wantsArms(after));
}
