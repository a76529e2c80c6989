/** The raw events (feedback, and pairs of shadows), each (source, id) once. Says which of a batch are new. */
import type { Queryable } from './database.ts';

/** What the raw events have in common. */
interface RawEvent {
  readonly source: string;
  readonly id: string;
  readonly data: { readonly service: string; readonly timestamp: string };
}

const DAY_MS = 86_400_000;

const dayOf = (event: RawEvent): string => {
  const atMs = Date.parse(event.data.timestamp);
  return new Date(Math.floor(atMs / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
};

const keyOf = (source: string, id: string): string => JSON.stringify([source, id]);

/** Makes the partitions that the batch needs. Outside the batch's transaction: it locks the parent for a moment. */
export async function ensurePartitions(
  db: Queryable,
  events: readonly RawEvent[],
  known: Set<string>,
): Promise<void> {
  for (const day of new Set(events.map(dayOf))) {
    if (known.has(day)) continue;
    await db.query('SELECT ensure_feedback_partition($1::date)', [day]);
    known.add(day);
  }
}

/**
 * Stores the events that were never seen and answers them, in exposure order. Writers of one source take turns, so that
 * an id is counted once even when it comes twice at the same moment with different times.
 */
export async function insertNew<E extends RawEvent>(
  tx: Queryable,
  events: readonly E[],
  isKnown: (serviceId: string) => boolean,
  nowMs: number,
): Promise<readonly E[]> {
  const byKey = new Map<string, E>();
  for (const event of events) {
    const key = keyOf(event.source, event.id);
    if (!byKey.has(key)) byKey.set(key, event);
  }
  const unique = [...byKey.values()].sort(
    (a, b) => Date.parse(a.data.timestamp) - Date.parse(b.data.timestamp),
  );
  await tx.query(
    `SELECT pg_advisory_xact_lock(lock) FROM (
       SELECT DISTINCT hashtextextended('feedback_events:' || source, 0) AS lock
       FROM unnest($1::text[]) AS s(source) ORDER BY lock) AS sorted`,
    [unique.map((event) => event.source)],
  );
  const rows = await tx.query<{ source: string; id: string }>(
    `INSERT INTO feedback_events
       (source, id, day, service_id, exposed_at_ms, received_at_ms, service_known, data)
     SELECT n.source, n.id, n.day, n.service_id, n.exposed_at_ms, $8, n.service_known, n.data
     FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::bigint[], $6::boolean[], $7::json[])
       AS n(source, id, day, service_id, exposed_at_ms, service_known, data)
     WHERE NOT EXISTS (SELECT FROM feedback_events e WHERE e.source = n.source AND e.id = n.id)
     RETURNING source, id`,
    [
      unique.map((event) => event.source),
      unique.map((event) => event.id),
      unique.map(dayOf),
      unique.map((event) => event.data.service),
      unique.map((event) => Date.parse(event.data.timestamp)),
      unique.map((event) => isKnown(event.data.service)),
      unique.map((event) => JSON.stringify(event.data)),
      nowMs,
    ],
  );
  const stored = new Set(rows.map((row) => keyOf(row.source, row.id)));
  return unique.filter((event) => stored.has(keyOf(event.source, event.id)));
}
