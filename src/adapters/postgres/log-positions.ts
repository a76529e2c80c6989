/** How far each partition of an event log was read. A position moves only from where its reader believes it to be. */
import type { Position, TopicPartition } from '../../ports/event-log.ts';
import type { LogMove } from '../../ports/event-batch.ts';
import type { Queryable } from './database.ts';

/**
 * Moves the position in the caller's transaction, which must end without anything stored when this answers false: then another reader has
 * stored what the caller has read, or knows that its topic is no more. Comes first in a transaction: whoever waits for the row here sees what the
 * other one has stored.
 */
export async function movePosition(
  tx: Queryable,
  { group, topic, partition, topicId, from, to }: LogMove,
  nowMs: number,
): Promise<boolean> {
  const rows = await tx.query<{ moved: boolean }>(
    'SELECT move_log_position($1, $2, $3, $4, $5, $6, $7) AS moved',
    [group, topic, partition, topicId, from, to, nowMs],
  );
  return rows[0]?.moved === true;
}

/**
 * Of each partition that was read before, as the position in the topic that has its name now. One that was kept before ids were takes the id;
 * one of another topic goes back to 0. Where no id is given, the one that is kept is believed.
 */
export async function readPositions(
  db: Queryable,
  group: string,
  of: readonly TopicPartition[],
): Promise<readonly Position[]> {
  return db.query<Position>(
    `WITH kept AS (
       SELECT o.topic, o.partition, o.next_offset, o.topic_id, p.topic_id AS present
       FROM event_log_offsets o JOIN unnest($2::text[], $3::integer[], $4::text[]) AS p(topic, partition, topic_id)
         USING (topic, partition)
       WHERE o.consumer_group = $1 FOR UPDATE OF o),
     changed AS (
       UPDATE event_log_offsets o SET topic_id = k.present, next_offset = CASE WHEN k.topic_id IS NULL THEN o.next_offset ELSE 0 END
       FROM kept k WHERE o.consumer_group = $1 AND o.topic = k.topic AND o.partition = k.partition
         AND k.present IS DISTINCT FROM k.topic_id AND k.present IS NOT NULL)
     SELECT topic, partition, coalesce(present, topic_id) AS "topicId", present <> topic_id IS TRUE AS remade,
       CASE WHEN present <> topic_id THEN 0 ELSE next_offset END AS next
     FROM kept`,
    [
      group,
      of.map(({ topic }) => topic),
      of.map(({ partition }) => partition),
      of.map(({ topicId }) => topicId),
    ],
  );
}
