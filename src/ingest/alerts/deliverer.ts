/**
 * Sends what alerts have become: has what waits coalesced, claims what is due, and sends it until somebody has taken it. All state is in the
 * store, so a process that dies loses nothing, and the next one sends what this one did not. It judges nothing.
 */
import type { Logger } from 'pino';
import type { AlertStore, AnomalySender, ClaimedDelivery } from '../../ports/alerts.ts';
import { coalesce } from '../../state/coalesce.ts';

export interface DelivererOptions {
  readonly store: AlertStore;
  readonly sender: AnomalySender;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** How long alerts of one service and kind are collected; 2 s by default. */
  readonly windowMs?: number;
}

export interface Deliverer {
  /** Something new has been kept. What is urgent is looked at now, anything else when its window ends. */
  kick(urgent: boolean): void;
  /** Waits for what is being sent. What is not sent yet is for the next process. */
  close(): Promise<void>;
}

const WINDOW_MS = 2_000;
/** Kinds of one service that get a signal of their own in one go. */
const KINDS = 8;
/** Waiting alerts that are read in one go. */
const READ_AT_ONCE = 20_000;
const SENT_AT_ONCE = 16;
/** A delivery that its claimer did not report on is sent by somebody else after this time. */
const CLAIM_MS = 10_000;
/** Between two goes of a storm of urgent alerts; the first of them does not wait. */
const REST_MS = 50;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** Starts with what an earlier process left. */
export function startDeliverer(options: DelivererOptions): Deliverer {
  const { store, sender, logger, clock, windowMs = WINDOW_MS } = options;
  let timer: NodeJS.Timeout | undefined;
  let wakesAtMs = Infinity;
  let endedAtMs = -Infinity;
  let running: Promise<void> | null = null;
  let closed = false;
  let storeFailures = 0;

  const wakeAt = (atMs: number): void => {
    if (closed || atMs >= wakesAtMs) return;
    clearTimeout(timer);
    wakesAtMs = atMs;
    timer = setTimeout(wake, Math.max(1, atMs - clock()));
    timer.unref();
  };

  const send = async ({ no, tries, ...delivery }: ClaimedDelivery): Promise<void> => {
    try {
      const to = await sender.send(delivery.serviceId, {
        anomaly_type: delivery.kind,
        severity: delivery.severity,
        affected_services: [delivery.serviceId],
        security: delivery.security,
        alerts: delivery.alerts,
        ...(delivery.raisedAtMs !== null && { raised_at_ms: delivery.raisedAtMs }),
        id: delivery.messageId,
      });
      await store.delivered(no, to, clock());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      logger.warn(
        { err: error, service: delivery.serviceId, tries },
        'an anomaly was not taken; it is sent again',
      );
      await store.failed(no, why, clock() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)));
    }
  };

  const pass = async (): Promise<void> => {
    const nowMs = clock();
    const { nextAtMs, more } = await store.assign(
      (waiting, lately) => coalesce(waiting, lately, { nowMs, windowMs, kinds: KINDS }),
      { nowMs, latelyMs: windowMs, limit: READ_AT_ONCE },
    );
    for (;;) {
      const due = await store.claim({ nowMs: clock(), claimMs: CLAIM_MS, limit: SENT_AT_ONCE });
      await Promise.all(due.map(send));
      if (due.length < SENT_AT_ONCE || closed) break;
    }
    const tryAtMs = await store.nextTryAtMs();
    const wakes = [nextAtMs, tryAtMs, more ? clock() : null].filter((atMs) => atMs !== null);
    if (wakes.length > 0) wakeAt(Math.min(...wakes));
  };

  const onePass = async (): Promise<void> => {
    try {
      await pass();
      storeFailures = 0;
    } catch (error) {
      storeFailures += 1;
      logger.warn({ err: error }, 'alerts wait: the store cannot be reached');
      wakeAt(clock() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** storeFailures));
    }
  };

  function wake(): void {
    clearTimeout(timer);
    wakesAtMs = Infinity;
    if (closed) return;
    if (running) {
      wakeAt(clock() + REST_MS);
      return;
    }
    running = onePass().finally(() => {
      running = null;
      endedAtMs = clock();
    });
  }

  wake();
  return {
    kick: (urgent) => {
      if (!urgent) wakeAt(clock() + windowMs);
      else if (!running && clock() - endedAtMs >= REST_MS) wake();
      else wakeAt(clock() + REST_MS);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
