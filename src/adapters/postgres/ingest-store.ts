/**
 * Where ingest writes: raw events, windows, OTLP streams and what could not be read. Each batch is one transaction, so a
 * batch that is sent again after a crash adds nothing.
 */
import type { PairEvent } from '../../ports/pairs.ts';
import type { FeedbackEvent, IngestStore, Serving } from '../../ports/windows.ts';
import { blockLengths } from './block-lengths.ts';
import type { Database, Queryable } from './database.ts';
import { ensurePartitions, insertNew } from './feedback-events.ts';
import { foldEvents } from './fold-feedback.ts';
import { recordStreams } from './otlp-streams.ts';
import { foldPairs } from './pair-store.ts';

interface ServingRow {
  readonly service_id: string;
  readonly status: 'stable' | 'trying';
  readonly generation: number;
  readonly model: string | null;
}

export function createIngestStore(db: Database): IngestStore {
  const partitions = new Set<string>();
  /** Stores what is new and folds it, in one transaction. */
  const recordNew = async <E extends FeedbackEvent | PairEvent>(
    events: readonly E[],
    nowMs: number,
    fold: (tx: Queryable, fresh: readonly E[], blocks: ReadonlyMap<string, number>) => Promise<void>,
  ) => {
    if (events.length === 0) return { stored: 0, duplicates: 0, unknownService: 0 };
    await ensurePartitions(db, events, partitions);
    return db.transaction(async (tx) => {
      const blocks = await blockLengths(
        tx,
        events.map((event) => event.data.service),
      );
      const fresh = await insertNew(tx, events, (serviceId) => blocks.has(serviceId), nowMs);
      await fold(tx, fresh, blocks);
      return {
        stored: fresh.length,
        duplicates: events.length - fresh.length,
        unknownService: fresh.filter((event) => !blocks.has(event.data.service)).length,
      };
    });
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
    recordFeedback: (events, nowMs) => recordNew(events, nowMs, foldEvents),
    recordPairs: (pairs, nowMs) =>
      recordNew(pairs, nowMs, (tx, fresh, blocks) => foldPairs(tx, fresh, blocks, nowMs)),
    recordStreams: (points, advance, nowMs) =>
      db.transaction((tx) => recordStreams(tx, points, advance, nowMs)),
    setAside: async (items, nowMs) => {
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
    },
  };
}

/** PostgreSQL text cannot hold NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');
