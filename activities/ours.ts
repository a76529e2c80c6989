/**
 * Whether a gateway still serves what a rollout left there, and whether its run still holds the service: asked before each write, because
 * the fence knows only who is newer. Somebody who wrote by hand under the live generation is found here and never overwritten.
 */
import { sameConfiguration } from '../src/domain/change.ts';
import { Failure } from '../src/domain/failure.ts';
import { servesStableAlone } from '../src/domain/live-change.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Orchestrator, OrchestratorPart } from '../src/ports/orchestrator.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import { hashOf } from './hash-of.ts';
import { whyCandidateWasLeft } from './left-to-somebody.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';
import { isRecordedExperiment } from './recorded-experiment.ts';
import { partWrite } from './several-targets.ts';

/** `holder` is left out by workflows of before it was asked for: then only the gateway is looked at. */
export type OwnWrite = GatewayWrite & { readonly holder?: LeaseHolder };

/** What is live of a rollout. */
export type Served = 'ours' | 'leaseLost' | 'unwritten';

const asItIs: OrchestratorPart['share'] = (configuration) => configuration;

/** One target is a single part, which serves the whole configuration. */
const partsOf = (gateway: Orchestrator, { serviceId }: GatewayWrite): readonly OrchestratorPart[] =>
  gateway.parts ?? [{ name: serviceId, gateway, share: asItIs }];

/**
 * What is live of this rollout: its candidate, nothing any more since the weight lease ran out, or nothing yet under this generation.
 * @throws Failure StaleGeneration when somebody else has changed the service, LeaseMoved when this run is not the lease's (a reset)
 */
export async function requireOurs(
  ports: Pick<ActivityPorts, 'hash' | 'configurations' | 'experiments' | 'leases'>,
  write: OwnWrite,
  live: LiveConfiguration,
  gateway: Orchestrator,
): Promise<Served> {
  const found = await servedBy(ports, write, live, gateway);
  await requireRun(ports, write);
  return found;
}

/** The same of the gateway alone, or of several targets each by its part: a lease that ran out at one of them ran out. */
export async function servedBy(
  ports: Pick<ActivityPorts, 'hash' | 'configurations' | 'experiments'>,
  write: GatewayWrite,
  live: LiveConfiguration,
  { parts }: Pick<Orchestrator, 'parts'>,
): Promise<Served> {
  if (!parts) return servedOf(ports, write, live);
  const found = await Promise.all(
    parts.map(async (part) =>
      servedOf(ports, partWrite(part, write), await part.gateway.read(write.serviceId), part.share),
    ),
  );
  if (found.includes('leaseLost')) return 'leaseLost';
  return found.includes('unwritten') ? 'unwritten' : 'ours';
}

/**
 * What a promotion finds: nothing to do any more, the candidate, or a lease that ran out.
 * @throws Failure as `requireOurs`, and OrchestratorRejected when the lease ran out at one of several targets after another was promoted
 */
export async function requirePromotable(
  ports: Pick<ActivityPorts, 'hash' | 'configurations' | 'experiments' | 'leases'>,
  write: OwnWrite,
  gateway: Orchestrator,
): Promise<'promoted' | Served> {
  const found = await Promise.all(
    partsOf(gateway, write).map(async (part) => {
      const live = await part.gateway.read(write.serviceId);
      const asked = partWrite(part, write);
      return isPromoted(ports, asked, live) ? 'promoted' : servedOf(ports, asked, live, part.share);
    }),
  );
  if (found.every((each) => each === 'promoted')) return 'promoted';
  await requireRun(ports, write);
  if (!found.includes('leaseLost')) return 'ours';
  if (!found.includes('promoted')) return 'leaseLost';
  throw new Failure(
    'OrchestratorRejected',
    `${write.serviceId}: the lease ran out at a target after another one had been promoted`,
  );
}

/** Whether the target, or any of several that answers, was promoted already. */
export async function isPromotedSomewhere(
  ports: Pick<ActivityPorts, 'hash'>,
  gateway: Orchestrator,
  write: GatewayWrite,
): Promise<boolean> {
  const found = await Promise.allSettled(
    partsOf(gateway, write).map(async (part) =>
      isPromoted(ports, partWrite(part, write), await part.gateway.read(write.serviceId)),
    ),
  );
  return found.some((each) => each.status === 'fulfilled' && each.value);
}

/** The generation tells a promotion from a target whose part is the same before and after. */
function isPromoted(
  ports: Pick<ActivityPorts, 'hash'>,
  write: GatewayWrite,
  live: LiveConfiguration,
): boolean {
  return (
    live.generation === write.generation &&
    live.stable.generation === write.generation &&
    servesStableAlone(live) &&
    hashOf(ports, live.stable.configuration) === write.candidateHash
  );
}

async function servedOf(
  ports: Pick<ActivityPorts, 'hash' | 'configurations' | 'experiments'>,
  write: GatewayWrite,
  live: LiveConfiguration,
  share: OrchestratorPart['share'] = asItIs,
): Promise<Served> {
  const { serviceId, generation } = write;
  const { candidate, experiment = null } = live;
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
    if (servesStableAlone(live) && isGone) return 'leaseLost';
    const taken = experiment ? 'an experiment is served' : 'the candidate was taken away';
    const what = candidate ? 'another candidate is served' : taken;
    throw stale(`${serviceId}: ${what} at the gateway (${live.last_change.kind})`);
  }
  if (candidate) await requireRecorded(ports, serviceId, candidate, share);
  if (experiment && !(await isRecordedExperiment(ports, serviceId, experiment))) {
    throw stale(
      `${serviceId}: the gateway serves an experiment (${experiment.id}, generation ${experiment.generation}) that nobody recorded`,
    );
  }
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
export async function requireRecorded(
  { configurations }: Pick<ActivityPorts, 'configurations'>,
  serviceId: string,
  candidate: NonNullable<LiveConfiguration['candidate']>,
  share: OrchestratorPart['share'] = asItIs,
): Promise<void> {
  const known = await configurations.get(serviceId, candidate.generation);
  if (known && sameConfiguration(share(known.body), candidate.configuration)) return;
  throw stale(
    `${serviceId}: the gateway serves a candidate (generation ${candidate.generation}) that nobody recorded`,
  );
}

/**
 * Whether a gateway serves a candidate that a run which has written nothing has to take away: its own, which a run before its reset wrote, or one that is recorded
 * of a change that died. Not what is newer, nor what somebody made of it. A store that is away tells nothing of the others: the reconciler meets them.
 */
export async function leftOfOurs(
  ports: Pick<ActivityPorts, 'hash' | 'configurations' | 'decisions'>,
  write: GatewayWrite,
  { generation, candidate }: LiveConfiguration,
  share: OrchestratorPart['share'] = asItIs,
): Promise<boolean> {
  if (!candidate || generation > write.generation) return false;
  if (isOwn(ports, write, candidate.configuration)) return true;
  try {
    const known = await ports.configurations.get(write.serviceId, candidate.generation);
    return (
      known !== null &&
      sameConfiguration(share(known.body), candidate.configuration) &&
      (await whyCandidateWasLeft(ports, known)) === null
    );
  } catch (error) {
    if (error instanceof Failure && error.type === 'StoreUnavailable') return false;
    throw error;
  }
}

/** That the change lease is this run's. @throws Failure LeaseMoved when it is another run's of this change, StaleGeneration when it is somebody else's */
export async function requireRun(
  { leases }: Pick<ActivityPorts, 'leases'>,
  { serviceId, generation, holder }: Pick<OwnWrite, 'serviceId' | 'generation' | 'holder'>,
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

export const stale = (message: string): Failure => new Failure('StaleGeneration', message);
