/**
 * Teaches kafkajs, which brings gzip alone and without a limit, to read all of Kafka's compressions within limits. Its codecs are those of the process.
 * What this product sends is not compressed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { TooLarge, type Decompress } from './decompress.ts';
import { gzip } from './gzip.ts';
import { lz4 } from './lz4.ts';
import { snappy } from './snappy.ts';
import { headOf, holdsRecords, undecodableRecords } from './undecodable.ts';
import { zstd } from './zstd.ts';

/** Of one batch, unpacked; brokers take 1 MB of it packed unless they are told otherwise. */
export const MOST_BYTES = 32 * 1024 * 1024;
/** Of all batches of one fetch, which are in memory together. */
const MOST_BYTES_OF_FETCH = 128 * 1024 * 1024;
/** Messages of one batch: kafkajs hands them on in one call, which takes no more. */
export const MOST_RECORDS = 100_000;
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
  const limit = Math.min(MOST_BYTES, MOST_BYTES_OF_FETCH - before);
  try {
    if (limit <= 0) throw new TooLarge(limit);
    const bytes = await decompress(records, limit);
    if (head !== null && !holdsRecords(bytes, head.count)) throw new Error('it does not hold its messages');
    unpacked.set(records.buffer, before + bytes.length);
    return bytes;
  } catch (error) {
    if (error instanceof TooLarge && limit < MOST_BYTES) throw new NextTime();
    if (head === null) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return undecodableRecords(head, `the batch of ${head.count} messages is not read (${name}): ${reason}`);
  }
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
