// What every fetched tool needs: a look along the PATH, and a lock so that only one process fetches it.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Env } from './cache-folder.ts';
import { EmbeddedStackError } from './errors.ts';
import { tryLock } from './file-lock.ts';
import { poll } from './poll.ts';

/** The longest that a build from source may take. */
export const FETCH_LIMIT_MS = 20 * 60_000;

export interface FetchOptions {
  readonly env: Env;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The path of an executable on the PATH. Throws when there is none. */
export function onPath(command: string, env: Env): string {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      continue;
    }
  }
  throw new EmbeddedStackError(`no ${command}`);
}

/** Waits for a lock of the cache folder and returns its release; the wait ends when the other process does. */
export async function lockCache(
  path: string,
  { onProgress, signal }: Omit<FetchOptions, 'env'>,
): Promise<() => void> {
  let told = false;
  const lock = await poll(
    () => {
      const attempt = tryLock(path, () => ({}));
      if (attempt.kind === 'held') return attempt.lock;
      if (!told) onProgress(`Waiting for process ${attempt.by.pid}, which fetches the same tool`);
      told = true;
      return undefined;
    },
    { timeoutMs: FETCH_LIMIT_MS, everyMs: 500, signal },
  );
  if (lock === undefined) throw new EmbeddedStackError(`${path} is held for too long.`);
  return () => lock.release();
}
