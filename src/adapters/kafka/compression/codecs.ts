/**
 * Teaches kafkajs, which brings gzip alone and without a limit, to read all of Kafka's compressions within limits. Its codecs are those of the process.
 * What this product sends is not compressed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { LogMessage } from '../../../ports/event-log.ts';
import { TooLarge, type Decompress } from './decompress.ts';
import { gzip } from './gzip.ts';
import { lz4 } from './lz4.ts';
import { readRecords } from './read-records.ts';
import { snappy } from './snappy.ts';
import { HEAD_BYTES, headOf, holdsRecords, typeOf, undecodableRecords } from './undecodable.ts';
import { zstd } from './zstd.ts';

/**
 * Of all batches of one fetch, unpacked, which are in memory together; the first may take all of it. kafkajs asks for the partitions in another order each time, so
 * each of them is the first before long, and none waits for ever for those before it. Brokers take 1 MB of a batch packed unless they are told otherwise.
 */
export const MOST_BYTES = 128 * 1024 * 1024;
/** Of one batch, for a person who asks for it. */
const MOST_BYTES_ALONE = 1024 * 1024 * 1024;
/** Messages of one batch: kafkajs hands them on in one call, which takes no more. */
export const MOST_RECORDS = 100_000;
const OTHER_COUNT = 'it does not hold its messages';
const STALLED_PAUSE_MS = 250;
/** A batch that stalls its partition is fetched again at once, so a report that is older is over. */
const STALL_SEEN_MS = 10_000;

const { CompressionTypes, CompressionCodecs } = kafkajs;

const FORMS: ReadonlyMap<number, readonly [string, Decompress]> = new Map([
  [CompressionTypes.GZIP, ['gzip', gzip]],
  [CompressionTypes.Snappy, ['snappy', snappy]],
  [CompressionTypes.LZ4, ['lz4', lz4]],
  [CompressionTypes.ZSTD, ['zstd', zstd]],
] as const);

/** Makes kafkajs take a batch for one whose end has not arrived: what came before it is handed on, and the next fetch begins with it. */
class NextTime extends Error {
  override readonly name = 'KafkaJSPartialMessageError';
}

/** By the memory of the response that a batch came in. */
const unpacked = new WeakMap<ArrayBufferLike, number>();

let stall: { readonly reason: string; readonly atMs: number } | null = null;

/** Why a partition that this process reads stands still; null when none does. */
export const stalledReason = (): string | null =>
  stall !== null && performance.now() - stall.atMs < STALL_SEEN_MS ? stall.reason : null;

/**
 * The records of a batch. One that cannot be read, or is too large, becomes messages that say so. One that the fetch has no room for waits for the next fetch;
 * one of too many messages does so for ever, and its partition with it.
 */
export async function decompressBatch(type: number, records: Buffer): Promise<Buffer> {
  const [name, decompress] = FORMS.get(type) ?? [];
  if (name === undefined || decompress === undefined)
    throw new RangeError(`type must be 1 to 4, got ${type}`);
  const head = headOf(records, type);
  if (head !== null && head.count > MOST_RECORDS) {
    const reason = `a batch of ${head.count} messages holds up its partition, expected at most ${MOST_RECORDS}`;
    stall = { reason, atMs: performance.now() };
    await delay(STALLED_PAUSE_MS);
    throw new NextTime();
  }
  const before = unpacked.get(records.buffer) ?? 0;
  const limit = MOST_BYTES - before;
  try {
    if (limit <= 0) throw new TooLarge(limit);
    const bytes = await decompress(records, limit);
    if (head !== null && !holdsRecords(bytes, head.count)) throw new Error(OTHER_COUNT);
    unpacked.set(records.buffer, before + bytes.length);
    return bytes;
  } catch (error) {
    if (error instanceof TooLarge && before > 0) throw new NextTime();
    if (head === null) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const why = `the batch of ${head.count} messages is not read (${name}): ${reason}`;
    return undecodableRecords(
      head,
      `${why}; the letter of its first message has the batch as it came, and a replay unpacks it where that can be done`,
    );
  }
}

/**
 * The messages of a batch that was set aside as it came, with a limit of 1 GB. One batch is a person's errand; ingest has many to read.
 * @throws Error when it is no compressed batch, is broken or holds more
 */
export async function unpackBatch(batch: Buffer): Promise<readonly LogMessage[]> {
  const type = typeOf(batch);
  const [, decompress] = FORMS.get(type) ?? [];
  const records = batch.subarray(HEAD_BYTES);
  const head = decompress === undefined ? null : headOf(records, type);
  if (decompress === undefined || head === null) throw new Error('it is no compressed batch');
  const bytes = await decompress(records, MOST_BYTES_ALONE);
  if (!holdsRecords(bytes, head.count)) throw new Error(OTHER_COUNT);
  return readRecords(bytes, head);
}

interface Codec {
  readonly compress: (encoder: unknown) => Promise<Buffer>;
  readonly decompress: (records: Buffer) => Promise<Buffer>;
}

let registered = false;

/** Once for the process, however often it is called. */
export function registerCodecs(): void {
  if (registered) return;
  registered = true;
  const ofKafkajs = CompressionCodecs[CompressionTypes.GZIP]() as Codec;
  for (const [type, [name]] of FORMS) {
    const codec: Codec = {
      compress: (encoder) =>
        name === 'gzip'
          ? ofKafkajs.compress(encoder)
          : Promise.reject(new Error(`${name} is read, not written`)),
      decompress: (records) => decompressBatch(type, records),
    };
    CompressionCodecs[type as keyof typeof CompressionCodecs] = () => codec;
  }
}
