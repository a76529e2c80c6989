// Waiting for a state of the outside world. It must not be used to wait for a fixed time.
import { setTimeout as delay } from 'node:timers/promises';

export interface PollOptions {
  readonly timeoutMs: number;
  /** Pause between two looks, 50 ms unless told. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks until `look` gives something other than `undefined`, and returns that; `undefined` when the time is over.
 * What `look` throws ends the wait. Throws the signal's reason when it is aborted.
 */
export async function poll<T>(
  look: () => Promise<T | undefined> | T | undefined,
  options: PollOptions,
): Promise<T | undefined> {
  const { timeoutMs, everyMs = 50, signal } = options;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() >= endMs) return undefined;
    await delay(everyMs, undefined, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}
