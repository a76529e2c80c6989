/** Reads what Kafka sends, byte by byte: one after the other, never beyond the end. */
export class ByteReader {
  readonly #from: Buffer;
  readonly #what: string;
  #at = 0;

  /** @param what is read, for errors */
  constructor(from: Buffer, what: string) {
    this.#from = from;
    this.#what = what;
  }

  /** @throws RangeError when there are not so many */
  bytes(count: number): Buffer {
    const end = this.#at + count;
    if (count < 0 || end > this.#from.length)
      throw new RangeError(`${this.#what} must have ${end} bytes or more, got ${this.#from.length}`);
    const bytes = this.#from.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Unsigned, seven bits a byte, the lowest first. @throws RangeError when it takes more than `most` bytes */
  varint(most: number): number {
    let value = 0;
    for (let no = 0; no < most; no += 1) {
      const byte = this.bytes(1).readUInt8();
      value += (byte & 0x7f) * 2 ** (7 * no);
      if (byte < 0x80) return value;
    }
    throw new RangeError(`${this.#what} must hold numbers of at most ${most} bytes`);
  }
}
