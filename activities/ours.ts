/**
 * Whether a gateway still serves what a rollout left there, and whether its run still holds the service: asked before each write, because
 * the fence knows only who is newer. Somebody who wrote by hand under the live generation is found here and never overwritten.
 */
import { sameConfiguration } from '../src/domain/change.ts';
import { Failure } from '../src/domain/failure.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import { hashOf } from './hash-of.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';

/** `holder` is left out by workflows of before it was asked for: then only the gateway is looked at. */
export type OwnWrite = GatewayWrite & { readonly holder?: LeaseHolder };

/**
 * What is live of this rollout: its candidate, nothing any more since the weight lease ran out, or nothing yet under this generation.
 * @throws Failure StaleGeneration when somebody else has changed the service, LeaseMoved when this run is not the lease's (a reset)
 */
export async function requireOurs(
  ports: Pick<ActivityPorts, 'hash' | 'configurations' | 'leases'>,
  write: OwnWrite,
  live: LiveConfiguration,
): Promise<'ours' | 'leaseLost' | 'unwritten'> {
  const found = await servedOf(ports, write, live);
  await requireRun(ports, write);
  return found;
}

/** The same of the gateway alone. */
export async function servedOf(
  ports: Pick<ActivityPorts, 'hash' | 'configurations'>,
  write: GatewayWrite,
  live: LiveConfiguration,
): Promise<'ours' | 'leaseLost' | 'unwritten'> {
  const { serviceId, generation } = write;
  const { candidate } = live;
  if (live.generation > generation) {
    throw stale(`${serviceId}: generation ${live.generation} is live, this rollout is ${generation}`);
  }
  if (hashOf(ports, live.stable.configuration) !== write.stableHash) {
    throw stale(`${serviceId}: the stable configuration was changed at the gateway by somebody else`);
  }
  if (candidate && isOwn(ports, write, candidate.configuration)) {
    return live.generation === generation ? 'ours' : 'unwritten';
  }
  if (live.generation === generation) {
    const isGone = live.last_change.kind === 'leaseExpired' || write.leftNothing === true;
    if (!candidate && isGone) return 'leaseLost';
    const what = candidate ? 'another candidate is served' : 'the candidate was taken away';
    throw stale(`${serviceId}: ${what} at the gateway (${live.last_change.kind})`);
  }
  if (candidate) await requireRecorded(ports, serviceId, candidate);
  return 'unwritten';
}

/** Whether a candidate is this rollout's: what it tries, or the backup model in its place. */
export function isOwn(
  ports: Pick<ActivityPorts, 'hash'>,
  { candidateHash, backupHash }: Pick<GatewayWrite, 'candidateHash' | 'backupHash'>,
  configuration: Configuration,
): boolean {
  const hash = hashOf(ports, configuration);
  return hash === candidateHash || hash === backupHash;
}

/** The weight that the last read-back showed must still be served: a greater or smaller one is somebody's. */
export function requireWeight(
  { serviceId }: GatewayWrite,
  live: LiveConfiguration,
  allowedPct: readonly number[],
): void {
  if (allowedPct.includes(live.weight_pct)) return;
  throw stale(
    `${serviceId}: the candidate is served at ${live.weight_pct} %, this rollout left it at ${allowedPct[0]} %: somebody else has changed it`,
  );
}

/** A candidate under a smaller generation is that of a change that died, and recorded; anything else is somebody's. */
async function requireRecorded(
  { configurations }: Pick<ActivityPorts, 'configurations'>,
  serviceId: string,
  candidate: NonNullable<LiveConfiguration['candidate']>,
): Promise<void> {
  const known = await configurations.get(serviceId, candidate.generation);
  if (known && sameConfiguration(known.body, candidate.configuration)) return;
  throw stale(
    `${serviceId}: the gateway serves a candidate (generation ${candidate.generation}) that nobody recorded`,
  );
}

async function requireRun(
  { leases }: Pick<ActivityPorts, 'leases'>,
  { serviceId, generation, holder }: OwnWrite,
): Promise<void> {
  if (!holder) return;
  const lease = await leases.current(serviceId);
  const who = lease?.holder;
  if (who?.workflowId === holder.workflowId && who.firstRunId === holder.firstRunId) {
    if (who.runId === holder.runId && lease?.generation === generation) return;
    throw new Failure(
      'LeaseMoved',
      `${serviceId}: the change lease is run ${who.runId}'s (generation ${lease?.generation}), this is run ${holder.runId} (generation ${generation})`,
    );
  }
  if (who) throw stale(`${serviceId} is held by ${who.workflowId} (run ${who.runId})`);
  throw new Failure(
    'LeaseMoved',
    `${serviceId}: nobody holds the change lease, and this run believes it does`,
  );
}

const stale = (message: string): Failure => new Failure('StaleGeneration', message);
