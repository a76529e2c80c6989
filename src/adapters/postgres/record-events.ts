/**
 * Stores what a batch of events brought in one transaction, so that a batch that is sent again after a crash adds nothing: in one statement where
 * that can be, else step by step.
 */
import type { EventBatch, LogMove, MetricEvent, Recorded } from '../../ports/event-batch.ts';
import type { IngestStore } from '../../ports/windows.ts';
import { blockLengths, windowMsOf } from './block-lengths.ts';
import type { Database, Queryable } from './database.ts';
import { keepDeadLetters } from './dead-letters.ts';
import { Chunks, keepChunks } from './event-chunks.ts';
import { dayNoOf, EventPartitions } from './event-partitions.ts';
import { rememberEvents } from './feedback-events.ts';
import { foldEvents } from './fold-feedback.ts';
import { FoldedFeedback, isPlain } from './folded-feedback.ts';
import { movePosition } from './log-positions.ts';
import { foldPairs } from './pair-store.ts';
import { PlainFeedback } from './plain-feedback.ts';
import { PlainTogether } from './plain-together.ts';
import { rawEvents, type RawEvent } from './raw-events.ts';
import { putAside } from './set-aside.ts';
import { blamingNoValue, sqlState } from './store-failure.ts';
import { addToWindows, WindowBatch, windowStartMs, type WindowPlace } from './window-rows.ts';

/** A partition that this process knew is gone: check_violation, undefined_table. */
const PARTITION_GONE: ReadonlySet<string> = new Set(['23514', '42P01']);

type Recorder = Pick<IngestStore, 'plainBatch' | 'recordEvents'>;

/** What a batch holds, each event once. */
interface Parts {
  /** Folded already; null when there is none. */
  readonly plain: FoldedFeedback | null;
  /** All others. */
  readonly events: readonly RawEvent[];
  readonly setAside: EventBatch['setAside'];
  readonly deadLetters: EventBatch['deadLetters'];
  readonly repeated: number;
}

/** See `IngestStore`. */
export function createRecorder(db: Database): Recorder {
  const partitions = new EventPartitions();
  const plain = new PlainFeedback();
  const together = new PlainTogether(db, plain);
  const record = async (parts: Parts, nowMs: number, move: LogMove | undefined): Promise<Recorded> => {
    if (parts.plain !== null) await plain.finish(db, parts.plain);
    const days = new Set([
      ...(parts.plain?.chunks.days ?? []),
      ...parts.events.map(({ atMs }) => dayNoOf(atMs)),
    ]);
    if (days.size > 0) await partitions.ensure(db, days, nowMs);
    const recorded =
      parts.plain !== null && parts.events.length === 0
        ? await recordPlain(db, plain, together, parts.plain, parts, nowMs, move)
        : await recordInSteps(db, plain, parts, nowMs, move);
    return recorded.kind === 'recorded'
      ? { ...recorded, duplicates: recorded.duplicates + parts.repeated }
      : recorded;
  };
  const recordOnce = async (
    batch: EventBatch,
    folded: FoldedFeedback | null,
    nowMs: number,
    move: LogMove | undefined,
  ): Promise<Recorded> => {
    try {
      return await record(partsOf(batch, folded), nowMs, move);
    } catch (error) {
      if (!PARTITION_GONE.has(sqlState(error))) throw blamingNoValue(error);
      partitions.forget();
      if (folded !== null) return { kind: 'again' };
      return record(partsOf(batch, null), nowMs, move).catch((again: unknown) => {
        throw blamingNoValue(again);
      });
    }
  };
  return {
    plainBatch: () => plain.begin(),
    recordEvents: async (batch, nowMs, move) => {
      const given = batch.plain ?? null;
      if (given !== null && !(given instanceof FoldedFeedback))
        throw new TypeError('batch.plain must be made by plainBatch() of this store');
      if (given !== null) return recordOnce(batch, given, nowMs, move);
      // What comes out of a log was tried folded before.
      const folded = move === undefined ? foldWhole(batch, plain) : null;
      const quick = folded && (await recordOnce({ ...batch, feedback: [] }, folded, nowMs, move));
      return quick === null || quick.kind === 'again' ? recordOnce(batch, null, nowMs, move) : quick;
    },
  };
}

/** The feedback of a batch that holds nothing else, when all of it is plain; else null. */
function foldWhole({ feedback, pairs, metrics }: EventBatch, plain: PlainFeedback): FoldedFeedback | null {
  if (feedback.length === 0 || pairs.length + metrics.length > 0 || !feedback.every(isPlain)) return null;
  const folded = plain.begin();
  for (const event of feedback) folded.add(event);
  return folded;
}

function partsOf(batch: EventBatch, folded: FoldedFeedback | null): Parts {
  const plain = folded === null || folded.keys.size === 0 ? null : folded;
  const all = rawEvents(batch);
  const events = plain === null ? all : all.filter(({ key }) => !plain.keys.has(key));
  const given = batch.feedback.length + batch.pairs.length + batch.metrics.length;
  const { setAside, deadLetters } = batch;
  return { plain, events, setAside, deadLetters, repeated: given - events.length + (plain?.repeated ?? 0) };
}

/** In one statement, with what else waits where it comes out of a log; or with what is put aside in one transaction of three. */
async function recordPlain(
  db: Database,
  plain: PlainFeedback,
  together: PlainTogether,
  batch: FoldedFeedback,
  { setAside, deadLetters }: Parts,
  nowMs: number,
  move: LogMove | undefined,
): Promise<Recorded> {
  const outcome =
    setAside.length > 0 || deadLetters.length > 0
      ? await db.transaction(async (tx) => {
          const done = await plain.record(tx, batch, nowMs, move ? [move] : []);
          if (done !== 'recorded') return done;
          await putAside(tx, setAside, nowMs);
          await keepDeadLetters(tx, deadLetters, nowMs);
          return done;
        })
      : await (move ? together.record(batch, nowMs, move) : plain.record(db, batch, nowMs, []));
  if (outcome !== 'recorded') return { kind: outcome };
  const { services, blocks, keys } = batch;
  return { kind: 'recorded', stored: keys.size, duplicates: 0, unknownService: unknownOf(services, blocks) };
}

/** Events of services that nobody registered. */
const unknownOf = (events: ReadonlyMap<string, number>, blocks: ReadonlyMap<string, number>): number =>
  [...events].reduce((sum, [service, count]) => (blocks.has(service) ? sum : sum + count), 0);

/** Whatever is in it: what is folded already, and others. */
const recordInSteps = (
  db: Database,
  plain: PlainFeedback,
  { plain: folded, events, setAside, deadLetters }: Parts,
  nowMs: number,
  move: LogMove | undefined,
): Promise<Recorded> =>
  moving(db, move, nowMs, async (tx) => {
    await putAside(tx, setAside, nowMs);
    await keepDeadLetters(tx, deadLetters, nowMs);
    if (events.length === 0) return { kind: 'recorded', stored: 0, duplicates: 0, unknownService: 0 };
    const services = [...(folded?.services.keys() ?? []), ...events.map(({ event }) => event.data.service)];
    const blocks = await blockLengths(tx, services);
    const asFolded =
      folded && [...folded.services.keys()].every((id) => blocks.get(id) === folded.blocks.get(id));
    if (asFolded === false) {
      if (folded) plain.forget(folded);
      throw new Undone('again');
    }
    const fresh = await rememberEvents(tx, [...(folded?.keys ?? []), ...events.map(({ key }) => key)], nowMs);
    for (const key of folded?.keys ?? []) if (!fresh.has(key)) throw new Undone('again');
    const stored = events.filter(({ key }) => fresh.has(key)).sort((a, b) => a.atMs - b.atMs);
    const chunks = folded?.chunks ?? new Chunks();
    for (const { event, atMs } of stored) chunks.add(event, atMs);
    if (fresh.size > 0) await keepChunks(tx, chunks, (serviceId) => blocks.has(serviceId), nowMs);
    await foldNew(tx, stored, blocks, folded?.windows ?? new WindowBatch(), nowMs);
    const counts = new Map(folded?.services);
    for (const { event } of stored) counts.set(event.data.service, (counts.get(event.data.service) ?? 0) + 1);
    return {
      kind: 'recorded',
      stored: fresh.size,
      duplicates: events.length - stored.length,
      unknownService: unknownOf(counts, blocks),
    };
  });

const placeOf = ({ data }: MetricEvent, blocks: ReadonlyMap<string, number>): WindowPlace => {
  const { service: serviceId, arm, generation, task_type: taskType } = data;
  const windowMs = windowMsOf(blocks, serviceId);
  const startMs = windowStartMs(Date.parse(data.timestamp), windowMs);
  return { serviceId, windowStartMs: startMs, windowMs, arm, generation, taskType };
};

const eventsOf = <K extends RawEvent['kind']>(kind: K, events: readonly RawEvent[]) =>
  events
    .filter((raw): raw is Extract<RawEvent, { kind: K }> => raw.kind === kind)
    .map(({ event }) => event as Extract<RawEvent, { kind: K }>['event']);

/**
 * Folds what was never seen into `windows` and adds those: feedback and metrics in one go, so that two batches never lock them in a circle. In the
 * caller's transaction.
 */
async function foldNew(
  tx: Queryable,
  fresh: readonly RawEvent[],
  blocks: ReadonlyMap<string, number>,
  windows: WindowBatch,
  nowMs: number,
): Promise<void> {
  await foldEvents(tx, eventsOf('feedback', fresh), blocks, windows);
  for (const event of eventsOf('metric', fresh)) {
    const place = windows.at(placeOf(event, blocks));
    place.merge(event.data.metric, event.stats);
    for (const { metric, stats } of event.further ?? []) place.merge(metric, stats);
  }
  await addToWindows(tx, windows);
  const pairs = eventsOf('pair', fresh);
  if (pairs.length > 0) await foldPairs(tx, pairs, blocks, nowMs);
}

/** Takes the transaction back, and is the answer. */
class Undone extends Error {
  override readonly name = 'Undone';
  readonly kind: 'moved' | 'again';

  constructor(kind: 'moved' | 'again') {
    super(kind);
    this.kind = kind;
  }
}

/** `work` in a transaction that moves the position first; none of it when another reader has moved it meanwhile. */
async function moving(
  db: Database,
  move: LogMove | undefined,
  nowMs: number,
  work: (tx: Queryable) => Promise<Recorded>,
): Promise<Recorded> {
  try {
    return await db.transaction(async (tx) => {
      if (move && !(await movePosition(tx, move, nowMs))) throw new Undone('moved');
      return work(tx);
    });
  } catch (error) {
    if (error instanceof Undone) return { kind: error.kind };
    throw error;
  }
}
