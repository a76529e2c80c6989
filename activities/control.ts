/**
 * Mutate and compensate: the only activities that write to a gateway. They run on a task queue of their own, so that a
 * rollback never waits behind reads. Each reads back what is live before it reports.
 */
import { canonicalJson } from '../src/decision/index.ts';
import { Failure } from '../src/domain/failure.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { ConfigurationRecord, LeaseHolder } from '../src/ports/stores.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';

export interface WeightSet {
  readonly atMs: number;
  readonly weightPct: number;
  readonly leaseExpiresAtMs: number | null;
}

/** A restore as `prepareRestore` resolved it. */
export interface WantedConfiguration {
  readonly serviceId: string;
  readonly target: { readonly driver: 'rest'; readonly url: string };
  readonly generation: number;
  readonly hash: string;
  readonly holder: LeaseHolder | null;
  /** The configuration that is replaced was asked to be taken back: `previous` never names it again. */
  readonly takesBack: boolean;
  readonly by: string;
  readonly reason: string;
}

export interface RestoreSummary {
  readonly serviceId: string;
  /** Generation under which the restored configuration is live, and the recorded one that it repeats. */
  readonly generation: number;
  readonly restoredFrom: number;
  readonly tookOverFrom: string | null;
  readonly atMs: number;
}

/**
 * Mutate. Serves the candidate at `weightPct` under a lease, then reads back. Key: `idempotencyKey`; a second run with the
 * same pair changes nothing. Final: StaleGeneration, OrchestratorRejected, Unauthorized.
 */
export async function setWeight(
  ports: ActivityPorts,
  write: GatewayWrite & { readonly weightPct: number; readonly leaseMs: number },
): Promise<WeightSet> {
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

/**
 * Compensate. Takes the service over, whoever holds it, and serves the wanted configuration as a new generation, until the
 * read-back equals it. Key: the holder's run; a second run repeats the same write. Nothing is final: if somebody takes
 * over in turn, a newer generation is drawn at the next try.
 */
export async function restoreStable(
  ports: ActivityPorts,
  request: { readonly wanted: WantedConfiguration; readonly holder: LeaseHolder },
): Promise<RestoreSummary> {
  const { wanted, holder } = request;
  const gateway = ports.orchestratorFor(wanted.target);
  const body = await recorded(ports, wanted.serviceId, wanted.generation, wanted.hash);
  const before = await gateway.read(wanted.serviceId);
  const { generation, from } = await ports.leases.seize({
    serviceId: wanted.serviceId,
    holder,
    gatewayGeneration: before.generation,
    nowMs: ports.nowMs(),
  });
  const replaced = await ports.configurations.stable(wanted.serviceId);
  await ports.configurations.record(
    {
      serviceId: wanted.serviceId,
      generation,
      body: body.body,
      hash: wanted.hash,
      status: 'trying',
      source: holder.workflowId,
    },
    ports.nowMs(),
  );
  await gateway.setStable({
    serviceId: wanted.serviceId,
    generation,
    revision: 1,
    idempotencyKey: `${holder.workflowId}/${generation}/1`,
    configuration: body.body,
  });
  const live = await gateway.read(wanted.serviceId);
  if (live.candidate || hashOf(ports, live.stable.configuration) !== wanted.hash) {
    throw mismatch({ ...wanted, generation, revision: 1 }, live, 'the restored configuration alone');
  }
  if (wanted.takesBack && replaced && replaced.hash !== wanted.hash) {
    await ports.configurations.end(wanted.serviceId, replaced.generation, 'rolledBack', ports.nowMs());
  }
  await ports.configurations.promote(wanted.serviceId, generation, ports.nowMs());
  await ports.audit.append({
    id: `${holder.workflowId}/${holder.runId}/restored`,
    serviceId: wanted.serviceId,
    actor: wanted.by,
    action: 'restoreConfiguration',
    detail: {
      reason: wanted.reason,
      generation,
      restoredFrom: wanted.generation,
      tookOverFrom: from?.holder.workflowId ?? null,
    },
    atMs: ports.nowMs(),
  });
  await ports.leases.release(wanted.serviceId, holder);
  return {
    serviceId: wanted.serviceId,
    generation,
    restoredFrom: wanted.generation,
    tookOverFrom: from && from.holder.workflowId !== holder.workflowId ? from.holder.workflowId : null,
    atMs: ports.nowMs(),
  };
}

/** sha256 of the canonical JSON of a configuration. */
export function hashOf(ports: Pick<ActivityPorts, 'hash'>, configuration: Configuration): string {
  return ports.hash(canonicalJson(configuration));
}

async function recorded(
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

function mismatch(
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
