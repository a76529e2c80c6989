/** When a watched product is looked at again: soon before a lease ends, and with a back-off while it is in trouble. */
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { Loaded, MarkedProduct } from '../../../src/adapters/marked/index.ts';
import { servedBy, unmarked } from '../../../src/adapters/marked/index.ts';
import type { ServiceState } from '../../../src/contract/index.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { watchService } from '../../../src/watchdog/watch-service.ts';

const EVERY_MS = 5_000;
const START_MS = 1_700_000_000_000;
const LEASE_ENDS_MS = START_MS + 7_000;
const capabilities: MarkedProduct['capabilities'] = {
  compareAndSwap: true,
  leased: false,
  sticky: false,
  live: false,
  convergenceMs: 0,
  smallestWeightPct: 1,
};

/** Nobody has written yet but us: a candidate at 5 % whose lease ends 7 s after the start. */
function withCandidate(): ServiceState {
  const served = { stable: { model: 'old' }, candidate: { model: 'new' }, weightPct: 5 };
  const state = unmarked('bot', served, START_MS);
  return { ...state, candidate: state.candidate && { ...state.candidate, leaseExpiresAtMs: LEASE_ENDS_MS } };
}

/** The pauses of the first `looks` looks, on a clock that only pauses move. @param isAway whether a call fails, by time and kind */
async function pausesOf(
  looks: number,
  isAway: (nowMs: number, call: 'load' | 'store') => boolean,
): Promise<readonly number[]> {
  let nowMs = START_MS;
  let mark = withCandidate();
  const requireHere = (call: 'load' | 'store'): void => {
    if (isAway(nowMs, call)) throw new Failure('OrchestratorUnavailable', 'the product is away');
  };
  const product: MarkedProduct = {
    capabilities,
    load: async (): Promise<Loaded> => {
      requireHere('load');
      return { mark, served: servedBy(mark), version: '1' };
    },
    validate: async () => [],
    store: async (_serviceId, _before, after) => {
      requireHere('store');
      mark = after;
    },
    exclusive: (_serviceId, run) => run(),
  };
  const pauses: number[] = [];
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const watch = watchService({
    serviceId: 'bot',
    product,
    everyMs: EVERY_MS,
    logger: pino({ level: 'silent' }),
    clock: () => nowMs,
    pause: async (ms, signal) => {
      if (pauses.length < looks) pauses.push(ms);
      nowMs += ms;
      if (pauses.length < looks) return;
      finish();
      await new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
  });
  onTestFinished(() => watch.stop());
  await finished;
  return pauses;
}

it('a lease that ends before the next look is looked at when it ends, and then as usual', async () => {
  expect(await pausesOf(4, () => false)).toEqual([5_000, 2_001, 5_000, 5_000]);
});

it.each(['load', 'store'] as const)(
  'a lease that has ended while every %s fails: looks back off from 1 s to the usual time',
  async (failing) => {
    const pauses = await pausesOf(7, (nowMs, call) => call === failing && nowMs >= LEASE_ENDS_MS);
    expect(pauses).toEqual([5_000, 2_001, 1_000, 2_000, 4_000, 5_000, 5_000]);
  },
);

it('a product that is back after failed looks is looked at when the lease ends', async () => {
  const pauses = await pausesOf(4, (nowMs) => nowMs > START_MS && nowMs < START_MS + 6_000);
  expect(pauses).toEqual([5_000, 1_000, 1_001, 5_000]);
});
