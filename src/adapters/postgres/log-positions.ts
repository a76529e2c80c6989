/** How far each partition of an event log was read. A position moves only from where its reader believes it to be. */
import type { Partition } from '../../ports/event-log.ts';
import type { LogMove } from '../../ports/event-batch.ts';
import type { Queryable } from './database.ts';

/**
 * The transaction's commit need not wait for the disk: should the database lose it in a crash, it loses the position too, and the log still has
 * what was read. Nobody was told that it is stored. One statement with the move, to save a round trip.
 */
const NOT_WAITING = `set_config('synchronous_commit', 'off', true)`;

/**
 * Moves the position in the caller's transaction, which must end without anything stored when this answers false: then another reader has
 * stored what the caller has read. Comes first in a transaction: whoever waits for the row here sees what the other one has stored.
 */
export async function movePosition(
  tx: Queryable,
  { group, topic, partition, from, to }: LogMove,
  nowMs: number,
): Promise<boolean> {
  const rows =
    from === null
      ? await tx.query(
          `INSERT INTO event_log_offsets (consumer_group, topic, partition, next_offset, updated_at_ms)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING ${NOT_WAITING}`,
          [group, topic, partition, to, nowMs],
        )
      : await tx.query(
          `UPDATE event_log_offsets SET next_offset = $4, updated_at_ms = $5
           WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND next_offset = $6 RETURNING ${NOT_WAITING}`,
          [group, topic, partition, to, nowMs, from],
        );
  return rows.length === 1;
}

/** Of each partition that was read before. */
export async function readPositions(
  db: Queryable,
  group: string,
  of: readonly Partition[],
): Promise<readonly (Partition & { readonly next: number })[]> {
  return db.query<{ topic: string; partition: number; next: number }>(
    `SELECT topic, partition, next_offset AS next FROM event_log_offsets
     JOIN unnest($2::text[], $3::integer[]) AS p(topic, partition) USING (topic, partition)
     WHERE consumer_group = $1`,
    [group, of.map(({ topic }) => topic), of.map(({ partition }) => partition)],
  );
}
