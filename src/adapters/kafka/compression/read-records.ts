/**
 * The records of an unpacked batch, Kafka's message format 2, as messages. kafkajs reads those of a fetch; this reads a batch that was set aside.
 */
import type { LogMessage } from '../../../ports/event-log.ts';
import type { BatchHead } from './undecodable.ts';

/** In the head of the batch. */
const AT = { firstOffset: 0, attributes: 21, firstTimestamp: 27, lastTimestamp: 35 } as const;
/** The broker has given all of the batch the time at which it came. */
const TIME_OF_LOG = 0x08;

/** @throws Error when a record is cut */
export function readRecords(records: Buffer, { bytes: head, count }: BatchHead): readonly LogMessage[] {
  const offset = Number(head.readBigInt64BE(AT.firstOffset));
  const byLog = (head.readInt16BE(AT.attributes) & TIME_OF_LOG) !== 0;
  const timeMs = Number(head.readBigInt64BE(byLog ? AT.lastTimestamp : AT.firstTimestamp));
  const cursor = new Cursor(records);
  return Array.from({ length: count }, () => {
    const record = new Cursor(cursor.bytes(cursor.varint()));
    record.bytes(1);
    const deltaMs = record.varint();
    const offsetDelta = record.varint();
    const key = record.sized();
    const value = record.sized();
    const sentMs = timeMs + (byLog ? 0 : deltaMs);
    const headers: Record<string, string> = {};
    for (let left = record.varint(); left > 0; left -= 1) {
      const name = record.sized();
      const text = record.sized();
      if (name !== null && text !== null) headers[name.toString()] = text.toString();
    }
    return { offset: offset + offsetDelta, key, value, headers, timestampMs: sentMs > 0 ? sentMs : null };
  });
}

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new Error('a record is cut');
    const read = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return read;
  }

  /** Null where the length says that there is nothing. */
  sized(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.bytes(length);
  }

  /** Zigzag, seven bits a byte, the lowest first. */
  varint(): number {
    let zigzag = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes(1)[0] ?? 0;
      zigzag += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    throw new Error('a number in a record does not end');
  }
}
