/**
 * Stores what a batch of events brought in one transaction, so that a batch that is sent again after a crash adds nothing: in one statement where
 * that can be, else step by step.
 */
import type { EventBatch, LogMove, MetricEvent, Recorded } from '../../ports/event-batch.ts';
import type { IngestStore } from '../../ports/windows.ts';
import { blockLengths, windowMsOf } from './block-lengths.ts';
import type { Database, Queryable } from './database.ts';
import { keepDeadLetters } from './dead-letters.ts';
import { EventPartitions } from './event-partitions.ts';
import { insertNew } from './feedback-events.ts';
import { foldEvents } from './fold-feedback.ts';
import { movePosition } from './log-positions.ts';
import { foldPairs } from './pair-store.ts';
import { arePlain, PlainFeedback } from './plain-feedback.ts';
import { rawEvents, type RawEvent } from './raw-events.ts';
import { putAside } from './set-aside.ts';
import { sqlState } from './store-failure.ts';
import { addToWindows, WindowBatch, windowStartMs, type WindowPlace } from './window-rows.ts';

const NOTHING: EventBatch = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

/** A partition that this process knew is gone: check_violation, undefined_table. */
const PARTITION_GONE: ReadonlySet<string> = new Set(['23514', '42P01']);

/** See `IngestStore.recordEvents`. */
export function createRecorder(
  db: Database,
): (batch: Partial<EventBatch>, nowMs: number, move?: LogMove) => ReturnType<IngestStore['recordEvents']> {
  const partitions = new EventPartitions();
  const plain = new PlainFeedback();
  return async (given, nowMs, move) => {
    const batch = { ...NOTHING, ...given };
    const events = rawEvents(batch);
    const repeated = batch.feedback.length + batch.pairs.length + batch.metrics.length - events.length;
    const record = async (): Promise<Recorded> => {
      await partitions.ensure(db, events, nowMs);
      const recorded =
        (await recordPlain(db, plain, batch, events, nowMs, move)) ??
        (await recordInSteps(db, batch, events, nowMs, move));
      return recorded.kind === 'moved'
        ? recorded
        : { ...recorded, duplicates: recorded.duplicates + repeated };
    };
    try {
      return await record();
    } catch (error) {
      if (!PARTITION_GONE.has(sqlState(error))) throw error;
      partitions.forget();
      return record();
    }
  };
}

/** Whatever is in it. */
const recordInSteps = (
  db: Database,
  { setAside, deadLetters }: EventBatch,
  events: readonly RawEvent[],
  nowMs: number,
  move: LogMove | undefined,
): Promise<Recorded> =>
  moving(db, move, nowMs, async (tx) => {
    await putAside(tx, setAside, nowMs);
    await keepDeadLetters(tx, deadLetters, nowMs);
    if (events.length === 0) return { kind: 'recorded', stored: 0, duplicates: 0, unknownService: 0 };
    const blocks = await blockLengths(
      tx,
      events.map(({ event }) => event.data.service),
    );
    const fresh = await insertNew(tx, events, (serviceId) => blocks.has(serviceId), nowMs);
    await foldNew(tx, fresh, blocks, nowMs);
    return {
      kind: 'recorded',
      stored: fresh.length,
      duplicates: events.length - fresh.length,
      unknownService: fresh.filter(({ event }) => !blocks.has(event.data.service)).length,
    };
  });

const placeOf = ({ data }: MetricEvent, blocks: ReadonlyMap<string, number>): WindowPlace => {
  const { service: serviceId, arm, generation, task_type: taskType } = data;
  const windowMs = windowMsOf(blocks, serviceId);
  const startMs = windowStartMs(Date.parse(data.timestamp), windowMs);
  return { serviceId, windowStartMs: startMs, windowMs, arm, generation, taskType };
};

/** The batch in one statement, or with what is put aside in one transaction of three; null when it has to go the long way. */
async function recordPlain(
  db: Database,
  plain: PlainFeedback,
  { setAside, deadLetters }: EventBatch,
  events: readonly RawEvent[],
  nowMs: number,
  move: LogMove | undefined,
): Promise<Recorded | null> {
  if (events.length === 0 || !arePlain(events)) return null;
  const stored = events.length;
  const within = async (tx: Queryable) => {
    const { outcome, unknownService } = await plain.record(tx, events, nowMs, move);
    return outcome === 'recorded'
      ? ({ kind: outcome, stored, duplicates: 0, unknownService } as const)
      : outcome;
  };
  const nothingAside = setAside.length === 0 && deadLetters.length === 0;
  const done = nothingAside
    ? await within(db)
    : await db.transaction(async (tx) => {
        const outcome = await within(tx);
        if (typeof outcome !== 'string') {
          await putAside(tx, setAside, nowMs);
          await keepDeadLetters(tx, deadLetters, nowMs);
        }
        return outcome;
      });
  if (done === 'moved') return { kind: 'moved' };
  return done === 'known' ? null : done;
}

const eventsOf = <K extends RawEvent['kind']>(kind: K, events: readonly RawEvent[]) =>
  events
    .filter((raw): raw is Extract<RawEvent, { kind: K }> => raw.kind === kind)
    .map(({ event }) => event as Extract<RawEvent, { kind: K }>['event']);

/** Folds what was never seen: feedback and metrics into the same windows in one go, so that two batches never lock them in a circle. */
async function foldNew(
  tx: Queryable,
  fresh: readonly RawEvent[],
  blocks: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<void> {
  const windows = new WindowBatch();
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

/** Another reader has moved the position: takes the transaction back. */
class Moved extends Error {
  override readonly name = 'Moved';
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
      if (move && !(await movePosition(tx, move, nowMs))) throw new Moved();
      return work(tx);
    });
  } catch (error) {
    if (error instanceof Moved) return { kind: 'moved' };
    throw error;
  }
}
