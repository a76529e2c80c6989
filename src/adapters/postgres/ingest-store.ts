/**
 * Where ingest writes: raw events, windows, OTLP streams and what could not be read. Each batch is one transaction, so a
 * batch that is sent again after a crash adds nothing.
 */
import type { EventBatch, LogMove, MetricEvent, Recorded, SetAside } from '../../ports/event-batch.ts';
import type { PairEvent } from '../../ports/pairs.ts';
import type { FeedbackEvent, IngestStore, Serving } from '../../ports/windows.ts';
import { blockLengths, windowMsOf } from './block-lengths.ts';
import type { Database, Queryable } from './database.ts';
import { keepDeadLetters } from './dead-letters.ts';
import { ensurePartitions, insertNew } from './feedback-events.ts';
import { foldEvents } from './fold-feedback.ts';
import { movePosition } from './log-positions.ts';
import { recordStreams } from './otlp-streams.ts';
import { foldPairs } from './pair-store.ts';
import { addToWindows, WindowBatch, windowStartMs, type WindowPlace } from './window-rows.ts';

const placeOf = ({ data }: MetricEvent, blocks: ReadonlyMap<string, number>): WindowPlace => {
  const { service: serviceId, arm, generation, task_type: taskType } = data;
  const windowMs = windowMsOf(blocks, serviceId);
  const startMs = windowStartMs(Date.parse(data.timestamp), windowMs);
  return { serviceId, windowStartMs: startMs, windowMs, arm, generation, taskType };
};

interface ServingRow {
  readonly service_id: string;
  readonly status: 'stable' | 'trying';
  readonly generation: number;
  readonly model: string | null;
}

export function createIngestStore(db: Database): IngestStore {
  const partitions = new Set<string>();
  const recordEvents = async (
    given: Partial<EventBatch>,
    nowMs: number,
    move?: LogMove,
  ): Promise<Recorded> => {
    const { feedback, pairs, metrics, setAside, deadLetters } = { ...NOTHING, ...given };
    const events: readonly Raw[] = [
      ...feedback.map((event) => ({ kind: 'feedback' as const, ...event })),
      ...pairs.map((event) => ({ kind: 'pair' as const, ...event })),
      ...metrics.map((event) => ({ kind: 'metric' as const, ...event })),
    ];
    await ensurePartitions(db, events, partitions);
    return moving(db, move, nowMs, async (tx) => {
      await putAside(tx, setAside, nowMs);
      await keepDeadLetters(tx, deadLetters, nowMs);
      if (events.length === 0) return { kind: 'recorded', stored: 0, duplicates: 0, unknownService: 0 };
      const blocks = await blockLengths(
        tx,
        events.map((event) => event.data.service),
      );
      const fresh = await insertNew(tx, events, (serviceId) => blocks.has(serviceId), nowMs);
      await foldNew(tx, fresh, blocks, nowMs);
      return {
        kind: 'recorded',
        stored: fresh.length,
        duplicates: events.length - fresh.length,
        unknownService: fresh.filter((event) => !blocks.has(event.data.service)).length,
      };
    });
  };
  /** Of a batch that moves no position, which nobody can have moved. */
  const record = async (given: Partial<EventBatch>, nowMs: number) => {
    const recorded = await recordEvents(given, nowMs);
    if (recorded.kind === 'moved') throw new Error('a batch without a position was moved');
    const { stored, duplicates, unknownService } = recorded;
    return { stored, duplicates, unknownService };
  };
  return {
    serving: async (serviceIds) => {
      const rows = await db.query<ServingRow>(
        `SELECT DISTINCT ON (service_id, status) service_id, status, generation, body->>'model' AS model
         FROM configurations WHERE service_id = ANY($1::text[]) AND status IN ('stable', 'trying')
         ORDER BY service_id, status, generation DESC`,
        [serviceIds],
      );
      const served = new Map<string, Serving>();
      for (const { service_id, status, generation, model } of rows) {
        const before = served.get(service_id) ?? { stable: null, candidate: null };
        const arm = status === 'stable' ? 'stable' : 'candidate';
        served.set(service_id, { ...before, [arm]: { generation, model } });
      }
      return served;
    },
    recordEvents,
    recordFeedback: (feedback, nowMs) => record({ feedback }, nowMs),
    recordPairs: (pairs, nowMs) => record({ pairs }, nowMs),
    recordStreams: (points, advance, nowMs) =>
      db.transaction((tx) => recordStreams(tx, points, advance, nowMs)),
    setAside: (items, nowMs) => putAside(db, items, nowMs),
  };
}

type Raw =
  | ({ readonly kind: 'feedback' } & FeedbackEvent)
  | ({ readonly kind: 'pair' } & PairEvent)
  | ({ readonly kind: 'metric' } & MetricEvent);

const NOTHING: EventBatch = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

/** Folds what was never seen: feedback and metrics into the same windows in one go, so that two batches never lock them in a circle. */
async function foldNew(
  tx: Queryable,
  fresh: readonly Raw[],
  blocks: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<void> {
  const windows = new WindowBatch();
  await foldEvents(
    tx,
    fresh.filter((event) => event.kind === 'feedback'),
    blocks,
    windows,
  );
  for (const event of fresh) {
    if (event.kind !== 'metric') continue;
    const place = windows.at(placeOf(event, blocks));
    place.merge(event.data.metric, event.stats);
    for (const { metric, stats } of event.further ?? []) place.merge(metric, stats);
  }
  await addToWindows(tx, windows);
  const pairs = fresh.filter((event) => event.kind === 'pair');
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

async function putAside(db: Queryable, items: readonly SetAside[], nowMs: number): Promise<void> {
  if (items.length === 0) return;
  await db.query(
    `INSERT INTO ingest_set_aside (received_at_ms, source, reason, body)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])`,
    [
      nowMs,
      items.map((item) => storable(item.source)),
      items.map((item) => storable(item.reason)),
      items.map((item) => storable(item.body)),
    ],
  );
}

/** PostgreSQL text cannot hold NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');
