/**
 * Sends texts in batches, one batch at a time and in order, with back-off while the receiver is away. Knows nothing of
 * what it sends.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createFifo } from './fifo.ts';

const BATCH_SIZE = 200;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;
/** A loss is logged at the first event and then at every so many. */
const LOG_EVERY = 1_000;
/** Answers that may be another one later. Every other 4xx is final: the batch is refused. */
const TRANSIENT = new Set([408, 425, 429]);

interface BatchSenderOptions {
  readonly send: (batch: readonly string[]) => Promise<{ readonly status: number; readonly text: string }>;
  readonly logger: Logger;
  /** Texts that may wait besides the batch under way; 100,000 by default. */
  readonly bufferSize?: number;
  /** Longest time a text waits for a full batch; 200 ms by default. */
  readonly intervalMs?: number;
  /** Longest time that `close` goes on trying; 5 s by default. */
  readonly closeTimeoutMs?: number;
}

/** `dropped`: did not fit or was not taken in time; `refused`: the receiver will never take it. */
export interface SenderStats {
  readonly sent: number;
  readonly dropped: number;
  readonly refused: number;
  readonly waiting: number;
}

export interface BatchSender {
  add(text: string): void;
  stats(): SenderStats;
  /** Sends what waits, giving up after `closeTimeoutMs`. */
  close(): Promise<void>;
}

export function createBatchSender(options: BatchSenderOptions): BatchSender {
  const { send, logger, bufferSize = 100_000, intervalMs = 200, closeTimeoutMs = 5_000 } = options;
  const queue = createFifo<string>();
  const counts = { sent: 0, dropped: 0, refused: 0 };
  const now = { retryMs: FIRST_RETRY_MS, closing: false };
  let batch: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const waiting = (): number => batch.length + queue.length();
  const away = (): boolean => now.retryMs > FIRST_RETRY_MS;

  const schedule = (): void => {
    if (now.closing) return;
    timer ??= setTimeout(
      () => {
        timer = undefined;
        start();
      },
      away() ? now.retryMs : intervalMs,
    );
  };

  const start = (): void => {
    running ??= drain().finally(() => {
      running = undefined;
      if (waiting() > 0) schedule();
    });
  };

  /** Sends until less than a full batch waits; a failed attempt ends it, and the timer comes back to the same batch. */
  const drain = async (): Promise<void> => {
    do {
      if (batch.length === 0) batch = queue.take(BATCH_SIZE);
      if (batch.length === 0 || !(await attempt())) return;
      batch = [];
    } while (queue.length() >= BATCH_SIZE || (now.closing && queue.length() > 0));
  };

  /** True when the batch is done with: taken, or refused for good. */
  const attempt = async (): Promise<boolean> => {
    const problem = await send(batch).then(
      ({ status, text }) => (status < 300 ? null : { status, text }),
      (error: unknown) => ({ status: 0, text: error instanceof Error ? error.message : String(error) }),
    );
    if (problem === null) {
      if (away()) logger.info({ waiting: waiting() }, 'events are taken again');
      counts.sent += batch.length;
      now.retryMs = FIRST_RETRY_MS;
      return true;
    }
    if (problem.status >= 400 && problem.status < 500 && !TRANSIENT.has(problem.status)) {
      counts.refused += batch.length;
      logger.error({ ...problem, events: batch.length }, 'a batch of events was refused and is lost');
      return true;
    }
    if (!away()) logger.warn(problem, 'events cannot be sent now; they wait');
    now.retryMs = Math.min(now.retryMs * 2, LAST_RETRY_MS);
    return false;
  };

  const dropOldest = (): void => {
    queue.take(1);
    if (counts.dropped % LOG_EVERY === 0) {
      logger.error({ dropped: counts.dropped + 1 }, 'the event buffer is full: the oldest events are lost');
    }
    counts.dropped += 1;
  };

  const closeWithin = async (signal: AbortSignal): Promise<void> => {
    while (waiting() > 0 && !signal.aborted) {
      start();
      await running;
      if (waiting() > 0) await delay(FIRST_RETRY_MS);
    }
  };

  return {
    add: (text) => {
      if (queue.length() >= bufferSize) dropOldest();
      queue.push(text);
      if (queue.length() >= BATCH_SIZE && !away()) start();
      else schedule();
    },
    stats: () => ({ ...counts, waiting: waiting() }),
    close: async () => {
      now.closing = true;
      clearTimeout(timer);
      const signal = AbortSignal.timeout(closeTimeoutMs);
      await Promise.race([closeWithin(signal), delay(closeTimeoutMs, undefined, { ref: false })]);
      if (waiting() === 0) return;
      logger.error({ lost: waiting() }, 'events were not taken in time and are lost');
      counts.dropped += waiting();
      batch = [];
      queue.take(queue.length());
    },
  };
}
