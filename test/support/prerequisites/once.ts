// Where the fetching of a prerequisite reports to, and how it is shared by all who ask within one process.
import type { FetchOptions } from '../../../src/embedded/index.ts';

/** The environment of the tests, and progress on standard error, where no test looks. */
export const FETCH: FetchOptions = {
  env: process.env,
  onProgress: (line) => void process.stderr.write(`[prerequisites] ${line}\n`),
};

/** The same promise for every caller. */
export function once<T>(get: () => Promise<T>): () => Promise<T> {
  let promise: Promise<T> | undefined;
  return () => (promise ??= get());
}
