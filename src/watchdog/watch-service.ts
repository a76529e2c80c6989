/**
 * Watches one service: looks at its product again and again, and takes the candidate away once its lease has run out. It is never done
 * trying, and it never raises a weight. What it last saw is all that it knows.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { expireLease, type MarkedProduct } from '../adapters/marked/index.ts';
import type { Logger } from '../config/log.ts';
import { configurationHash } from '../contract/index.ts';

export interface WatchState {
  /** When the product was last read without a failure; null: never. */
  readonly readAtMs: number | null;
  readonly stableHash: string | null;
  readonly leaseEndsAtMs: number | null;
  readonly failure: string | null;
  readonly tookAway: number;
}

export interface ServiceWatch {
  readonly state: () => WatchState;
  /** Ends once the running look has. */
  readonly stop: () => Promise<void>;
}

/** After the first failed look; twice as long after each that follows, up to the usual time between two looks. */
const FIRST_BACK_OFF_MS = 1_000;

export function watchService(options: {
  readonly serviceId: string;
  readonly product: MarkedProduct;
  readonly everyMs: number;
  readonly logger: Logger;
  readonly clock: () => number;
  /** Ends early, and without an error, when the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}): ServiceWatch {
  const { serviceId, product, everyMs, logger, clock, pause = pauseFor } = options;
  const stopped = new AbortController();
  let failedLooks = 0;
  let state: WatchState = {
    readAtMs: null,
    stableHash: null,
    leaseEndsAtMs: null,
    failure: null,
    tookAway: 0,
  };

  const look = async (): Promise<void> => {
    try {
      const found = await expireLease(product, serviceId, clock);
      const seen = found.kind === 'tookAway' ? found.mark.stable.configuration : found.stable;
      if (found.kind === 'tookAway') {
        const late = clock() - found.leaseEndsAtMs;
        logger.warn(
          { service: serviceId, lateMs: late },
          'a lease has run out: the candidate was taken away',
        );
      } else if (state.failure !== null) logger.info({ service: serviceId }, 'the product answers again');
      state = {
        readAtMs: clock(),
        stableHash: configurationHash(seen),
        leaseEndsAtMs: found.kind === 'tookAway' ? null : found.leaseEndsAtMs,
        failure: null,
        tookAway: state.tookAway + (found.kind === 'tookAway' ? 1 : 0),
      };
      failedLooks = 0;
    } catch (error) {
      failedLooks += 1;
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== state.failure)
        logger.error({ service: serviceId, failure }, 'a look has failed; trying again');
      state = { ...state, failure };
    }
  };

  /** A lease that ends before the next look is looked at when it ends. One that has ended, and could not be acted on, is not urgent twice. */
  const pauseMs = (): number => {
    const usualMs =
      failedLooks === 0 ? everyMs : Math.min(everyMs, FIRST_BACK_OFF_MS * 2 ** (failedLooks - 1));
    if (state.leaseEndsAtMs === null) return usualMs;
    const leftMs = state.leaseEndsAtMs - clock();
    if (failedLooks > 0 && leftMs <= 0) return usualMs;
    return Math.min(usualMs, Math.max(0, leftMs) + 1);
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await look();
      await pause(pauseMs(), stopped.signal);
    }
  };
  const ended = run();
  return {
    state: () => state,
    stop: async () => {
      stopped.abort();
      await ended;
    },
  };
}

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  wait(ms, undefined, { signal }).catch(() => undefined);
