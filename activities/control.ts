/**
 * Mutate and compensate: what a rollout writes to a gateway, but for the renewal of its lease (`look.ts`). They run on a task
 * queue of their own, so that a rollback never waits behind reads. Each reads back what is live before it reports.
 */
import { canonicalJson } from '../src/decision/index.ts';
import { Failure } from '../src/domain/failure.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { ConfigurationRecord } from '../src/ports/stores.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';
import { requireNotFrozen, requireNotPaused } from './standstill.ts';

export interface WeightSet {
  readonly atMs: number;
  readonly weightPct: number;
  readonly leaseExpiresAtMs: number | null;
}

/**
 * Mutate. Serves the candidate at `weightPct` under a lease, then reads back. Key: `idempotencyKey`; a second run with the
 * same pair changes nothing. Waits while the fleet is paused, and with `starts` (the first write of a change that is not forced) during a
 * freeze. Final: StaleGeneration, OrchestratorRejected, Unauthorized.
 */
export async function setWeight(
  ports: ActivityPorts,
  write: GatewayWrite & { readonly weightPct: number; readonly leaseMs: number; readonly starts?: boolean },
): Promise<WeightSet> {
  await requireNotPaused(ports);
  if (write.starts === true) await requireNotFrozen(ports, write.serviceId);
  const gateway = ports.orchestratorFor(write.target);
  const candidate = await recorded(ports, write.serviceId, write.generation, write.candidateHash);
  await gateway.setCandidate({ ...write, configuration: candidate.body });
  const live = await gateway.read(write.serviceId);
  const served = live.candidate ? hashOf(ports, live.candidate.configuration) : null;
  if (served !== write.candidateHash || live.weight_pct !== write.weightPct) {
    throw mismatch(write, live, `the candidate at ${write.weightPct} %`);
  }
  return { atMs: ports.nowMs(), weightPct: live.weight_pct, leaseExpiresAtMs: live.lease_expires_at };
}

/** Mutate. Makes the candidate the stable configuration, then reads back. Key and failures as `setWeight`. */
export async function promoteCandidate(ports: ActivityPorts, write: GatewayWrite): Promise<void> {
  await requireNotPaused(ports);
  const gateway = ports.orchestratorFor(write.target);
  const candidate = await recorded(ports, write.serviceId, write.generation, write.candidateHash);
  await gateway.setStable({ ...write, configuration: candidate.body });
  const live = await gateway.read(write.serviceId);
  if (live.candidate || hashOf(ports, live.stable.configuration) !== write.candidateHash) {
    throw mismatch(write, live, 'the candidate as stable');
  }
}

/**
 * Compensate. Takes the candidate away and reads back until the stable configuration of before is live alone. Needs the
 * gateway only; the database just for the rare case that a promotion had already been written, which is undone under
 * `revision + 1`. A second run is harmless. Final: StaleGeneration.
 */
export async function takeBackCandidate(
  ports: ActivityPorts,
  write: GatewayWrite & { readonly reason: string },
): Promise<void> {
  const gateway = ports.orchestratorFor(write.target);
  const before = await gateway.read(write.serviceId);
  const doneEarlier = before.generation === write.generation && before.revision === write.revision + 1;
  if (doneEarlier && isStableAlone(ports, write, before)) return;
  await gateway.removeCandidate(write);
  if (isStableAlone(ports, write, await gateway.read(write.serviceId))) return;
  const stable = await recorded(ports, write.serviceId, write.stableGeneration, write.stableHash);
  await gateway.setStable({
    ...write,
    revision: write.revision + 1,
    idempotencyKey: `${write.idempotencyKey}/stable`,
    configuration: stable.body,
  });
  const live = await gateway.read(write.serviceId);
  if (!isStableAlone(ports, write, live)) throw mismatch(write, live, 'the stable configuration alone');
}

/** sha256 of the canonical JSON of a configuration. */
export function hashOf(ports: Pick<ActivityPorts, 'hash'>, configuration: Configuration): string {
  return ports.hash(canonicalJson(configuration));
}

/** The recorded configuration, as it was admitted. Throws InvalidInput when there is none, or another one. */
export async function recorded(
  ports: ActivityPorts,
  serviceId: string,
  generation: number,
  hash: string,
): Promise<ConfigurationRecord> {
  const record = await ports.configurations.get(serviceId, generation);
  if (!record) {
    throw new Failure(
      'InvalidInput',
      `generation: ${generation} of ${serviceId} is given, expected a recorded configuration`,
    );
  }
  if (record.hash !== hash) {
    throw new Failure(
      'InvalidInput',
      `generation ${generation} of ${serviceId} has hash ${record.hash}, expected ${hash}`,
    );
  }
  return record;
}

function isStableAlone(ports: ActivityPorts, write: GatewayWrite, live: LiveConfiguration): boolean {
  return live.candidate === null && hashOf(ports, live.stable.configuration) === write.stableHash;
}

/** What the read-back after a write means: somebody newer is there, or the gateway has not done it yet. */
export function mismatch(
  write: { readonly serviceId: string; readonly generation: number; readonly revision: number },
  live: LiveConfiguration,
  wanted: string,
): Failure {
  const newer =
    live.generation > write.generation ||
    (live.generation === write.generation && live.revision > write.revision + 1);
  const serves = live.candidate
    ? `a candidate of generation ${live.candidate.generation} at ${live.weight_pct} %`
    : 'no candidate';
  return new Failure(
    newer ? 'StaleGeneration' : 'OrchestratorUnavailable',
    `${write.serviceId}: wrote (${write.generation}, ${write.revision}), expected ${wanted}; the gateway is at (${live.generation}, ${live.revision}) and serves ${serves}`,
  );
}
