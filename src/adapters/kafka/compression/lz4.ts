/**
 * Kafka's LZ4: the LZ4 frame format 1.6 with independent or linked blocks, written here. The packages in plain JavaScript are no longer kept and make
 * room for whatever a frame claims to hold. Checksums are left to the broker, which has decoded the batch before it took it.
 */
import { TooLarge, type Decompress } from './decompress.ts';

const MAGIC = 0x184d2204;
const CUT = 'an LZ4 frame is cut';
const FIRST_BYTES = 65_536;

/** Bits of the frame's first flag byte. */
const HAS = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 } as const;

export const lz4: Decompress = (bytes, limit) => {
  const output = new Output(limit);
  for (let at = 0; at < bytes.length;) at = frame(bytes, at, output);
  return output.taken();
};

/** Answers where the frame ends. A linked block may reach back into those before it, but not into another frame. */
function frame(bytes: Buffer, start: number, output: Output): number {
  if (start + 7 > bytes.length) throw new Error(CUT);
  if (bytes.readUInt32LE(start) !== MAGIC) throw new Error('the bytes are no LZ4 frame');
  const flags = bytes[start + 4] ?? 0;
  if (flags >> 6 !== 1) throw new Error(`LZ4 frame version ${flags >> 6} is not read, expected 1`);
  if ((flags & HAS.dictionary) !== 0) throw new Error('an LZ4 frame with a dictionary is not read');
  const from = output.length;
  let at = start + 6 + ((flags & HAS.contentSize) !== 0 ? 8 : 0) + 1;
  for (;;) {
    if (at + 4 > bytes.length) throw new Error(CUT);
    const size = bytes.readUInt32LE(at) & 0x7fff_ffff;
    const plain = (bytes[at + 3] ?? 0) >= 0x80;
    at += 4;
    if (size === 0 && !plain) break;
    if (at + size > bytes.length) throw new Error(CUT);
    const block = bytes.subarray(at, at + size);
    if (plain) output.append(block, 0, size);
    else unpack(block, output, from);
    at += size + ((flags & HAS.blockChecksum) !== 0 ? 4 : 0);
  }
  return at + ((flags & HAS.contentChecksum) !== 0 ? 4 : 0);
}

/** Sequences of literals and a copy of what was written before; the last one is literals alone. */
function unpack(block: Buffer, output: Output, from: number): void {
  let at = 0;
  const more = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255;) {
      byte = block[at] ?? -1;
      if (byte < 0) throw new Error(CUT);
      at += 1;
      length += byte;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at] ?? 0;
    at += 1;
    const literals = more(token >> 4);
    if (at + literals > block.length) throw new Error(CUT);
    output.append(block, at, at + literals);
    at += literals;
    if (at === block.length) return;
    if (at + 2 > block.length) throw new Error(CUT);
    const distance = block.readUInt16LE(at);
    at += 2;
    const length = more(token & 15) + 4;
    if (distance === 0 || output.length - distance < from)
      throw new Error('an LZ4 copy reaches too far back');
    output.repeat(distance, length);
  }
}

/** What is unpacked so far; it grows as it is needed, up to the limit. */
class Output {
  readonly #limit: number;
  #bytes: Buffer;
  length = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(limit, FIRST_BYTES));
  }

  append(from: Buffer, start: number, end: number): void {
    this.#makeRoom(end - start);
    from.copy(this.#bytes, this.length, start, end);
    this.length += end - start;
  }

  /** Copies the bytes `distance` back; where they overlap with what is written, they repeat: each copy takes all that is there so far, so few are needed. */
  repeat(distance: number, length: number): void {
    this.#makeRoom(length);
    const from = this.length - distance;
    const end = this.length + length;
    while (this.length < end) {
      const part = Math.min(this.length - from, end - this.length);
      this.#bytes.copyWithin(this.length, from, from + part);
      this.length += part;
    }
  }

  taken(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  #makeRoom(more: number): void {
    const wanted = this.length + more;
    if (wanted > this.#limit) throw new TooLarge(this.#limit);
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(wanted, 2 * this.#bytes.length)));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
