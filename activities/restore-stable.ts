/** The write of an emergency restore; what to restore was resolved in `restore.ts`. */
import type { GatewayTarget } from '../src/domain/gateway-target.ts';
import { servesStableAlone } from '../src/domain/live-change.ts';
import type { Notify } from '../src/domain/notice.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Fence } from '../src/ports/orchestrator.ts';
import type { ChangeLease, ConfigurationRecord, LeaseHolder } from '../src/ports/stores.ts';
import { mismatch, recorded } from './control.ts';
import { closeAbandoned } from './experiments/close-abandoned.ts';
import { isBackupRoute } from './incident.ts';
import { hashOf } from './hash-of.ts';
import type { ActivityPorts } from './ports.ts';
import { inReverse, liveOrPair } from './several-targets.ts';

/** A restore as `prepareRestore` resolved it. */
export interface WantedConfiguration {
  readonly serviceId: string;
  readonly target: GatewayTarget;
  readonly generation: number;
  readonly hash: string;
  readonly holder: LeaseHolder | null;
  /** The configuration that is replaced was asked to be taken back: `previous` never names it again. */
  readonly takesBack: boolean;
  readonly by: string;
  readonly reason: string;
  /** Whom the service tells. Left out by workers of before restores told anybody. */
  readonly notify?: Notify;
}

export interface RestoreSummary {
  readonly serviceId: string;
  /** Generation under which the restored configuration is live, and the recorded one that it repeats. */
  readonly generation: number;
  readonly restoredFrom: number;
  readonly tookOverFrom: string | null;
  readonly atMs: number;
}

interface RestoreRequest {
  readonly wanted: WantedConfiguration;
  readonly holder: LeaseHolder;
}

/** How many of a service's newest audit entries are searched for a restore that was finished before. */
const AUDIT_SEARCHED = 50;

/**
 * Compensate. Takes the service over, whoever holds it, and serves the wanted configuration as a new generation, until the
 * read-back equals it. Key: the holder's run; a second run repeats the same write, and once the restore is audited it only
 * answers. What somebody changed by hand is replaced. Nothing is final: if somebody takes over in turn, a newer generation is drawn at the next try.
 */
export async function restoreStable(ports: ActivityPorts, request: RestoreRequest): Promise<RestoreSummary> {
  const { wanted, holder } = request;
  const auditId = `${holder.workflowId}/${holder.runId}/restored`;
  const before = (await ports.audit.list(wanted.serviceId, AUDIT_SEARCHED)).find(({ id }) => id === auditId);
  if (before) {
    await ports.leases.release(wanted.serviceId, holder);
    return before.detail as RestoreSummary;
  }
  const body = await recorded(ports, wanted.serviceId, wanted.generation, wanted.hash);
  const { generation, from, overHand } = await takeOver(ports, request, body);
  await closeBooks(ports, wanted, { generation, from });
  const summary: RestoreSummary = {
    serviceId: wanted.serviceId,
    generation,
    restoredFrom: wanted.generation,
    tookOverFrom: from && from.holder.workflowId !== holder.workflowId ? from.holder.workflowId : null,
    atMs: ports.nowMs(),
  };
  await ports.windows.countUnitsAnew({
    serviceId: wanted.serviceId,
    key: auditId,
    atMs: summary.atMs,
    every: 'hour',
  });
  await ports.audit.append({
    id: auditId,
    serviceId: wanted.serviceId,
    actor: wanted.by,
    action: 'restoreConfiguration',
    detail: { ...summary, reason: wanted.reason, ...(overHand && { replacedByHand: true }) },
    atMs: summary.atMs,
  });
  await ports.leases.release(wanted.serviceId, holder);
  return summary;
}

interface Taken {
  readonly generation: number;
  readonly from: ChangeLease | null;
}

/** Seizes the lease, writes, and reads back. */
async function takeOver(
  ports: ActivityPorts,
  { wanted, holder }: RestoreRequest,
  body: ConfigurationRecord,
): Promise<Taken & { readonly overHand: boolean }> {
  const { serviceId } = wanted;
  const gateway = ports.orchestratorFor(wanted.target);
  const { pair, live } = await liveOrPair(gateway, serviceId);
  const { generation, from } = await seize(ports, { wanted, holder }, pair);
  await ports.configurations.record(
    {
      serviceId,
      generation,
      body: body.body,
      hash: wanted.hash,
      status: 'trying',
      source: holder.workflowId,
    },
    ports.nowMs(),
  );
  const isServed = (now: LiveConfiguration) =>
    now.generation === generation &&
    servesStableAlone(now) &&
    hashOf(ports, now.stable.configuration) === wanted.hash;
  if (live && isServed(live)) return { generation, from, overHand: false };
  // Above whatever somebody wrote under this very generation since an earlier try.
  const revision = pair.generation === generation ? pair.revision + 1 : 1;
  const write = {
    serviceId,
    generation,
    revision,
    idempotencyKey: `${holder.workflowId}/${generation}/${revision}`,
  };
  if (!gateway.parts) await gateway.setStable({ ...write, overHand: true, configuration: body.body });
  else {
    await inReverse(gateway.parts, async (part) => {
      await part.gateway.setStable({ ...write, overHand: true, configuration: part.share(body.body) });
    });
  }
  const after = await gateway.read(serviceId);
  if (!isServed(after)) {
    throw mismatch({ serviceId, generation, revision }, after, 'the restored configuration alone');
  }
  // A driver tells what it never wrote as generation 0; an untouched product has no pair either.
  const overHand =
    live !== null &&
    live.generation > 0 &&
    [live.stable, live.candidate, live.experiment].some((each) => each?.generation === 0);
  return { generation, from, overHand };
}

/** A lease of an earlier try is of no use once the gateway has gone beyond its generation: a new one is drawn. */
async function seize(
  ports: ActivityPorts,
  { wanted: { serviceId }, holder }: RestoreRequest,
  live: Fence,
): Promise<Taken> {
  const request = { serviceId, holder, gatewayGeneration: live.generation, nowMs: ports.nowMs() };
  const first = await ports.leases.seize(request);
  if (first.generation >= live.generation) return first;
  await ports.leases.release(serviceId, holder);
  const second = await ports.leases.seize(request);
  return { generation: second.generation, from: second.from ?? first.from };
}

/** What was being tried by the holder before was taken back; so was what is replaced, when that was asked for. */
async function closeBooks(
  ports: ActivityPorts,
  { serviceId, hash, takesBack }: WantedConfiguration,
  { generation, from }: Taken,
): Promise<void> {
  const { configurations } = ports;
  const tried = from && (await configurations.get(serviceId, from.generation));
  if (tried?.status === 'trying' && tried.generation < generation) {
    await configurations.end(serviceId, tried.generation, 'rolledBack', ports.nowMs());
  }
  if (from) await closeAbandoned(ports, serviceId, from.generation, 'the service was restored');
  const replaced = await configurations.stable(serviceId);
  if (takesBack && replaced && replaced.hash !== hash) {
    // A backup route that is over was not found wanting: its model may be tried again.
    const status = isBackupRoute(replaced) ? 'superseded' : 'rolledBack';
    await configurations.end(serviceId, replaced.generation, status, ports.nowMs());
  }
  await configurations.promote(serviceId, generation, ports.nowMs());
}
