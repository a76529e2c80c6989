/** What the decompressors have in common. */

/** @throws TooLarge when there are more than `limit` bytes, before more than that is held; any other error: the bytes are not of this form */
export type Decompress = (bytes: Buffer, limit: number) => Buffer | Promise<Buffer>;

export class TooLarge extends Error {
  override readonly name = 'TooLarge';

  constructor(limit: number) {
    super(`it holds more than ${limit} bytes`);
  }
}
