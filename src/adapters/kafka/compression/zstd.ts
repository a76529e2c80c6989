/**
 * Kafka's Zstandard (RFC 8878). Node has it from version 22 on; until that is the oldest one, fzstd reads the blocks: plain JavaScript without
 * dependencies, block by block, so that it can be stopped. What a frame claims about itself is checked here first, for fzstd makes room for a window
 * of 2 GB when it is told to.
 */
import { Decompress as Reader } from 'fzstd';
import { TooLarge, type Decompress } from './decompress.ts';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE = 0x184d_2a50;
const CUT = 'a Zstandard frame is cut';
/** Bit of the frame's descriptor: there is no window descriptor, the window is the whole content. */
const SINGLE_SEGMENT = 0x20;
const HAS_CHECKSUM = 0x04;
const RLE_BLOCK = 1;

export const zstd: Decompress = (bytes, limit) => {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length;) {
    const end = endOf(bytes, at);
    if (!isSkippable(bytes, at)) {
      const reader = new Reader((part) => {
        total += part.length;
        if (total > limit) throw new TooLarge(limit);
        parts.push(part);
      });
      reader.push(within(bytes.subarray(at, end), limit), true);
    }
    at = end;
  }
  return Buffer.concat(parts, total);
};

const isSkippable = (bytes: Buffer, at: number): boolean =>
  at + 8 <= bytes.length && (bytes.readUInt32LE(at) & 0xffff_fff0) >>> 0 === SKIPPABLE;

const headerBytes = (descriptor: number): number => {
  const single = (descriptor & SINGLE_SEGMENT) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 5 + (single ? 0 : 1) + dictionary + contentSize;
};

/** Where the frame that begins at `start` ends, by the lengths of its blocks. */
function endOf(bytes: Buffer, start: number): number {
  if (start + 8 > bytes.length) throw new Error(CUT);
  if (isSkippable(bytes, start)) return start + 8 + bytes.readUInt32LE(start + 4);
  if (bytes.readUInt32LE(start) !== MAGIC) throw new Error('the bytes are no Zstandard frame');
  const descriptor = bytes[start + 4] ?? 0;
  let at = start + headerBytes(descriptor);
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) throw new Error(CUT);
    const header = bytes.readUIntLE(at, 3);
    last = (header & 1) === 1;
    at += 3 + (((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3);
  }
  at += (descriptor & HAS_CHECKSUM) !== 0 ? 4 : 0;
  if (at > bytes.length) throw new Error(CUT);
  return at;
}

/**
 * The frame with no larger window than the limit needs: nothing reaches further back than what may be unpacked.
 * @throws TooLarge when the frame says itself that it holds more
 */
function within(frame: Buffer, limit: number): Buffer {
  const descriptor = frame[4] ?? 0;
  if ((descriptor & 3) !== 0) throw new Error('a Zstandard frame with a dictionary is not read');
  const size = contentSizeOf(frame, descriptor);
  if (size > limit) throw new TooLarge(limit);
  if ((descriptor & SINGLE_SEGMENT) !== 0) return frame;
  const enough = Math.max(0, Math.ceil(Math.log2(limit)) - 10) << 3;
  if ((frame[5] ?? 0) <= enough) return frame;
  const narrowed = Buffer.from(frame);
  narrowed[5] = enough;
  return narrowed;
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
