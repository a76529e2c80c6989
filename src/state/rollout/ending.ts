/** How a rollout begins to end, and ends. Pure; whether it does is decided in `reduce.ts` and `receive.ts`. */
import { withoutBackup } from './backup.ts';
import { isUnjudged } from './decision-table.ts';
import { logged, type RolloutOutcome, type RolloutState, type StepRecord } from './state.ts';

/** Starts taking the change back. The first reason stands; a rollout under way back stays so. */
export function takeBack(
  state: RolloutState,
  atMs: number,
  outcome: NonNullable<RolloutState['ending']>['outcome'],
  by: string,
  reason: string,
): RolloutState {
  if (state.ending || state.phase === 'ended') return state;
  return logged(
    { ...closeStep(state, atMs, reason), phase: 'rollingBack', ending: { outcome, by, reason } },
    { atMs, what: 'taking back', by, why: reason },
  );
}

/** A step keeps the evidence it was left with, and the decision that holds it where one was recorded at that look. */
export function closeStep(state: RolloutState, atMs: number, why: string, leftByHand = false): RolloutState {
  const { recorded, evidenceHash } = state;
  const close = (step: StepRecord): StepRecord => ({
    ...step,
    endedAtMs: atMs,
    why,
    evidenceHash,
    decisionId:
      recorded?.evidenceHash === evidenceHash && recorded.stepIndex === step.index
        ? recorded.decisionId
        : null,
    ...(leftByHand && { leftByHand }),
  });
  return { ...state, steps: state.steps.map((step) => (step.endedAtMs === null ? close(step) : step)) };
}

/** @param weightPct what is served of the candidate, as far as it was seen */
export function end(
  state: RolloutState,
  atMs: number,
  outcome: RolloutOutcome,
  why: string,
  weightPct = 0,
): RolloutState {
  return logged(
    {
      ...closeStep(withoutBackup(state, atMs), atMs, why),
      phase: 'ended',
      outcome,
      weightPct,
      standstill: null,
      soakEndsAtMs: null,
      nextLookAtMs: null,
      leaseExpiresAtMs: null,
    },
    { atMs, what: outcome, by: state.ending?.by ?? promoterOf(state), why },
  );
}

/** What nothing has judged was promoted by whoever asked for it. */
function promoterOf(state: RolloutState): string {
  return isUnjudged(state) && state.phase === 'promoting' ? state.plan.requestedBy : 'optimizer';
}
