/**
 * What is live at a moment: folds the passing of time (leases, progressions) into a service's state. Pure; time is an
 * argument, and nothing here needs the gateway to have been running when a lease passed.
 */
import type { Arm } from '../domain/window.ts';
import type { LiveConfiguration, LiveExperiment } from '../domain/orchestrator-wire.ts';
import {
  withoutExperiment,
  type CandidateState,
  type ExperimentState,
  type ServiceState,
} from './service-state.ts';

/**
 * The state as of `nowMs`. A lease that has passed takes the candidate, or the experiment, away as of the moment it passed; a progression's
 * step is recorded as of the moment it was due. The pair never changes: nobody wrote anything.
 */
export function settle(state: ServiceState, nowMs: number): ServiceState {
  const { candidate, experiment } = state;
  if (state.deleted) return state;
  if (experiment !== undefined && nowMs >= experiment.leaseExpiresAtMs) {
    const lastChange = { kind: 'leaseExpired' as const, atMs: experiment.leaseExpiresAtMs };
    return { ...withoutExperiment(state), lastChange };
  }
  if (candidate === null) return state;
  const leaseEndMs = candidate.leaseExpiresAtMs;
  if (leaseEndMs !== null && nowMs >= leaseEndMs) {
    return { ...state, candidate: null, lastChange: { kind: 'leaseExpired', atMs: leaseEndMs } };
  }
  const progressedAtMs = lastProgressAtMs(candidate, nowMs);
  if (progressedAtMs === null || progressedAtMs <= state.lastChange.atMs) return state;
  return { ...state, lastChange: { kind: 'progressed', atMs: progressedAtMs } };
}

/** Per cent of requests that a shadow's candidate gets a copy of, 0..100; 0 for every other strategy. Pass a settled state. */
export function copiedPct({ candidate, deleted }: ServiceState): number {
  return candidate?.strategy === 'SHADOW' && !deleted ? candidate.initialPct : 0;
}

/** Per cent of units the candidate serves at `nowMs`, 0..100. A shadow serves nobody. Pass a settled state. */
export function candidateWeightPct(state: ServiceState, nowMs: number): number {
  const { candidate } = state;
  if (candidate === null || candidate.strategy === 'SHADOW' || state.deleted) return 0;
  const step = stepNo(candidate, nowMs);
  return step === 0
    ? candidate.initialPct
    : (candidate.progression?.stepsPct[step - 1] ?? candidate.initialPct);
}

/** Shares of the two arms, 0..1; they sum to 1. */
export function weights(state: ServiceState, nowMs: number): Readonly<Record<Arm, number>> {
  const candidate = candidateWeightPct(state, nowMs) / 100;
  return { stable: 1 - candidate, candidate };
}

/** The wire form of what is live at `nowMs`. */
export function toLiveConfiguration(unsettled: ServiceState, nowMs: number): LiveConfiguration {
  const state = settle(unsettled, nowMs);
  return {
    service_id: state.serviceId,
    unit: state.unit,
    generation: state.generation,
    revision: state.revision,
    stable: state.stable,
    candidate: state.candidate?.version ?? null,
    weight_pct: candidateWeightPct(state, nowMs),
    ...(copiedPct(state) > 0 && { copy_pct: copiedPct(state) }),
    ...(state.experiment && { experiment: liveExperiment(state.experiment) }),
    strategy: state.strategy,
    lease_expires_at: (state.candidate ?? state.experiment)?.leaseExpiresAtMs ?? null,
    last_change: { kind: state.lastChange.kind, at: state.lastChange.atMs },
  };
}

/** The wire form of an experiment: its lease is told beside it. */
export function liveExperiment(state: ExperimentState): LiveExperiment {
  const { id, salt, exposed_pct, arms, forced, generation } = state;
  return { id, salt, exposed_pct, arms, ...(forced && { forced }), generation };
}

/** How many steps of the progression are due: 0 is still `initialPct`. */
function stepNo(candidate: CandidateState, nowMs: number): number {
  const { progression } = candidate;
  if (progression === null) return 0;
  const due = Math.floor((nowMs - progression.startedAtMs) / progression.intervalMs);
  return Math.min(Math.max(due, 0), progression.stepsPct.length);
}

function lastProgressAtMs(candidate: CandidateState, nowMs: number): number | null {
  const step = stepNo(candidate, nowMs);
  if (step === 0 || candidate.progression === null) return null;
  return candidate.progression.startedAtMs + step * candidate.progression.intervalMs;
}
