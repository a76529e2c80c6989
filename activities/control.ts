/**
 * Mutate and compensate: what a rollout writes to a gateway, but for the renewal of its lease (`look.ts`). They run on a task
 * queue of their own, so that a rollback never waits behind reads. Each reads back what is live before it reports.
 */
import { Failure } from '../src/domain/failure.ts';
import { servesStableAlone, whatIsTried } from '../src/domain/live-change.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Orchestrator } from '../src/ports/orchestrator.ts';
import type { ConfigurationRecord } from '../src/ports/stores.ts';
import { hashOf } from './hash-of.ts';
import {
  isOwn,
  isPromotedSomewhere,
  leftOfOurs,
  requireOurs,
  requirePromotable,
  requireRun,
  requireWeight,
  type OwnWrite,
} from './ours.ts';
import { requireWatched } from './lease-keeper.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';
import { inReverse, partWrite } from './several-targets.ts';
import { requireNotFrozen, requireNotPaused } from './standstill.ts';

export interface WeightSet {
  readonly atMs: number;
  readonly weightPct: number;
  readonly leaseExpiresAtMs: number | null;
}

/** What became of a promotion: when the weight lease had run out there was nothing to promote any more. */
export interface Promoted {
  readonly atMs: number;
  readonly kind: 'promoted' | 'leaseLost';
}

/**
 * Mutate. Serves the candidate at `weightPct` under a lease, then reads back. Key: `idempotencyKey`; a second run with the
 * same pair changes nothing. Waits while the fleet is paused, while the watchdog that it relies on is away, and during a freeze unless
 * `passesFreeze` (workflows of before it was told: `starts`, by the first write alone). `servedPct` is what the last read-back showed. Final: StaleGeneration when
 * somebody else has changed the service, LeaseMoved, OrchestratorRejected, Unauthorized.
 */
export async function setWeight(
  ports: ActivityPorts,
  {
    servedPct,
    ...write
  }: OwnWrite & {
    readonly weightPct: number;
    readonly leaseMs: number;
    readonly servedPct?: number;
    readonly starts?: boolean;
  },
): Promise<WeightSet> {
  await requireNotPaused(ports);
  if (!(write.passesFreeze ?? write.starts === false)) await requireNotFrozen(ports, write.serviceId);
  await requireWatched(ports, write);
  const gateway = ports.orchestratorFor(write.target);
  const candidate = await recorded(ports, write.serviceId, write.generation, write.candidateHash);
  const set = await wholeOrBack(ports, gateway, write, async () => {
    const before = await gateway.read(write.serviceId);
    const found = await requireOurs(ports, write, before, gateway);
    const isBackup =
      before.candidate !== null && hashOf(ports, before.candidate.configuration) === write.backupHash;
    if (found === 'ours' && servedPct !== undefined && !isBackup) {
      // After 0 % comes this very write, done before and not reported, or the candidate that a shadow left at 0 %.
      requireWeight(write, before, [servedPct, write.weightPct]);
    }
    await gateway.setCandidate({ ...write, configuration: candidate.body });
    const live = await gateway.read(write.serviceId);
    const served = live.candidate ? hashOf(ports, live.candidate.configuration) : null;
    if (served !== write.candidateHash || live.weight_pct !== write.weightPct) {
      throw mismatch(write, live, `the candidate at ${write.weightPct} %`);
    }
    return { atMs: ports.nowMs(), weightPct: live.weight_pct, leaseExpiresAtMs: live.lease_expires_at };
  });
  // After the write is whole: a database that is away has it tried again, and takes nothing back.
  const { serviceId, idempotencyKey: key } = write;
  await ports.windows.countUnitsAnew({ serviceId, key, atMs: set.atMs, every: 'step' });
  return set;
}

/**
 * Mutate. Makes the candidate the stable configuration, then reads back. A candidate whose weight lease has run out is not promoted: what
 * was proven is as old as the lease. Key, failures and what it waits for as `setWeight`, but that workflows of before `passesFreeze` wait for no freeze; one that was written before at any target, and not reported, waits
 * for neither pause nor freeze any more. Of several targets none may stay behind: when one is still away at the
 * end of the lease, those that were promoted go back, and that is final.
 */
export async function promoteCandidate(
  ports: ActivityPorts,
  write: OwnWrite & { readonly leaseExpiresAtMs?: number | null },
): Promise<Promoted> {
  const gateway = ports.orchestratorFor(write.target);
  if (!(await isPromotedSomewhere(ports, gateway, write))) {
    await requireNotPaused(ports);
    if (write.passesFreeze === false) await requireNotFrozen(ports, write.serviceId);
  }
  const candidate = await recorded(ports, write.serviceId, write.generation, write.candidateHash);
  return wholeOrBack(ports, gateway, write, async () => {
    const found = await requirePromotable(ports, write, gateway);
    if (found === 'leaseLost') return { atMs: ports.nowMs(), kind: 'leaseLost' };
    await gateway.setStable({ ...write, configuration: candidate.body });
    const live = await gateway.read(write.serviceId);
    if (!servesStableAlone(live) || hashOf(ports, live.stable.configuration) !== write.candidateHash) {
      throw mismatch(write, live, 'the candidate as stable');
    }
    return { atMs: ports.nowMs(), kind: 'promoted' };
  });
}

/** Beyond what a run that was reset may have written under the same generation, and what it may still have on the way. */
const BEYOND_ANOTHER_RUN = 1_000;

type TakeBack = OwnWrite & {
  readonly reason: string;
  /** The rollout may go on after this one: what it has written since stays, when a try comes late. */
  readonly newerStays?: boolean;
  /** Of a run that has written nothing: only what a run before it has left is there to be taken away. */
  readonly untouched?: boolean;
};

/**
 * Compensate. Takes the candidate away and reads back until the stable configuration of before is live alone. Needs the
 * gateway only; the database just for the rare case that a promotion had already been written, which is undone under
 * `revision + 1`. A run that was reset meets revisions beyond its own under its generation: it goes beyond them, as long as what is served is
 * its own. A second run is harmless. With a `holder` the run must be the lease's, as for any write of a rollout that goes on. Several targets are taken back in reverse, the route first, each by itself, past one that is away.
 * Final: StaleGeneration, when somebody else has changed the service: theirs is left as it is; LeaseMoved.
 */
export async function takeBackCandidate(ports: ActivityPorts, asked: TakeBack): Promise<void> {
  if (asked.holder) await requireRun(ports, asked);
  const gateway = ports.orchestratorFor(asked.target);
  const stable = async () =>
    (await recorded(ports, asked.serviceId, asked.stableGeneration, asked.stableHash)).body;
  if (asked.untouched === true && !(await isAnythingLeft(ports, asked, gateway))) return;
  if (!gateway.parts) return takeBackAt(ports, gateway, asked, stable);
  await inReverse(gateway.parts, async (part) => {
    await takeBackAt(ports, part.gateway, partWrite(part, asked), async () => part.share(await stable()));
  });
}

async function isAnythingLeft(
  ports: ActivityPorts,
  write: GatewayWrite,
  gateway: Orchestrator,
): Promise<boolean> {
  const { serviceId } = write;
  if (!gateway.parts) return leftOfOurs(ports, write, await gateway.read(serviceId));
  const found = await Promise.all(
    gateway.parts.map(async (part) =>
      leftOfOurs(ports, partWrite(part, write), await part.gateway.read(serviceId), part.share),
    ),
  );
  return found.includes(true);
}

/** The same at one gateway. `stable` is asked only when a promotion had been written. */
async function takeBackAt(
  ports: ActivityPorts,
  gateway: Orchestrator,
  asked: TakeBack,
  stable: () => Promise<Configuration>,
): Promise<void> {
  const before = await gateway.read(asked.serviceId);
  const doneEarlier = before.generation === asked.generation && before.revision > asked.revision;
  if (doneEarlier && (asked.newerStays === true || isStableAlone(ports, asked, before))) return;
  requireKnown(ports, asked, before);
  const write = doneEarlier || isAnothers(asked, before) ? { ...asked, ...beyond(asked, before) } : asked;
  await gateway.removeCandidate(write);
  const removed = await gateway.read(write.serviceId);
  if (isStableAlone(ports, write, removed)) return;
  requireKnown(ports, write, removed);
  await gateway.setStable({
    ...write,
    revision: write.revision + 1,
    idempotencyKey: `${write.idempotencyKey}/stable`,
    configuration: await stable(),
  });
  const live = await gateway.read(write.serviceId);
  if (!isStableAlone(ports, write, live)) throw mismatch(write, live, 'the stable configuration alone');
}

/** This very pair serves a candidate: a run that was reset had used it before, and the gateway refuses it for anything else. */
function isAnothers(asked: TakeBack, { generation, revision, candidate }: LiveConfiguration): boolean {
  const isSamePair = generation === asked.generation && revision === asked.revision;
  return isSamePair && candidate !== null && asked.newerStays !== true;
}

function beyond(asked: GatewayWrite, { revision: live }: LiveConfiguration) {
  const revision = live + BEYOND_ANOTHER_RUN;
  return { revision, idempotencyKey: `${asked.idempotencyKey}/beyond/${live}` };
}

/** Under our generation nothing but our candidate and the two configurations that we know may be served, no experiment: the rest is somebody's work. */
function requireKnown(ports: ActivityPorts, write: GatewayWrite, live: LiveConfiguration): void {
  if (live.generation !== write.generation) return;
  const stable = hashOf(ports, live.stable.configuration);
  const foreignStable = stable !== write.stableHash && stable !== write.candidateHash;
  const foreignCandidate = live.candidate !== null && !isOwn(ports, write, live.candidate.configuration);
  const isExperiment = (live.experiment ?? null) !== null;
  // Our candidate goes first, whatever somebody has made of the stable configuration.
  if (!foreignCandidate && !isExperiment && (!foreignStable || live.candidate !== null)) return;
  const what = isExperiment
    ? 'an experiment is served'
    : foreignCandidate
      ? 'another candidate is served'
      : 'another stable configuration is served';
  throw new Failure(
    'StaleGeneration',
    `${write.serviceId}: ${what} under generation ${live.generation}: somebody else has changed it, and it is left as it is`,
  );
}

/**
 * A write to several targets is finished by another try, or taken back at once: when its failure is final, and when a promotion is
 * half done at the end of the lease. The pairs are those with which the workflow takes back next, so that is the same write again. A try that
 * the workflow has given up may fail long after: it takes back nothing that was written since.
 */
async function wholeOrBack<T>(
  ports: ActivityPorts,
  gateway: Orchestrator,
  write: GatewayWrite & { readonly leaseExpiresAtMs?: number | null },
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!gateway.parts || !(error instanceof Failure) || error.type === 'LeaseMoved') throw error;
    const isLate = ports.nowMs() >= (write.leaseExpiresAtMs ?? Infinity);
    if (!error.final && !(isLate && (await isPromotedSomewhere(ports, gateway, write)))) throw error;
    const reason = `a change of several targets failed: ${error.message}`;
    const back = { ...write, revision: write.revision + 1, reason, newerStays: true };
    await takeBackCandidate(ports, back).catch(() => undefined);
    throw error.final
      ? error
      : new Failure('OrchestratorRejected', `not promoted everywhere within the lease: ${error.message}`);
  }
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
  return servesStableAlone(live) && hashOf(ports, live.stable.configuration) === write.stableHash;
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
  const serves = whatIsTried(live) ?? 'no candidate';
  return new Failure(
    newer ? 'StaleGeneration' : 'OrchestratorUnavailable',
    `${write.serviceId}: wrote (${write.generation}, ${write.revision}), expected ${wanted}; the gateway is at (${live.generation}, ${live.revision}) and serves ${serves}`,
  );
}
