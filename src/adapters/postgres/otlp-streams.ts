/**
 * How far each OTLP stream was counted, since when its instrument (family) is known, and which points that stand for themselves came. These and the windows
 * that the points add to change together or not at all; what a point adds is the caller's to say.
 */
import type { AdvanceStream, IngestStore, RecordedStreams, StreamPoint } from '../../ports/windows.ts';
import { blockLengths, windowMsOf } from './block-lengths.ts';
import type { Database, Queryable } from './database.ts';
import { EventPartitions } from './event-partitions.ts';
import { rememberEvents } from './feedback-events.ts';
import { seenSince } from './otlp-services.ts';
import { unitsOf } from './otlp-units.ts';
import { KEY_DIGITS } from './raw-events.ts';
import { blamingNoValue, sqlState } from './store-failure.ts';
import { addToWindows, WindowBatch, windowStartMs } from './window-rows.ts';

const UNDEFINED_TABLE = '42P01';

interface Row {
  readonly stream_key: string;
  readonly state: unknown;
}

const byKey = (rows: readonly Row[]): Map<string, unknown> =>
  new Map(rows.map((row) => [row.stream_key, row.state]));

/**
 * Locks the streams and families in key order, making those that are new, and answers their states. In one statement, which writes even where one is there:
 * between two, the upkeep could remove one that has been silent for long, and its state would be lost.
 */
async function lockStreams(
  tx: Queryable,
  keys: readonly string[],
  nowMs: number,
): Promise<Map<string, unknown>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.query<Row>(
    `INSERT INTO otlp_streams AS s (stream_key, state, updated_at_ms)
     SELECT key, 'null', $2 FROM unnest($1::text[]) AS k(key) ORDER BY key COLLATE "C"
     ON CONFLICT (stream_key) DO UPDATE SET updated_at_ms = greatest(s.updated_at_ms, excluded.updated_at_ms)
     RETURNING stream_key, state`,
    [keys, nowMs],
  );
  return byKey(rows);
}

/** States as the version before left them. */
async function formerStates(tx: Queryable, keys: ReadonlySet<string>): Promise<ReadonlyMap<string, unknown>> {
  if (keys.size === 0) return new Map();
  return byKey(
    await tx.query<Row>('SELECT stream_key, state FROM otlp_streams WHERE stream_key = ANY ($1::text[])', [
      [...keys],
    ]),
  );
}

/** What is remembered of a family. Under `value`, so that the upkeep keeps it for as long as a cumulative stream. */
interface FamilyState {
  /** The time of its first points, nanoseconds since the epoch. */
  readonly value: string;
}

/**
 * Of each family among the points, since when it is known: as it was remembered, else the earliest time that they have. So all points of one
 * transaction are told the same, in whatever order they stand.
 */
function familiesOf(
  points: readonly StreamPoint[],
  states: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, FamilyState> {
  const families = new Map<string, FamilyState>();
  for (const { family } of points) {
    if (family === undefined) continue;
    const { key, timeNano } = family;
    const remembered = (states.get(key) ?? null) as FamilyState | null;
    const told = remembered ?? families.get(key) ?? { value: timeNano };
    const isEarlier = remembered === null && BigInt(timeNano) < BigInt(told.value);
    families.set(key, isEarlier ? { value: timeNano } : told);
  }
  return families;
}

/** `event_ids.key` of a point that counts once. */
const onceKeyOf = ({ streamKey }: StreamPoint): string => streamKey.slice(0, KEY_DIGITS);

/** Of what is remembered as a row of its own. */
const lockedKeysOf = ({ once, streamKey, family }: StreamPoint): readonly string[] =>
  once ? [] : family === undefined ? [streamKey] : [streamKey, family.key];

/** Runs in the caller's transaction. The period of `nowMs` must have its partition of identities where a point counts once. */
export async function recordStreams<P extends StreamPoint>(
  tx: Queryable,
  points: readonly P[],
  advance: AdvanceStream<P>,
  nowMs: number,
): Promise<RecordedStreams<P>> {
  const refused: { point: P; reason: string }[] = [];
  if (points.length === 0) return { counted: 0, unchanged: 0, refused };
  // All writers take locks in this order: streams and families, services, units, identities, windows.
  const keys = [...new Set(points.flatMap(lockedKeysOf))].sort();
  const states = await lockStreams(tx, keys, nowMs);
  const families = familiesOf(points, states);
  const services = points.map((point) => point.serviceId);
  const seen = await seenSince(tx, services, nowMs);
  const unitOf = await unitsOf(tx, points);
  const onceKeys = new Set(points.filter(({ once }) => once).map(onceKeyOf));
  const fresh = new Set(onceKeys.size === 0 ? [] : await rememberEvents(tx, onceKeys, nowMs));
  const isNew = (point: P): boolean =>
    point.once ? fresh.has(onceKeyOf(point)) : (states.get(point.streamKey) ?? null) === null;
  const former = await formerStates(
    tx,
    new Set(
      points.flatMap((point) => (point.formerKey !== undefined && isNew(point) ? [point.formerKey] : [])),
    ),
  );
  const blocks = await blockLengths(tx, services);
  const batch = new WindowBatch();
  let counted = 0;
  for (const point of points) {
    // Of two copies in one export the first counts.
    if (point.once && !fresh.delete(onceKeyOf(point))) continue;
    const { serviceId, generation, arm, metric, taskType, atMs } = point;
    const own = point.once ? null : states.get(point.streamKey);
    const previous = own ?? former.get(point.formerKey ?? '') ?? null;
    const since = families.get(point.family?.key ?? '');
    const context = {
      seenSinceMs: seen.get(serviceId) ?? nowMs,
      unit: unitOf(point),
      ...(since && { familySinceNano: since.value }),
    };
    const { state, added, refused: reason } = advance(previous, point, context);
    if (!point.once) states.set(point.streamKey, state);
    if (reason !== undefined) refused.push({ point, reason });
    if (added === null) continue;
    counted += 1;
    const windowMs = windowMsOf(blocks, serviceId);
    const startMs = windowStartMs(atMs, windowMs);
    batch.at({ serviceId, windowStartMs: startMs, windowMs, arm, generation, taskType }).merge(metric, added);
  }
  if (keys.length > 0) {
    await tx.query(
      `UPDATE otlp_streams s SET state = n.state, updated_at_ms = $3
       FROM unnest($1::text[], $2::json[]) AS n(stream_key, state) WHERE s.stream_key = n.stream_key`,
      [keys, keys.map((key) => JSON.stringify(families.get(key) ?? states.get(key) ?? null)), nowMs],
    );
  }
  await addToWindows(tx, batch);
  return { counted, unchanged: points.length - counted - refused.length, refused };
}

/** See `IngestStore.recordStreams`. */
export function createStreamRecorder(db: Database): IngestStore['recordStreams'] {
  const partitions = new EventPartitions();
  return async (points, advance, nowMs) => {
    const record = async () => {
      if (points.some(({ once }) => once)) await partitions.ensure(db, [], nowMs);
      return db.transaction((tx) => recordStreams(tx, points, advance, nowMs));
    };
    try {
      return await record();
    } catch (error) {
      if (sqlState(error) !== UNDEFINED_TABLE) throw blamingNoValue(error);
    }
    // A partition that this process knew is gone.
    partitions.forget();
    return record().catch((again: unknown) => {
      throw blamingNoValue(again);
    });
  };
}
