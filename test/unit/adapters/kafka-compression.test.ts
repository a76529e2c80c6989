/** Kafka's compressions by hand: what is cut, bent, a bomb, or a claim of one; and what becomes of a batch that is not read. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { compress as snappyBlock } from 'snappyjs';
import { describe, expect, it, vi } from 'vitest';
import {
  decompressBatch,
  MOST_RECORDS,
  stalledReason,
} from '../../../src/adapters/kafka/compression/codecs.ts';
import { gzip } from '../../../src/adapters/kafka/compression/gzip.ts';
import { lz4 } from '../../../src/adapters/kafka/compression/lz4.ts';
import { snappy } from '../../../src/adapters/kafka/compression/snappy.ts';
import {
  BATCH_HEADER,
  headOf,
  UNDECODABLE_HEADER,
} from '../../../src/adapters/kafka/compression/undecodable.ts';
import { unpack } from '../../../src/adapters/kafka/messages.ts';
import { zstd } from '../../../src/adapters/kafka/compression/zstd.ts';

const LIMIT = 10_000;
const LETTER = { offset: 0, key: null, value: null, headers: {}, timestampMs: null };
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** Seven bits a byte, the lowest first. */
const zigzag = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
};

const lz4Frame = (...blocks: readonly Buffer[]): Buffer =>
  Buffer.concat([
    u32(0x184d2204),
    Buffer.from([0x40, 0x40, 0]),
    ...blocks.flatMap((block) => [u32(block.length), block]),
    u32(0),
  ]);
/** One literal, then `length` copies of it, and five literals as a block must end. */
const lz4Repeat = (length: number): Buffer => {
  const over = length - 19;
  const more = [...Array.from({ length: Math.floor(over / 255) }, () => 255), over % 255];
  return Buffer.concat([Buffer.from([0x1f, 0x61, 1, 0, ...more]), Buffer.from([0x50]), Buffer.from('bbbbb')]);
};

type Block = readonly ['raw', Buffer] | readonly ['rle', number, number];
/** @param window the window descriptor byte */
const zstdFrame = (window: number, ...blocks: readonly Block[]): Buffer =>
  Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window]),
    ...blocks.map((block, i) => {
      const [size, type] = block[0] === 'raw' ? [block[1].length, 0] : [block[2], 1];
      const header = Buffer.alloc(3);
      header.writeUIntLE((i === blocks.length - 1 ? 1 : 0) | (type << 1) | (size << 3), 0, 3);
      return Buffer.concat([header, block[0] === 'raw' ? block[1] : Buffer.from([block[1]])]);
    }),
  ]);
const javaFrame = (...blocks: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
    ...blocks.flatMap((block) => [u32(block.length).swap32(), block]),
  ]);
const TEXT = Buffer.from('{"service":"support-bot","model":"gpt-4o"} '.repeat(40));

describe.each([
  ['gzip', gzip, gzipSync(TEXT), gzipSync(Buffer.alloc(LIMIT + 1))],
  [
    'snappy',
    snappy,
    javaFrame(snappyBlock(TEXT.subarray(0, 500)), snappyBlock(TEXT.subarray(500))),
    javaFrame(snappyBlock(Buffer.alloc(6_000)), snappyBlock(Buffer.alloc(6_000))),
  ],
  ['snappy without a frame', snappy, snappyBlock(TEXT), Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])],
  [
    'lz4',
    lz4,
    lz4Frame(
      Buffer.concat([Buffer.from([0xf0, 255, 255, 255, 255, 255, 255, TEXT.length - 15 - 6 * 255]), TEXT]),
    ),
    lz4Frame(lz4Repeat(LIMIT)),
  ],
  [
    'zstd',
    zstd,
    zstdFrame(0x50, ['raw', TEXT.subarray(0, 500)], ['raw', TEXT.subarray(500)]),
    zstdFrame(0x50, ['rle', 0x20, 6_000], ['rle', 0x20, 6_000]),
  ],
])('%s', (_, decompress, packed, bomb) => {
  it('gives what was packed', async () => {
    expect(await decompress(packed, LIMIT)).toEqual(TEXT);
    expect(await decompress(packed, TEXT.length)).toEqual(TEXT);
  });

  it('stops at the limit', async () => {
    const unpack = async () => decompress(bomb, LIMIT);
    await expect(unpack()).rejects.toThrow('it holds more than 10000 bytes');
  });

  it('refuses what is cut anywhere, and ends whatever it is given', async () => {
    for (let end = 1; end < packed.length; end += 1) {
      const unpack = async () => (await decompress(packed.subarray(0, end), LIMIT)).equals(TEXT);
      expect(await unpack().catch(() => false)).toBe(false);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(packed.length), async (bytes, at) => {
        const bent = Buffer.concat([packed.subarray(0, at), bytes, packed.subarray(at + bytes.length)]);
        const unpacked = await (async () => decompress(bent, LIMIT))().catch(() => Buffer.alloc(0));
        expect(unpacked.length).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

it('repeats what an LZ4 copy overlaps with, and refuses one from before the frame', () => {
  expect(lz4(lz4Frame(lz4Repeat(1_000)), LIMIT)).toEqual(Buffer.from(`${'a'.repeat(1_001)}bbbbb`));
  const before = Buffer.from([0x14, 0x61, 9, 0, 0x50, 98, 98, 98, 98, 98]);
  expect(() => lz4(Buffer.concat([lz4Frame(lz4Repeat(50)), lz4Frame(before)]), LIMIT)).toThrow(
    'too far back',
  );
});

it('copies few times for a long LZ4 run, and no window for each of many Zstandard blocks', () => {
  const copies = vi.spyOn(Uint8Array.prototype, 'copyWithin');
  try {
    expect(lz4(lz4Frame(lz4Repeat(1_000_000)), 2_000_000)).toHaveLength(1_000_006);
    expect(copies.mock.calls.length).toBeLessThan(30);
    copies.mockClear();
    const blocks = Array.from({ length: 5_000 }, () => ['rle', 0x61, 1] as const);
    expect(zstd(zstdFrame(0x50, ...blocks), LIMIT)).toEqual(Buffer.alloc(5_000, 'a'));
    expect(copies).not.toHaveBeenCalled();
  } finally {
    copies.mockRestore();
  }
});

it('reads Zstandard frames in order with what may lie between them, and no more of them than producers write', () => {
  const skipped = Buffer.concat([u32(0x184d2a57), u32(3), Buffer.from('...')]);
  const frame = zstdFrame(0x50, ['rle', 0x61, 2], ['raw', Buffer.from('b')]);
  expect(zstd(Buffer.concat([frame, skipped, frame]), LIMIT)).toEqual(Buffer.from('aabaab'));
  expect(() => zstd(Buffer.concat(Array.from({ length: 1_001 }, () => frame)), LIMIT)).toThrow(
    'more than 1000 Zstandard frames',
  );
});

it('makes no room for the window that a Zstandard frame claims, in any of its frames', () => {
  const claims = zstdFrame(0xa8, ['raw', Buffer.from('hello ')], ['rle', 0x61, 3]);
  const before = process.memoryUsage().arrayBuffers;
  expect(zstd(Buffer.concat([claims, claims]), LIMIT)).toEqual(Buffer.from('hello aaahello aaa'));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
});

describe('a batch', () => {
  const HEAD = 61;
  /** As it lies in a response: something before it, its head, its records. */
  const batchOf = (type: number, count: number, records: Buffer): Buffer => {
    const response = Buffer.alloc(100 + HEAD + records.length);
    const head = response.subarray(100);
    head.writeInt32BE(49 + records.length, 8);
    head[16] = 2;
    head.writeInt16BE(type, 21);
    head.writeInt32BE(count - 1, 23);
    head.writeInt32BE(count, 57);
    records.copy(head, HEAD);
    return head.subarray(HEAD);
  };
  const messageCount = (records: Buffer): number =>
    records.toString('latin1').split(UNDECODABLE_HEADER).length - 1;
  const record = (size: number): Buffer => Buffer.concat([Buffer.from([2 * size]), randomBytes(size)]);

  it('that is read is what it holds', async () => {
    const records = Buffer.concat([record(20), record(63)]);
    expect(await decompressBatch(1, batchOf(1, 2, gzipSync(records)))).toEqual(records);
  });

  it.each([
    ['is a bomb', gzipSync(Buffer.alloc(129 * 1024 * 1024)), 'it holds more than 134217728 bytes'],
    ['is no such compression', Buffer.alloc(100, 7), 'incorrect header check'],
    ['holds fewer messages than it says', gzipSync(record(20)), 'it does not hold its messages'],
  ])('that %s becomes as many messages that say so, the first with its bytes', async (_, records, reason) => {
    const batch = batchOf(1, 3, records);
    const read = await decompressBatch(1, batch);
    expect(messageCount(read)).toBe(3);
    expect(read.toString('latin1')).toContain(reason);
    expect(read.includes(records)).toBe(true);
  });

  it('without a head before it is an error, as before', async () => {
    expect(headOf(Buffer.from(randomBytes(200)), 1)).toBeNull();
    await expect(decompressBatch(1, Buffer.alloc(200, 7))).rejects.toThrow('incorrect header check');
  });

  it('of more messages than kafkajs hands on holds up its partition alone, and says so', async () => {
    const batch = batchOf(1, MOST_RECORDS + 1, gzipSync('x'));
    await expect(decompressBatch(1, batch)).rejects.toMatchObject({ name: 'KafkaJSPartialMessageError' });
    expect(stalledReason()).toContain('a batch of 100001 messages holds up its partition');
  });

  it('that the others of its fetch leave no room for waits for the next fetch, where it may take all there is', async () => {
    const size = 100 * 1024 * 1024;
    const length = Buffer.from([0x80, 0x80, 0x80, 0x64]);
    const packed = gzipSync(Buffer.concat([length, Buffer.alloc(size)]));
    const first = batchOf(1, 1, packed);
    expect(await decompressBatch(1, first)).toHaveLength(size + 4);
    await expect(decompressBatch(1, first)).rejects.toMatchObject({ name: 'KafkaJSPartialMessageError' });
    expect(await decompressBatch(1, batchOf(1, 1, packed))).toHaveLength(size + 4);
  });

  it('that was set aside is read again as its messages, without the limit of a fetch', async () => {
    const size = 130 * 1024 * 1024;
    const sized = (bytes: Buffer) => Buffer.concat([zigzag(bytes.length), bytes]);
    const record = (offsetDelta: number, value: Buffer) => {
      const start = Buffer.concat([
        Buffer.from([0]),
        zigzag(3),
        zigzag(offsetDelta),
        sized(Buffer.from('k')),
      ]);
      const noText = Buffer.concat([zigzag(1), sized(Buffer.from('none')), zigzag(-1)]);
      return sized(Buffer.concat([start, sized(value), noText]));
    };
    const records = [record(0, Buffer.from('{}')), record(2, Buffer.alloc(size, ' '))];
    const batch = batchOf(1, 2, gzipSync(Buffer.concat(records)));
    const head = Buffer.from(batch.buffer, batch.byteOffset - HEAD, HEAD);
    head.writeBigInt64BE(70n, 0);
    head.writeInt32BE(2, 23);
    head.writeBigInt64BE(1_000n, 27);
    head.writeBigInt64BE(2_000n, 35);
    const letter = { ...LETTER, value: Buffer.concat([head, batch]), headers: { [BATCH_HEADER]: 'whole' } };
    const messages = await unpack(letter);
    expect(messages?.map(({ value, ...rest }) => [rest, value?.length])).toEqual([
      [{ offset: 70, key: Buffer.from('k'), headers: {}, timestampMs: 1_003 }, 2],
      [{ offset: 72, key: Buffer.from('k'), headers: {}, timestampMs: 1_003 }, size],
    ]);
    head.writeInt16BE(1 | 8, 21);
    const byLog = { ...letter, value: Buffer.concat([head, batch]) };
    expect((await unpack(byLog))?.map(({ timestampMs }) => timestampMs)).toEqual([2_000, 2_000]);
  });

  it('is asked for by its letters alone, and one that is none is an error', async () => {
    expect(await unpack({ ...LETTER, value: Buffer.from('{') })).toBeNull();
    expect(await unpack({ ...LETTER, headers: { [BATCH_HEADER]: 'part' } })).toEqual([]);
    const bent = Buffer.alloc(200, 7);
    for (const value of [Buffer.from('{'), bent, Buffer.alloc(300)])
      await expect(unpack({ ...LETTER, value, headers: { [BATCH_HEADER]: 'whole' } })).rejects.toThrow(
        'it is no compressed batch',
      );
  });
});
