/**
 * A batch that is not decompressed, as messages that say so: one for each that it holds, so that reading goes on behind it and each is accounted for. The
 * first one has the batch as it came for its value, the others have none.
 *
 * kafkajs decodes all that one fetch brought before anybody sees a message of it, and gives up on all of it when a codec throws. A codec is handed a view of
 * the response, so the head of its batch lies right before what it is given; that is checked before it is believed.
 */
import { randomUUID } from 'node:crypto';

/** Of a batch of records, Kafka's message format 2, up to its records. */
export const HEAD_BYTES = 61;
const AT = { length: 8, magic: 16, attributes: 21, lastOffsetDelta: 23, count: 57 } as const;
const COMPRESSION = 7;
const COUNTED_IN_LENGTH = HEAD_BYTES - 12;

/** The header of such a message. Nobody else knows what it is called. */
export const UNDECODABLE_HEADER = `undecodable-${randomUUID()}`;

/**
 * The header of a dead letter that was such a message: `whole` where its value is the batch as it came, `part` where it has none. Its beginning is that of all that
 * a replay takes off.
 */
export const BATCH_HEADER = 'llm-optimizer-dlq-batch';

/** The compression that a batch states; 0 also where it is too short to be one. */
export const typeOf = (batch: Buffer): number =>
  batch.length < HEAD_BYTES ? 0 : batch.readInt16BE(AT.attributes) & COMPRESSION;

export interface BatchHead {
  /** Messages in the batch. */
  readonly count: number;
  readonly lastOffsetDelta: number;
  /** The batch as it came, head and all. */
  readonly bytes: Buffer;
}

/** @returns null where no head of a batch of `type` with these records lies before them */
export function headOf(records: Buffer, type: number): BatchHead | null {
  if (records.byteOffset < HEAD_BYTES) return null;
  const bytes = Buffer.from(records.buffer, records.byteOffset - HEAD_BYTES, HEAD_BYTES + records.length);
  const count = bytes.readInt32BE(AT.count);
  const lastOffsetDelta = bytes.readInt32BE(AT.lastOffsetDelta);
  const fits =
    bytes.readInt32BE(AT.length) === COUNTED_IN_LENGTH + records.length &&
    bytes[AT.magic] === 2 &&
    typeOf(bytes) === type &&
    count >= 1 &&
    lastOffsetDelta >= count - 1;
  return fits ? { count, lastOffsetDelta, bytes } : null;
}

/** Whether `count` records, each behind its length, are all that `bytes` hold: kafkajs reads past their end without noticing. */
export function holdsRecords(bytes: Buffer, count: number): boolean {
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    let [zigzag, shift, byte] = [0, 0, 0x80];
    for (; byte >= 0x80 && shift < 35; shift += 7) {
      byte = bytes[at] ?? 0x80;
      at += 1;
      zigzag += (byte & 0x7f) * 2 ** shift;
    }
    if (byte >= 0x80 || zigzag % 2 === 1) return false;
    at += zigzag / 2;
    if (at > bytes.length) return false;
  }
  return at === bytes.length;
}

/** Records for kafkajs to decode in place of those of the batch: its last one is where the batch ends. */
export function undecodableRecords({ count, lastOffsetDelta, bytes }: BatchHead, reason: string): Buffer {
  const headers = Buffer.concat([varint(1), ...sized(UNDECODABLE_HEADER), ...sized(reason)]);
  const records = Array.from({ length: count }, (_, i) =>
    record(i === count - 1 ? lastOffsetDelta : i, i === 0 ? bytes : null, headers),
  );
  return Buffer.concat(records);
}

/** No attributes and no delta of time, both 0, before the offset; a length of -1 is no key, or no value. */
function record(offsetDelta: number, value: Buffer | null, headers: Buffer): Buffer {
  const start = Buffer.concat([Buffer.from([0, 0]), varint(offsetDelta), varint(-1)]);
  const content = value === null ? [varint(-1)] : [varint(value.length), value];
  const body = Buffer.concat([start, ...content, headers]);
  return Buffer.concat([varint(body.length), body]);
}

const sized = (text: string): readonly Buffer[] => {
  const bytes = Buffer.from(text);
  return [varint(bytes.length), bytes];
};

/** Zigzag, seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value >= 0 ? 2 * value : -2 * value - 1;
  while (left > 0x7f) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  return Buffer.from([...bytes, left]);
}
