/**
 * How an experiment ends. The first reason stands, with one exception: a winner that is on its way to its rollout can still be taken back.
 * An ended experiment serves no arms. Pure.
 */
import { conclusionSoFar } from './conclusions.ts';
import { closePeriod } from './periods.ts';
import {
  logged,
  type ExperimentConclusion,
  type ExperimentOutcome,
  type ExperimentRunState,
} from './state.ts';

/** What takes a winner back that was to be rolled out. */
const REVOKES: readonly ExperimentOutcome[] = ['rolledBack', 'rejected', 'stopped'];

export interface EndingRequest {
  readonly outcome: ExperimentOutcome;
  readonly variant?: string;
  readonly byHand?: true;
  readonly by: string;
  readonly reason: string;
  /** Left out: what was observed so far. */
  readonly conclusion?: ExperimentConclusion;
}

/** Starts bringing the gateway back to the stable configuration. Changes nothing when something else has ended it already. */
export function beginToEnd(
  state: ExperimentRunState,
  atMs: number,
  request: EndingRequest,
): ExperimentRunState {
  const { outcome, variant = null, byHand, by, reason } = request;
  if (state.phase === 'ended' || (state.ending && !isRevoking(state, outcome))) return state;
  return logged(
    {
      ...state,
      phase: state.phase === 'graduating' ? 'graduating' : 'restoring',
      ending: { outcome, variant, by, reason, ...(byHand && { byHand }) },
      conclusion: request.conclusion ?? conclusionSoFar(state, outcome, reason),
      wanted: null,
      ramp: { ...state.ramp, nextAtMs: null },
      nextTickAtMs: null,
      nextLookAtMs: null,
      paused: null,
      held: null,
      awaiting: null,
      approved: null,
      lookNow: false,
    },
    { atMs, what: outcome === 'adopted' ? 'winner' : 'ending', by, why: `${outcome}: ${reason}` },
  );
}

export function isRevoking({ ending }: ExperimentRunState, outcome: ExperimentOutcome): boolean {
  return ending?.outcome === 'adopted' && REVOKES.includes(outcome);
}

/** Whether the rollout of a winner follows: of one that was proven, where that is wanted, and of one that a person has named. */
export function graduates({ plan, ending }: ExperimentRunState): boolean {
  if (ending?.outcome !== 'adopted' || ending.variant === null) return false;
  return plan.graduate || ending.byHand === true;
}

export function end(
  state: ExperimentRunState,
  atMs: number,
  outcome: ExperimentOutcome,
  why: string,
): ExperimentRunState {
  return logged(
    {
      ...closePeriod(state, atMs),
      phase: 'ended',
      outcome,
      conclusion:
        state.conclusion?.outcome === outcome ? state.conclusion : conclusionSoFar(state, outcome, why),
      served: 'no',
      wanted: null,
      ramp: { ...state.ramp, nextAtMs: null },
      nextTickAtMs: null,
      nextLookAtMs: null,
      leaseExpiresAtMs: null,
      paused: null,
      held: null,
      awaiting: null,
      approved: null,
      lookNow: false,
    },
    { atMs, what: outcome, by: state.ending?.by ?? 'optimizer', why },
  );
}
