/** Raw events as they are kept: of a batch those of one service and day together, a line of JSON each. */
import type { FeedbackEvent } from '../../ports/feedback-event.ts';
import type { Queryable } from './database.ts';
import { dayNoOf, dayOfNo } from './event-partitions.ts';
import type { RawEvent } from './raw-events.ts';

interface Chunk {
  readonly dayNo: number;
  readonly service: string;
  fromMs: number;
  toMs: number;
  readonly lines: Buffer[];
}

const NEW_LINE = Buffer.from('\n');

/** In JSON: NUL, and half a surrogate pair, which no text of PostgreSQL holds. A backslash that is itself escaped begins nothing. */
const UNSTORABLE = /(?<!\\)(?<even>(?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/giu;

/** The line that is kept of an event: one that cannot be read would break every read of its day. */
function lineOf(event: FeedbackEvent | RawEvent['event'], atMs: number): Buffer {
  if ('line' in event && event.line !== undefined) return event.line;
  const { source, id, data } = event;
  const text = JSON.stringify({ source, id, at: atMs, data });
  return Buffer.from(text.includes('\\u') ? text.replaceAll(UNSTORABLE, '$<even>\\ufffd') : text);
}

/** Chunks in the making. */
export class Chunks {
  readonly #byPlace = new Map<string, Chunk>();
  #last: Chunk | null = null;

  get days(): ReadonlySet<number> {
    return new Set([...this.#byPlace.values()].map(({ dayNo }) => dayNo));
  }

  add(event: RawEvent['event'], atMs: number): void {
    const chunk = this.#at(dayNoOf(atMs), event.data.service, atMs);
    if (atMs < chunk.fromMs) chunk.fromMs = atMs;
    if (atMs > chunk.toMs) chunk.toMs = atMs;
    chunk.lines.push(lineOf(event, atMs), NEW_LINE);
  }

  absorb(other: Chunks): void {
    for (const { dayNo, service, fromMs, toMs, lines } of other.#byPlace.values()) {
      const chunk = this.#at(dayNo, service, fromMs);
      chunk.fromMs = Math.min(chunk.fromMs, fromMs);
      chunk.toMs = Math.max(chunk.toMs, toMs);
      for (const line of lines) chunk.lines.push(line);
    }
  }

  #at(dayNo: number, service: string, atMs: number): Chunk {
    if (this.#last?.dayNo === dayNo && this.#last.service === service) return this.#last;
    const place = `${dayNo} ${service}`;
    const chunk = this.#byPlace.get(place) ?? { dayNo, service, fromMs: atMs, toMs: atMs, lines: [] };
    this.#byPlace.set(place, chunk);
    this.#last = chunk;
    return chunk;
  }

  /**
   * The parameters that `keep_chunks` and `record_plain_batches` share, in their order: columns of all chunks, an entry each; the last one is the
   * text of all of them one after the other, those before it where each begins (from 1) and its length, in bytes.
   * @param isKnown whether a service is registered
   */
  parameters(isKnown: (serviceId: string) => boolean): readonly unknown[] {
    const chunks = [...this.#byPlace.values()];
    // The line feed after a chunk's last line is left out.
    const lengths = chunks.map(({ lines }) => lines.reduce((sum, { length }) => sum + length, 0) - 1);
    let start = 1;
    const starts = lengths.map((length) => {
      const at = start;
      start += length;
      return at;
    });
    return [
      chunks.map(({ dayNo }) => dayOfNo(dayNo)),
      chunks.map(({ service }) => service),
      chunks.map(({ fromMs }) => fromMs),
      chunks.map(({ toMs }) => toMs),
      chunks.map(({ service }) => isKnown(service)),
      chunks.map(({ lines }) => lines.length / 2),
      starts,
      lengths,
      Buffer.concat(chunks.flatMap(({ lines }) => lines.slice(0, -1))),
    ];
  }
}

/** In the caller's transaction. */
export async function keepChunks(
  tx: Queryable,
  chunks: Chunks,
  isKnown: (serviceId: string) => boolean,
  nowMs: number,
): Promise<void> {
  await tx.query(
    `SELECT keep_chunks($1::date[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::integer[], $7::integer[],
       $8::integer[], $9::bytea, $10)`,
    [...chunks.parameters(isKnown), nowMs],
  );
}
