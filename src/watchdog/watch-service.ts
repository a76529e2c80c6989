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

export function watchService(options: {
  readonly serviceId: string;
  readonly product: MarkedProduct;
  readonly everyMs: number;
  readonly logger: Logger;
  readonly clock: () => number;
}): ServiceWatch {
  const { serviceId, product, everyMs, logger, clock } = options;
  const stopped = new AbortController();
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
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== state.failure)
        logger.error({ service: serviceId, failure }, 'a look has failed; trying again');
      state = { ...state, failure };
    }
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await look();
      const left = state.leaseEndsAtMs === null ? everyMs : Math.max(0, state.leaseEndsAtMs - clock());
      // A lease that ends before the next look is looked at when it ends.
      const pauseMs = Math.min(everyMs, left + 1);
      await wait(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
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
