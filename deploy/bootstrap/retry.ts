// The server's caches lag behind what was just registered: a few answers mean "not yet" for a while.
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';

const NOT_YET: readonly status[] = [status.NOT_FOUND, status.INVALID_ARGUMENT];
const PAUSE_MS = 250;

/** Calls until the server neither knows nothing of it nor finds it invalid. After `timeoutMs` the error stands. */
export async function untilKnown<T>(timeoutMs: number, call: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const notYet = isGrpcServiceError(error) && NOT_YET.includes(error.code);
      if (!notYet || performance.now() > endMs) throw error;
    }
    await delay(PAUSE_MS);
  }
}
