/**
 * A winner that is found while nothing may be changed (a pause of the fleet, a freeze): its rollout would be refused, and refused for good. So it
 * waits for the end of that, beyond the longest duration if need be, as long as an approval may be waited for. Then it is adopted, and the log says why
 * nothing rolls it out. Pure.
 */
import { endsAtMs, keepsExperimentTable, type ExperimentRunState } from './state.ts';

/** Until when a winner waits at most. */
export function stillUntilMs(state: ExperimentRunState): number {
  return (state.awaiting?.untilMs ?? endsAtMs(state)) + state.plan.approvalTimeoutMs;
}

/** Whether a winner that is found at `atMs` would wait for the end of a standstill. */
export function isStill(state: ExperimentRunState, atMs: number): boolean {
  const { plan, standstill } = state;
  return keepsExperimentTable(plan, 2) && (standstill ?? null) !== null && atMs < stillUntilMs(state);
}

/** Whether one waits: found by the newest look, approved where it has to be, and the last tick found a standstill. */
export function winnerIsStill(state: ExperimentRunState): boolean {
  const { plan, standstill, verdict, phase, approved } = state;
  if (!keepsExperimentTable(plan, 2) || (standstill ?? null) === null) return false;
  return phase === 'awaitingGraduation' ? approved !== null : verdict?.outcome === 'winner';
}
