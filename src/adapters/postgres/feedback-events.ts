/** The raw events (feedback, and pairs of shadows), each (source, id) once. Says which of a batch are new. */
import type { Queryable } from './database.ts';

/** What the raw events have in common. */
interface RawEvent {
  readonly source: string;
  readonly id: string;
  readonly data: { readonly service: string; readonly timestamp: string };
}

const DAY_MS = 86_400_000;

/** Days since the Unix epoch, UTC. */
const dayNoOf = (atMs: number): number => Math.floor(atMs / DAY_MS);
const dayOf = (no: number): string => new Date(no * DAY_MS).toISOString().slice(0, 10);

/** One text for both: the length says where the source ends. */
const keyOf = (source: string, id: string): string => `${source.length}:${source}${id}`;

/** Makes the partitions that the batch needs. Outside the batch's transaction: it locks the parent for a moment. */
export async function ensurePartitions(
  db: Queryable,
  events: readonly RawEvent[],
  known: Set<string>,
): Promise<void> {
  for (const no of new Set(events.map(({ data }) => dayNoOf(Date.parse(data.timestamp))))) {
    const day = dayOf(no);
    if (known.has(day)) continue;
    await db.query('SELECT ensure_feedback_partition($1::date)', [day]);
    known.add(day);
  }
}

/** What no JSON text holds: it parts many of them in one parameter, where an array would quote each quote in each. */
const SEPARATOR = '\u0001';

/**
 * Of the lot the places (from 1) of those that are stored already; the others are stored. `json` is as it was sent, so the column
 * holds the text and nothing is built from it.
 */
const INSERT = `
  WITH n AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::bigint[], $6::boolean[],
        string_to_array($7, $9))
      WITH ORDINALITY AS n(source, id, day, service_id, exposed_at_ms, service_known, data, place)
  ), known AS (
    SELECT place FROM n WHERE EXISTS (SELECT FROM feedback_events e WHERE e.source = n.source AND e.id = n.id)
  ), stored AS (
    INSERT INTO feedback_events
      (source, id, day, service_id, exposed_at_ms, received_at_ms, service_known, data)
    SELECT source, id, day, service_id, exposed_at_ms, $8, service_known, data::json
    FROM n WHERE place NOT IN (SELECT place FROM known)
  )
  SELECT place FROM known`;

/**
 * Stores the events that were never seen and answers them, in exposure order. Writers of one source take turns, so that
 * an id is counted once even when it comes twice at the same moment with different times. Sources share 256 locks: one each for every source of a
 * batch would be more than the database has room for.
 */
export async function insertNew<E extends RawEvent>(
  tx: Queryable,
  events: readonly E[],
  isKnown: (serviceId: string) => boolean,
  nowMs: number,
): Promise<readonly E[]> {
  const byKey = new Map<string, { readonly event: E; readonly atMs: number }>();
  for (const event of events) {
    const key = keyOf(event.source, event.id);
    if (!byKey.has(key)) byKey.set(key, { event, atMs: Date.parse(event.data.timestamp) });
  }
  const unique = [...byKey.values()].sort((a, b) => a.atMs - b.atMs);
  const days = new Map<number, string>();
  const dayAt = (atMs: number): string => {
    const no = dayNoOf(atMs);
    const known = days.get(no) ?? dayOf(no);
    days.set(no, known);
    return known;
  };
  await tx.query(
    `SELECT pg_advisory_xact_lock(lock) FROM (
       SELECT DISTINCT hashtextextended('feedback_events:' || source, 0) & 255 AS lock
       FROM unnest($1::text[]) AS s(source) ORDER BY lock) AS sorted`,
    [[...new Set(unique.map(({ event }) => event.source))]],
  );
  const rows = await tx.query<{ place: number }>(INSERT, [
    unique.map(({ event }) => event.source),
    unique.map(({ event }) => event.id),
    unique.map(({ atMs }) => dayAt(atMs)),
    unique.map(({ event }) => event.data.service),
    unique.map(({ atMs }) => atMs),
    unique.map(({ event }) => isKnown(event.data.service)),
    unique.map(({ event }) => JSON.stringify(event.data)).join(SEPARATOR),
    nowMs,
    SEPARATOR,
  ]);
  const known = new Set(rows.map(({ place }) => place));
  return unique.filter((_, i) => !known.has(i + 1)).map(({ event }) => event);
}
