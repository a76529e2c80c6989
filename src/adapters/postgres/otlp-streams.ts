/**
 * How far each OTLP stream was counted. The state of a stream and the windows its points add to change together or not
 * at all; what a point adds is the caller's to say.
 */
import type { AdvanceStream, StreamPoint } from '../../ports/windows.ts';
import { blockLengths, windowMsOf } from './block-lengths.ts';
import type { Queryable } from './database.ts';
import { addToWindows, WindowBatch, windowStartMs } from './window-rows.ts';

/**
 * Locks the streams in key order, making those that are new, and answers their states. In one statement, which writes even where a stream is there: between two, the
 * upkeep could remove one that has been silent for long, and its state would be lost.
 */
async function lockStreams(
  tx: Queryable,
  keys: readonly string[],
  nowMs: number,
): Promise<Map<string, unknown>> {
  const rows = await tx.query<{ stream_key: string; state: unknown }>(
    `INSERT INTO otlp_streams AS s (stream_key, state, updated_at_ms)
     SELECT key, 'null', $2 FROM unnest($1::text[]) AS k(key) ORDER BY key COLLATE "C"
     ON CONFLICT (stream_key) DO UPDATE SET updated_at_ms = greatest(s.updated_at_ms, excluded.updated_at_ms)
     RETURNING stream_key, state`,
    [keys, nowMs],
  );
  return new Map(rows.map((row) => [row.stream_key, row.state]));
}

/** See `IngestStore.recordStreams`. Runs in the caller's transaction. */
export async function recordStreams<P extends StreamPoint>(
  tx: Queryable,
  points: readonly P[],
  advance: AdvanceStream<P>,
  nowMs: number,
): Promise<{ readonly counted: number; readonly unchanged: number }> {
  if (points.length === 0) return { counted: 0, unchanged: 0 };
  const keys = [...new Set(points.map((point) => point.streamKey))].sort();
  const states = await lockStreams(tx, keys, nowMs);
  const blocks = await blockLengths(
    tx,
    points.map((point) => point.serviceId),
  );
  const batch = new WindowBatch();
  let counted = 0;
  for (const point of points) {
    const { state, added } = advance(states.get(point.streamKey) ?? null, point);
    states.set(point.streamKey, state);
    if (added === null) continue;
    counted += 1;
    const { serviceId, generation, arm, metric, taskType, atMs } = point;
    const windowMs = windowMsOf(blocks, serviceId);
    const startMs = windowStartMs(atMs, windowMs);
    batch.at({ serviceId, windowStartMs: startMs, windowMs, arm, generation, taskType }).merge(metric, added);
  }
  await tx.query(
    `UPDATE otlp_streams s SET state = n.state, updated_at_ms = $3
     FROM unnest($1::text[], $2::json[]) AS n(stream_key, state) WHERE s.stream_key = n.stream_key`,
    [keys, keys.map((key) => JSON.stringify(states.get(key) ?? null)), nowMs],
  );
  await addToWindows(tx, batch);
  return { counted, unchanged: points.length - counted };
}
