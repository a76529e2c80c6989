/** Waiting that ends when the program ends. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms`, or at once when the signal is aborted. */
export async function abortableDelay(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * Asks every `everyMs` until `ask` answers something. Throws after `limitMs` with `what`, or the signal's reason.
 */
export async function until<T>(
  ask: () => Promise<T | null>,
  options: {
    readonly what: string;
    readonly everyMs: number;
    readonly limitMs: number;
    readonly signal: AbortSignal;
  },
): Promise<T> {
  const endMs = performance.now() + options.limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > endMs)
      throw new Error(`${options.what} within ${Math.round(options.limitMs / 1_000)} s`);
    await abortableDelay(options.everyMs, options.signal);
    options.signal.throwIfAborted();
  }
}
