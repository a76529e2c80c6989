/** Reads what an activity failed of. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import { FINAL_FAILURES } from '../src/domain/failure.ts';
import type { RolloutEvent } from '../src/state/rollout/index.ts';

/** Type of the failure behind an activity's error: one of `FailureType`, `Cancelled`, `Timeout` or `Unknown`. */
export function failureType(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure) return 'Cancelled';
  if (cause instanceof TimeoutFailure) return 'Timeout';
  return cause instanceof ApplicationFailure ? (cause.type ?? 'Unknown') : 'Unknown';
}

/** Whether a step is over with this: somebody cancelled it, or has taken the service over. Anything else is the step's own failure. */
export function endsStep(error: unknown): boolean {
  return isCancellation(error) || ['StaleGeneration', 'LeaseMoved'].includes(failureType(error));
}

/** Whether the same step may succeed later: nothing has refused it, and nobody has ended it. */
export function mayComeRight(error: unknown): boolean {
  return !endsStep(error) && !(FINAL_FAILURES as readonly string[]).includes(failureType(error));
}

/** What it means to a rollout that a step of it could not be done. What has waited in vain for the end of a standstill is no fault of the change. */
export function stepNotDone(error: unknown, atMs: number): RolloutEvent {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  // The last try says what it waited for, whether its failure was the end of it or the time was over.
  const last = cause instanceof TimeoutFailure ? cause.cause : cause;
  const why = failureReason(error);
  return failureType(last) === 'GovernanceUnavailable'
    ? { kind: 'stoodStill', atMs, why }
    : { kind: 'stepFailed', atMs, by: 'optimizer', why };
}

/** One line about why an activity failed. */
export function failureReason(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  // A time-out says nothing by itself: what the last try failed of does.
  const last = cause instanceof TimeoutFailure && cause.cause ? ` (last: ${cause.cause.message})` : '';
  return `${failureType(error)}: ${cause.message}${last}`;
}

/** The failure that a workflow ends with when an activity refused: same type, message and problems, and final. */
export function asWorkflowFailure(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return error;
  return ApplicationFailure.create({
    type: cause.type ?? 'Unknown',
    message: cause.message,
    nonRetryable: true,
    ...(cause.details ? { details: cause.details } : {}),
  });
}

/** Continue-as-new is an exception of the SDK's: it is no failure, and must reach the server. */
export function isContinueAsNew(error: unknown): boolean {
  return error instanceof Error && error.name === 'ContinueAsNew';
}
