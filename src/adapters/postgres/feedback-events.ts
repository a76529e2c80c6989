/** Stores the raw events of a batch that were never seen, and says which those are. */
import type { Queryable } from './database.ts';
import { chunksOf, keepChunks } from './event-chunks.ts';
import { periodOf } from './event-partitions.ts';
import type { RawEvent } from './raw-events.ts';

/** The keys as a parameter: an array would be quoted entry by entry. */
export const keysParameter = (events: readonly RawEvent[]): string =>
  `{${events.map(({ key }) => key).join(',')}}`;

/**
 * Answers the new ones in exposure order, in the caller's transaction.
 * @param events each once, as `rawEvents` gives them
 */
export async function insertNew(
  tx: Queryable,
  events: readonly RawEvent[],
  isKnown: (serviceId: string) => boolean,
  nowMs: number,
): Promise<readonly RawEvent[]> {
  const rows = await tx.query<{ key: string }>(
    `SELECT replace(key::text, '-', '') AS key FROM remember_events($1::uuid[], $2) AS key`,
    [keysParameter(events), periodOf(nowMs)],
  );
  const fresh = new Set(rows.map(({ key }) => key));
  const stored = events.filter(({ key }) => fresh.has(key)).sort((a, b) => a.atMs - b.atMs);
  if (stored.length > 0) await keepChunks(tx, chunksOf(stored, isKnown), nowMs);
  return stored;
}
