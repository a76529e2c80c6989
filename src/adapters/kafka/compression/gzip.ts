/** Kafka's gzip, by Node's own zlib. */
import { promisify } from 'node:util';
import { unzip as unzipWithCallback } from 'node:zlib';
import { TooLarge, type Decompress } from './decompress.ts';

const unzip = promisify(unzipWithCallback);

export const gzip: Decompress = async (bytes, limit) => {
  try {
    return await unzip(bytes, { maxOutputLength: limit });
  } catch (error) {
    const tooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge ? new TooLarge(limit) : error;
  }
};
