/** Compensate: the way back from every phase of an experiment, and the way into a pause. */
import { Failure } from '../../src/domain/failure.ts';
import { servesStableAlone } from '../../src/domain/live-change.ts';
import type { LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import { mismatch } from '../control.ts';
import { hashOf } from '../hash-of.ts';
import type { LeaseHolder } from '../../src/ports/stores.ts';
import { requireRun, stale } from '../ours.ts';
import type { ActivityPorts } from '../ports.ts';
import { areOurs, type ArmsWrite } from './our-arms.ts';

/** Beyond what a run that was reset may have written under the same generation, and what it may still have on the way. */
const BEYOND_ANOTHER_RUN = 1_000;

type TakeAway = ArmsWrite & {
  readonly reason: string;
  /** Of an experiment that goes on afterwards: the run must be the lease's. */
  readonly holder?: LeaseHolder;
  /** And what it has written since stays, when a try comes late. */
  readonly newerStays?: boolean;
  /** Of a run that has written nothing: only arms of the run before a reset are there to be taken away. */
  readonly untouched?: boolean;
};

/**
 * Compensate. Takes the arms away and reads back until the stable configuration is live alone. Needs the gateway only. A run that was reset
 * meets revisions beyond its own under its generation: it goes beyond them, as long as what is served is its own. A second run is harmless. A
 * database that is away keeps no arms live: the fence protects the gateway.
 * Final: StaleGeneration, when somebody else has changed the service: theirs is left as it is; LeaseMoved.
 */
export async function takeArmsAway(
  ports: Pick<ActivityPorts, 'orchestratorFor' | 'hash' | 'nowMs' | 'leases'>,
  asked: TakeAway,
): Promise<{ readonly atMs: number }> {
  const unasked = await requireRunIfKnown(ports, asked);
  const gateway = ports.orchestratorFor(asked.target);
  const before = await gateway.read(asked.serviceId);
  if (asked.untouched === true && !servesOurs(ports, asked, before)) return { atMs: ports.nowMs() };
  const isBeyond = before.generation === asked.generation && before.revision > asked.revision;
  if (isBeyond && isStableAlone(ports, asked, before)) return { atMs: ports.nowMs() };
  if (isBeyond && asked.newerStays === true) {
    // Of a run that was reset this is not known before the store answers: then it takes a generation of its own.
    throw (
      unasked ?? stale(`${asked.serviceId}: revision ${before.revision} is live, this is ${asked.revision}`)
    );
  }
  requireKnown(ports, asked, before);
  const write = isBeyond || isAnothers(asked, before) ? { ...asked, ...beyond(asked, before) } : asked;
  await gateway.removeCandidate(write);
  const live = await gateway.read(asked.serviceId);
  if (isStableAlone(ports, asked, live)) return { atMs: ports.nowMs() };
  requireKnown(ports, asked, live);
  throw mismatch(asked, live, 'the stable configuration alone');
}

/** Why it is not known whose run it is: the store is away. Null when it is this one, or nobody has to be asked. */
async function requireRunIfKnown(
  ports: Pick<ActivityPorts, 'leases'>,
  asked: TakeAway,
): Promise<Failure | null> {
  if (!asked.holder) return null;
  try {
    await requireRun(ports, asked);
    return null;
  } catch (error) {
    if (error instanceof Failure && error.type === 'StoreUnavailable') return error;
    throw error;
  }
}

function servesOurs(
  ports: Pick<ActivityPorts, 'hash'>,
  { generation, experiment }: ArmsWrite,
  live: LiveConfiguration,
): boolean {
  const { experiment: served } = live;
  return live.generation === generation && served != null && areOurs(ports, served, experiment);
}

/** This very pair serves arms: a run that was reset had used it before, and the gateway refuses it for anything else. */
function isAnothers(asked: TakeAway, { generation, revision, experiment }: LiveConfiguration): boolean {
  const isSamePair = generation === asked.generation && revision === asked.revision;
  return isSamePair && (experiment ?? null) !== null && asked.newerStays !== true;
}

function beyond(asked: ArmsWrite, { revision: live }: LiveConfiguration) {
  return {
    revision: live + BEYOND_ANOTHER_RUN,
    idempotencyKey: `${asked.idempotencyKey}/beyond/${live}`,
  };
}

function isStableAlone(
  ports: Pick<ActivityPorts, 'hash'>,
  { stableHash }: ArmsWrite,
  live: LiveConfiguration,
): boolean {
  return servesStableAlone(live) && hashOf(ports, live.stable.configuration) === stableHash;
}

/** Under our generation nothing but our arms may be served beside the stable configuration: the rest is somebody's work. Our arms go first. */
function requireKnown(ports: Pick<ActivityPorts, 'hash'>, write: ArmsWrite, live: LiveConfiguration): void {
  if (live.generation !== write.generation) return;
  const { candidate, experiment, stable } = live;
  if (experiment && areOurs(ports, experiment, write.experiment)) return;
  const isOurStable = hashOf(ports, stable.configuration) === write.stableHash;
  if (!candidate && !experiment && isOurStable) return;
  const what = candidate ? 'a candidate' : experiment ? 'another experiment' : 'another stable configuration';
  throw new Failure(
    'StaleGeneration',
    `${write.serviceId}: ${what} is served under generation ${live.generation}: somebody else has changed it, and it is left as it is`,
  );
}
