/**
 * The records of an unpacked batch, Kafka's message format 2, as messages. kafkajs reads those of a fetch; this reads a batch that was set aside.
 */
import type { LogMessage } from '../../../ports/event-log.ts';
import { ByteReader } from '../byte-reader.ts';
import type { BatchHead } from './undecodable.ts';

/** In the head of the batch. */
const AT = { firstOffset: 0, attributes: 21, firstTimestamp: 27, lastTimestamp: 35 } as const;
/** The broker has given all of the batch the time at which it came. */
const TIME_OF_LOG = 0x08;

/** @throws RangeError when a record is cut */
export function readRecords(records: Buffer, { bytes: head, count }: BatchHead): readonly LogMessage[] {
  const offset = Number(head.readBigInt64BE(AT.firstOffset));
  const byLog = (head.readInt16BE(AT.attributes) & TIME_OF_LOG) !== 0;
  const timeMs = Number(head.readBigInt64BE(byLog ? AT.lastTimestamp : AT.firstTimestamp));
  const cursor = new RecordReader(records);
  return Array.from({ length: count }, () => {
    const record = new RecordReader(cursor.bytes(cursor.signed()));
    record.bytes(1);
    const deltaMs = record.signed();
    const offsetDelta = record.signed();
    const key = record.sized();
    const value = record.sized();
    const sentMs = timeMs + (byLog ? 0 : deltaMs);
    const headers: Record<string, string> = {};
    for (let left = record.signed(); left > 0; left -= 1) {
      const name = record.sized();
      const text = record.sized();
      if (name !== null && text !== null) headers[name.toString()] = text.toString();
    }
    return { offset: offset + offsetDelta, key, value, headers, timestampMs: sentMs > 0 ? sentMs : null };
  });
}

/** Of a number of 64 bits. */
const MOST_BYTES = 10;

class RecordReader extends ByteReader {
  constructor(records: Buffer) {
    super(records, 'a record');
  }

  /** Zigzag. */
  signed(): number {
    const zigzag = this.varint(MOST_BYTES);
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  /** Null where the length says that there is nothing. */
  sized(): Buffer | null {
    const length = this.signed();
    return length < 0 ? null : this.bytes(length);
  }
}
