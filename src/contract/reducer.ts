/**
 * What a write does to a service: the fence, the strategies, rollback, removal. Pure: time and the salt of a new
 * service are arguments; the caller stores the result before it answers.
 */
import { createHash } from 'node:crypto';
import type { Problem } from '../domain/failure.ts';
import type { ConfigurationWrite, RollbackWrite } from '../domain/orchestrator-wire.ts';
import { deploymentProblems } from './deployment-rules.ts';
import { settle } from './live.ts';
import { configurationHash, experimentHash, withoutExperiment } from './service-state.ts';
import type { CandidateState, Progression, ServiceState, Version } from './service-state.ts';

interface Pair {
  readonly generation: number;
  readonly revision: number;
}

/** `create` is POST, which may create; `update` is PUT, which may not. */
export type GatewayWrite =
  | { readonly kind: 'create' | 'update'; readonly write: ConfigurationWrite }
  | { readonly kind: 'rollback'; readonly write: RollbackWrite }
  | { readonly kind: 'remove'; readonly write: Pair }
  | { readonly kind: 'errorRateExceeded'; readonly candidateHash: string };

/** `unchanged` is an answer of success: the same write again, or nothing left to do. Only `changed` is stored. */
export type Outcome =
  | { readonly kind: 'changed' | 'unchanged'; readonly state: ServiceState }
  | { readonly kind: 'stale'; readonly current: Pair }
  | { readonly kind: 'unknownService' }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/**
 * Judges one write against the state (undefined: never heard of). The fence stands before everything else: a pair that
 * is not greater changes nothing, whatever it says, unless it is the write that set the pair.
 * @param newSalt the assignment salt of a service that this write creates
 */
export function reduceWrite(
  before: ServiceState | undefined,
  event: GatewayWrite,
  { nowMs, newSalt }: { readonly nowMs: number; readonly newSalt: string },
): Outcome {
  const state = before === undefined ? undefined : settle(before, nowMs);
  if (event.kind === 'errorRateExceeded') return takeBack(state, event.candidateHash, nowMs);
  const writeHash = hashOf(event);
  if (state !== undefined) {
    const order = comparePairs(event.write, state);
    if (order === 0 && writeHash === state.writeHash) return { kind: 'unchanged', state };
    if (order <= 0) return { kind: 'stale', current: pairOf(state) };
  }
  const exists = state !== undefined && !state.deleted;
  if (!exists) {
    if (event.kind !== 'create') return { kind: 'unknownService' };
    return create(event.write, { writeHash, nowMs, newSalt });
  }
  const fenced = { ...withoutExperiment(state), ...pairOf(event.write), writeHash };
  switch (event.kind) {
    case 'create':
    case 'update':
      return configure(state, fenced, event.write, nowMs);
    case 'rollback':
      return changed({ ...fenced, candidate: null, lastChange: { kind: 'rolledBack', atMs: nowMs } });
    case 'remove':
    default:
      return changed({
        ...fenced,
        candidate: null,
        deleted: true,
        lastChange: { kind: 'applied', atMs: nowMs },
      });
  }
}

/** Negative, zero or positive, generation first. */
export function comparePairs(a: Pair, b: Pair): number {
  return a.generation - b.generation || a.revision - b.revision;
}

function create(
  write: ConfigurationWrite,
  { writeHash, nowMs, newSalt }: { writeHash: string; nowMs: number; newSalt: string },
): Outcome {
  const problems = deploymentProblems(write, undefined);
  if (problems.length > 0) return { kind: 'invalid', problems };
  return changed({
    serviceId: write.service_id,
    unit: write.unit ?? 'request',
    salt: newSalt,
    ...pairOf(write),
    writeHash,
    strategy: write.deployment.strategy,
    stable: versionOf(write),
    candidate: null,
    lastChange: { kind: 'created', atMs: nowMs },
    deleted: false,
  });
}

function configure(
  before: ServiceState,
  fenced: ServiceState,
  write: ConfigurationWrite,
  nowMs: number,
): Outcome {
  const problems = deploymentProblems(write, before);
  if (problems.length > 0) return { kind: 'invalid', problems };
  const { strategy } = write.deployment;
  const applied = { ...fenced, strategy, lastChange: { kind: 'applied' as const, atMs: nowMs } };
  if (strategy === 'IMMEDIATE') return changed({ ...applied, stable: versionOf(write), candidate: null });
  const { experiment } = write.deployment;
  if (strategy === 'EXPERIMENT' && experiment !== undefined) {
    const { generation, lease_seconds = 0 } = write;
    const leaseExpiresAtMs = nowMs + lease_seconds * 1000;
    return changed({
      ...applied,
      candidate: null,
      experiment: { ...experiment, generation, leaseExpiresAtMs },
    });
  }
  return changed({ ...applied, candidate: candidateOf(write, before.candidate, nowMs) });
}

function candidateOf(
  write: ConfigurationWrite,
  before: CandidateState | null,
  nowMs: number,
): CandidateState {
  const { deployment } = write;
  const version = versionOf(write);
  return {
    version,
    strategy: deployment.strategy,
    initialPct: deployment.initial_percentage,
    leaseExpiresAtMs: write.lease_seconds === undefined ? null : nowMs + write.lease_seconds * 1000,
    progression: progressionOf(write, before?.version.hash === version.hash ? before : null, nowMs),
    maxErrorRate: deployment.rollback_on_error_rate ?? null,
  };
}

/** A renewal with the same steps goes on where the progression stands; anything else starts it anew. */
function progressionOf(
  write: ConfigurationWrite,
  before: CandidateState | null,
  nowMs: number,
): Progression | null {
  const { progression, progression_interval_minutes: minutes, initial_percentage } = write.deployment;
  if (progression === undefined || minutes === undefined || progression.length === 0) return null;
  const next = { stepsPct: progression, intervalMs: minutes * 60_000, startedAtMs: nowMs };
  const running = before?.progression ?? null;
  const same =
    running !== null &&
    before?.initialPct === initial_percentage &&
    running.intervalMs === next.intervalMs &&
    JSON.stringify(running.stepsPct) === JSON.stringify(next.stepsPct);
  return same ? running : next;
}

/** The gateway's own judgement: no write, so the pair stays. A newer candidate is not taken back for an older one's errors. */
function takeBack(state: ServiceState | undefined, candidateHash: string, nowMs: number): Outcome {
  if (state === undefined) return { kind: 'unknownService' };
  if (state.candidate?.version.hash !== candidateHash) return { kind: 'unchanged', state };
  return changed({ ...state, candidate: null, lastChange: { kind: 'errorRateExceeded', atMs: nowMs } });
}

function changed(state: ServiceState): Outcome {
  return { kind: 'changed', state };
}

function pairOf({ generation, revision }: Pair): Pair {
  return { generation, revision };
}

function versionOf(write: ConfigurationWrite): Version {
  return {
    configuration: write.configuration,
    generation: write.generation,
    hash: configurationHash(write.configuration),
  };
}

/** What two writes with one pair must agree in to count as the same one. The key and the reason are not content. */
function hashOf(event: Exclude<GatewayWrite, { kind: 'errorRateExceeded' }>): string {
  if (event.kind === 'rollback' || event.kind === 'remove') return event.kind;
  const { configuration, deployment, unit, lease_seconds } = event.write;
  const content = [
    configurationHash(configuration),
    deployment.strategy,
    deployment.initial_percentage,
    deployment.progression ?? [],
    deployment.progression_interval_minutes ?? null,
    deployment.rollback_on_error_rate ?? null,
    unit ?? null,
    lease_seconds ?? null,
    ...(deployment.experiment === undefined ? [] : [experimentHash(deployment.experiment)]),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
