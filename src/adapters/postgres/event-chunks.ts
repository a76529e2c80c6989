/** Raw events as they are kept: of a batch those of one service and day together, a line of JSON each. */
import type { Queryable } from './database.ts';
import { dayOf } from './event-partitions.ts';
import type { RawEvent } from './raw-events.ts';

/** Columns of all chunks, an entry each; `events` is their text one after the other, `starts` (from 1) and `lengths` in bytes. */
export interface Chunks {
  readonly days: readonly string[];
  readonly services: readonly string[];
  readonly fromMs: readonly number[];
  readonly toMs: readonly number[];
  readonly known: readonly boolean[];
  readonly counts: readonly number[];
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
  readonly events: Buffer;
}

interface Chunk {
  readonly day: string;
  readonly service: string;
  fromMs: number;
  toMs: number;
  readonly lines: Buffer[];
}

const DAY_MS = 86_400_000;
const NEW_LINE = Buffer.from('\n');

const lineOf = ({ event }: RawEvent): Buffer =>
  'line' in event && event.line !== undefined
    ? event.line
    : Buffer.from(JSON.stringify({ source: event.source, id: event.id, data: event.data }));

/** @param isKnown whether a service is registered */
export function chunksOf(events: readonly RawEvent[], isKnown: (serviceId: string) => boolean): Chunks {
  const byPlace = new Map<string, Chunk>();
  let [last, lastNo]: [Chunk | null, number] = [null, Number.NaN];
  for (const raw of events) {
    const { atMs } = raw;
    const { service } = raw.event.data;
    const no = Math.floor(atMs / DAY_MS);
    if (last === null || no !== lastNo || last.service !== service) {
      const day = dayOf(atMs);
      const place: string = `${day}${service}`;
      last = byPlace.get(place) ?? { day, service, fromMs: atMs, toMs: atMs, lines: [] };
      lastNo = no;
      byPlace.set(place, last);
    }
    if (atMs < last.fromMs) last.fromMs = atMs;
    if (atMs > last.toMs) last.toMs = atMs;
    last.lines.push(lineOf(raw), NEW_LINE);
  }
  return toColumns([...byPlace.values()], isKnown);
}

function toColumns(chunks: readonly Chunk[], isKnown: (serviceId: string) => boolean): Chunks {
  // The line feed after a chunk's last line is left out.
  const texts = chunks.map(({ lines }) => Buffer.concat(lines.slice(0, -1)));
  let start = 1;
  const starts = texts.map((text) => {
    const at = start;
    start += text.length;
    return at;
  });
  return {
    days: chunks.map(({ day }) => day),
    services: chunks.map(({ service }) => service),
    fromMs: chunks.map(({ fromMs }) => fromMs),
    toMs: chunks.map(({ toMs }) => toMs),
    known: chunks.map(({ service }) => isKnown(service)),
    counts: chunks.map(({ lines }) => lines.length / 2),
    starts,
    lengths: texts.map(({ length }) => length),
    events: Buffer.concat(texts),
  };
}

/** The parameters that `keep_chunks` and `record_plain_feedback` share, in their order. */
export const chunkParameters = (chunks: Chunks): readonly unknown[] => [
  chunks.days,
  chunks.services,
  chunks.fromMs,
  chunks.toMs,
  chunks.known,
  chunks.counts,
  chunks.starts,
  chunks.lengths,
  chunks.events,
];

/** In the caller's transaction. */
export async function keepChunks(tx: Queryable, chunks: Chunks, nowMs: number): Promise<void> {
  await tx.query(
    `SELECT keep_chunks($1::date[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::integer[], $7::integer[],
       $8::integer[], $9::bytea, $10)`,
    [...chunkParameters(chunks), nowMs],
  );
}
