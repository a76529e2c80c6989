/**
 * The gateway's services in memory and on disk. Serialises the writes to one service, stores before it answers, and
 * makes the passing of a lease final as soon as anybody looks. What a write means is decided in `reducer.ts`.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { settle } from '../contract/live.ts';
import { reduceWrite } from '../contract/reducer.ts';
import type { GatewayWrite, Outcome } from '../contract/reducer.ts';
import { servesChange, type ServiceState } from '../contract/service-state.ts';
import { openStateFiles } from './state-files.ts';

export interface Registry {
  /** The settled state, tombstones included; undefined when the service was never heard of. Never waits. */
  get(serviceId: string): ServiceState | undefined;
  /** Applies one write after those before it. Resolves once its effect is on disk; rejects, unchanged, when it cannot be stored. */
  write(serviceId: string, write: GatewayWrite): Promise<Outcome>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** @throws Error naming a state file that cannot be read back */
export async function openRegistry(options: {
  readonly stateDir: string;
  readonly clock: () => number;
  readonly logger: Logger;
  /** Of a service that is created; random by default. */
  readonly newSalt?: () => string;
}): Promise<Registry> {
  const { clock, logger, newSalt = randomSalt } = options;
  const { files, services } = await openStateFiles(options.stateDir);
  const states = new Map(services.map((state) => [state.serviceId, state]));
  const tails = new Map<string, Promise<void>>();

  const inTurn = async <T>(serviceId: string, run: () => Promise<T>): Promise<T> => {
    const before = tails.get(serviceId);
    const result = (before ?? Promise.resolve()).then(run);
    const tail = ended(result);
    tails.set(serviceId, tail);
    try {
      return await result;
    } finally {
      if (tails.get(serviceId) === tail) tails.delete(serviceId);
    }
  };

  /** A clock that is set back must not bring what has expired to life again, nor must a restart. */
  const expire = (state: ServiceState): void => {
    logger.warn({ serviceId: state.serviceId }, 'the lease ran out: back on the stable configuration');
    states.set(state.serviceId, state);
    inTurn(state.serviceId, async () => {
      if (states.get(state.serviceId) === state) await files.write(state);
    }).catch((error: unknown) => {
      logger.error({ err: error, serviceId: state.serviceId }, 'the end of a lease could not be stored');
    });
  };

  const get = (serviceId: string): ServiceState | undefined => {
    const state = states.get(serviceId);
    if (state === undefined) return undefined;
    const settled = settle(state, clock());
    if (servesChange(state) && !servesChange(settled)) expire(settled);
    return settled;
  };

  return {
    get,
    write: (serviceId, write) =>
      inTurn(serviceId, async () => {
        const outcome = reduceWrite(states.get(serviceId), write, {
          nowMs: clock(),
          newSalt: newSalt(),
        });
        if (outcome.kind === 'changed') {
          await files.write(outcome.state);
          states.set(serviceId, outcome.state);
        }
        return outcome;
      }),
    close: async () => {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}

const randomSalt = (): string => randomBytes(8).toString('hex');

/** Resolves when the promise is over, however it ended. */
async function ended(promise: Promise<unknown>): Promise<void> {
  await Promise.allSettled([promise]);
}
