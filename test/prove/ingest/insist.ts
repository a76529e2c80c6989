import { setTimeout as delay } from 'node:timers/promises';

const AGAIN_MS = 200;

/** Until it is acknowledged. */
export async function insist(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch {
      await delay(AGAIN_MS);
    }
  }
}
