/**
 * Kafka's Zstandard (RFC 8878). Node has it from version 22 on; until that is the oldest one, fzstd reads the blocks: plain JavaScript without
 * dependencies. It is given the room for what it unpacks, whole, and never told to make it: for a frame that does not say its size it would move a window of up
 * to 2 GB at every block, and a batch may hold hundreds of thousands of them. It does not tell how much it has unpacked either, so a mark is put behind each frame.
 */
import { randomBytes } from 'node:crypto';
import { decompress } from 'fzstd';
import { TooLarge, type Decompress } from './decompress.ts';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE = 0x184d_2a50;
const CUT = 'a Zstandard frame is cut';
/** Bit of the frame's descriptor: there is no window descriptor, the window is the whole content. */
const SINGLE_SEGMENT = 0x20;
const HAS_CHECKSUM = 0x04;
const RLE_BLOCK = 1;
const COMPRESSED_BLOCK = 2;
/** What a compressed block unpacks to at most. */
const BLOCK_BYTES = 131_072;
/** The window descriptor of so many bytes: fzstd takes no larger block than the window, and of larger windows too large a shift. */
const WINDOW_OF_BLOCK = 7 << 3;
/** Producers write one for each batch. */
const MOST_FRAMES = 1_000;
/** No content has it: nobody else knows it. */
const MARK = randomBytes(16);

export const zstd: Decompress = (bytes, limit) => {
  const parts: Buffer[] = [];
  let [total, frames] = [0, 0];
  for (let at = 0; at < bytes.length;) {
    frames += 1;
    if (frames > MOST_FRAMES) throw new Error(`there are more than ${MOST_FRAMES} Zstandard frames`);
    if (isSkippable(bytes, at)) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    const frame = frameAt(bytes, at);
    const content = unpack(bytes.subarray(at, frame.end), frame, limit - total, limit);
    total += content.length;
    parts.push(content);
    at = frame.end;
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, total);
};

const isSkippable = (bytes: Buffer, at: number): boolean =>
  at + 8 <= bytes.length && (bytes.readUInt32LE(at) & 0xffff_fff0) >>> 0 === SKIPPABLE;

const headerBytes = (descriptor: number): number => {
  const single = (descriptor & SINGLE_SEGMENT) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 5 + (single ? 0 : 1) + dictionary + contentSize;
};

interface Frame {
  readonly end: number;
  /** From the start of the frame to the header of its last block, and to behind that block. */
  readonly lastBlock: number;
  readonly blocksEnd: number;
  /** What its blocks unpack to at most. */
  readonly mostBytes: number;
}

/** The frame that begins at `start`, by the lengths of its blocks. */
function frameAt(bytes: Buffer, start: number): Frame {
  if (start + 8 > bytes.length) throw new Error(CUT);
  if (bytes.readUInt32LE(start) !== MAGIC) throw new Error('the bytes are no Zstandard frame');
  const descriptor = bytes[start + 4] ?? 0;
  let at = start + headerBytes(descriptor);
  let [lastBlock, mostBytes] = [at, 0];
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) throw new Error(CUT);
    const header = bytes.readUIntLE(at, 3);
    const [type, size] = [(header >> 1) & 3, header >> 3];
    lastBlock = at;
    last = (header & 1) === 1;
    mostBytes += type === COMPRESSED_BLOCK ? BLOCK_BYTES : size;
    at += 3 + (type === RLE_BLOCK ? 1 : size);
  }
  const end = at + ((descriptor & HAS_CHECKSUM) !== 0 ? 4 : 0);
  if (end > bytes.length) throw new Error(CUT);
  return { end, lastBlock: lastBlock - start, blocksEnd: at - start, mostBytes };
}

/** @param left of `limit`, which is what a frame that holds more is told */
function unpack(
  frame: Buffer,
  { lastBlock, blocksEnd, mostBytes }: Frame,
  left: number,
  limit: number,
): Buffer {
  const descriptor = frame[4] ?? 0;
  if ((descriptor & 3) !== 0) throw new Error('a Zstandard frame with a dictionary is not read');
  if (contentSizeOf(frame, descriptor) > left) throw new TooLarge(limit);
  const marked = Buffer.concat([frame.subarray(0, blocksEnd), lastBlockOf(MARK)]);
  marked[4] = descriptor & ~HAS_CHECKSUM;
  marked[lastBlock] = (marked[lastBlock] ?? 0) & ~1;
  if ((descriptor & SINGLE_SEGMENT) === 0) marked[5] = Math.min(marked[5] ?? 0, WINDOW_OF_BLOCK);
  // One block more than what may be there, so that one that begins within the limit has its room.
  const room = Buffer.alloc(Math.min(mostBytes, left + BLOCK_BYTES) + MARK.length);
  try {
    decompress(marked, room);
  } catch (error) {
    // Of a frame that may not fit nobody knows whether that is why.
    throw mostBytes > left ? new TooLarge(limit) : error;
  }
  const length = room.lastIndexOf(MARK);
  if (length < 0 || length > left) throw new TooLarge(limit);
  const content = room.subarray(0, length);
  return 2 * length < room.length ? Buffer.from(content) : content;
}

/** A raw block, the last of its frame. */
function lastBlockOf(content: Buffer): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE(1 | (content.length << 3), 0, 3);
  return Buffer.concat([header, content]);
}

/** 0 where the frame does not say. */
function contentSizeOf(frame: Buffer, descriptor: number): number {
  const end = headerBytes(descriptor);
  const flag = descriptor >> 6;
  if (flag === 3) return Number(frame.readBigUInt64LE(end - 8));
  if (flag === 2) return frame.readUInt32LE(end - 4);
  if (flag === 1) return frame.readUInt16LE(end - 2) + 256;
  return (descriptor & SINGLE_SEGMENT) !== 0 ? (frame[end - 1] ?? 0) : 0;
}
