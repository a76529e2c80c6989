/**
 * Kafka's snappy: blocks in the frame of snappy-java (magic, two versions, then each block behind its length), as most clients write it, or one
 * block alone. The blocks are read by snappyjs: plain JavaScript without dependencies, and it takes a limit.
 */
import { uncompress } from 'snappyjs';
import { TooLarge, type Decompress } from './decompress.ts';

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const HEADER_BYTES = 16;

export const snappy: Decompress = (bytes, limit) => {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return block(bytes, limit, limit);
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    at += 4;
    if (at + length > bytes.length) throw new Error('a snappy block is cut');
    const read = block(bytes.subarray(at, at + length), limit - total, limit);
    blocks.push(read);
    total += read.length;
    at += length;
  }
  return Buffer.concat(blocks, total);
};

function block(bytes: Buffer, left: number, limit: number): Buffer {
  if (lengthOf(bytes) > left) throw new TooLarge(limit);
  return uncompress(bytes, left);
}

/** A block begins with its unpacked length: seven bits a byte, the lowest first. */
function lengthOf(bytes: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = bytes[i] ?? 0x80;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new Error('a snappy block does not begin with its length');
}
