/**
 * How long a service goes on serving a candidate after a responder has said stop, from every state that a rollout can be in, on real servers: from
 * sending the message until the gateway's own read-back has the stable configuration alone. Each is read back once more at the end, after
 * everything that was held on its way has been let go.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../../src/embedded/poll.ts';
import { randomFromSeed } from '../../src/math/index.ts';
import { startLab, type Lab } from '../support/optimizer-lab.ts';
import type { Bench } from './bench.ts';
import { benchFolder } from './lab-folder.ts';
import { startDevServer } from './rollback/dev-server.ts';
import { startFaultProxy, type FaultProxy } from './rollback/fault-proxy.ts';
import { QUEUED_READS, startFlood } from './rollback/flood.ts';
import { createSubject, isRestored, LIMIT_MS, NotThere, type Subject } from './rollback/services.ts';
import { BEHIND_READS, CONTINUE_AFTER_EVENTS, isTouched, STATES, type State } from './rollback/states.ts';

/** Rounds, and how many services are in each state in each of them. */
const ROUNDS = 9;
const AT_ONCE = 1;
const TRIES_PER_STATE = ROUNDS * AT_ONCE;
const READ_EVERY_MS = 2;

/** A message is sent at some moment of this time after everything is in place, as in life. */
const SENT_WITHIN_MS = 300;

interface Try {
  readonly state: string;
  readonly ms: number;
  readonly seen: boolean;
  readonly verified: boolean;
}

interface Place {
  readonly lab: Lab;
  readonly proxy: FaultProxy;
  readonly next: () => number;
  readonly onProgress: (line: string) => void;
}

export const rollback: Bench = {
  summary: `from a responder's message to the restored configuration, ${TRIES_PER_STATE} tries in each of ${STATES.length + BEHIND_READS.length} states`,
  run: async ({ seed, onProgress }) => {
    const dataDir = benchFolder();
    const server = await startDevServer(dataDir, CONTINUE_AFTER_EVENTS);
    process.env['TEMPORAL_ADDRESS'] = server.address;
    try {
      const lab = await startLab({
        dataDir,
        seed,
        mode: 'off',
        speed: 5,
        sweepEveryMs: 3_600_000,
        onProgress,
      });
      const proxy = await startFaultProxy(lab.gatewayUrl);
      try {
        const { next } = randomFromSeed(seed);
        return resultOf(await allTries({ lab, proxy, next, onProgress }));
      } finally {
        await proxy.close();
        await lab.stop();
      }
    } finally {
      await server.stop();
    }
  },
};

async function allTries(place: Place): Promise<readonly Try[]> {
  const { lab, proxy, onProgress } = place;
  const tries: Try[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    tries.push(...(await tryRound(place, times(AT_ONCE, STATES), `r${round}`)));
    onProgress(`round ${round} of ${ROUNDS}`);
  }
  let flood: Awaited<ReturnType<typeof startFlood>> | undefined;
  try {
    const fill = async () => {
      flood = await startFlood(lab, proxy);
      onProgress(`${QUEUED_READS} reads are queued`);
    };
    tries.push(...(await tryRound(place, times(TRIES_PER_STATE, BEHIND_READS), 'reads', fill)));
  } finally {
    await flood?.stop();
  }
  return tries;
}

const times = (count: number, states: readonly State[]): readonly State[] =>
  Array.from({ length: count }, () => states).flat();

/** Brings one service into each state side by side, stops them one after another, lets go what was held, and reads all of them once more. */
async function tryRound(
  place: Place,
  states: readonly State[],
  round: string,
  whenReady: () => Promise<void> = async () => undefined,
): Promise<readonly Try[]> {
  const { lab, proxy, next, onProgress } = place;
  const prepared = await Promise.allSettled(
    states.map(async (state, no) => {
      const subject = await createSubject(lab, proxy, `bench-${round}-${no}`, state.overrides ?? {});
      await state.prepare(subject);
      return { state, subject };
    }),
  );
  // A state that did not come about is not a try: it is told, and missing in the count.
  for (const each of prepared) if (each.status === 'rejected') onProgress(String(each.reason));
  const subjects = prepared.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  await whenReady();
  const measured: { readonly subject: Subject; readonly found: Try }[] = [];
  for (const { state, subject } of subjects) {
    try {
      const found = await tryOnce(state, subject, next() * SENT_WITHIN_MS);
      onProgress(`${state.name}: ${found.ms.toFixed(0)} ms${found.seen ? '' : ', NOT restored'}`);
      measured.push({ subject, found });
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      onProgress(error.message);
    }
  }
  for (const { subject } of measured) await proxy.release(subject.serviceId);
  return Promise.all(
    measured.map(async ({ subject, found }) => ({
      ...found,
      verified: found.seen && isRestored(await subject.live()),
    })),
  );
}

async function tryOnce(
  state: State,
  subject: Subject,
  laterMs: number,
): Promise<Omit<Try, 'verified'> & Try> {
  await state.arm?.(subject);
  await delay(laterMs);
  if (!state.untouched && !(await isTouched(subject)))
    throw new Error(
      `${state.name}: ${subject.serviceId} serves the stable configuration before anybody said stop`,
    );
  const sentMs = performance.now();
  await (state.send ?? ((of: Subject) => of.signal('rollback')))(subject);
  const seen = await poll(
    async () => {
      if (state.untouched)
        return (await subject.rollout.describe()).status.name === 'RUNNING' ? undefined : true;
      return isRestored(await subject.live()) || undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: READ_EVERY_MS },
  );
  const ms = performance.now() - sentMs;
  return { state: state.name, ms, seen: seen === true, verified: false };
}

function figuresOf(tries: readonly Try[]) {
  const sorted = tries.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const middle =
    (sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.floor(sorted.length / 2)] ?? 0);
  return {
    medianMs: Math.round(middle / 2),
    maxMs: Math.round(sorted.at(-1) ?? 0),
    tries: tries.length,
    verified: tries.filter(({ verified }) => verified).length,
  };
}

function resultOf(tries: readonly Try[]) {
  const names = [...STATES, ...BEHIND_READS].map(({ name }) => name);
  const row = (name: string, of: readonly Try[]): string[] => {
    const { medianMs, maxMs, tries: count, verified } = figuresOf(of);
    return [name, String(count), String(verified), `${medianMs} ms`, `${maxMs} ms`];
  };
  return {
    table: [
      ['state', 'tries', 'verified', 'median', 'longest'],
      ...names.map((name) =>
        row(
          name,
          tries.filter(({ state }) => state === name),
        ),
      ),
      row('all', tries),
    ],
    figures: { ...figuresOf(tries), states: names.length },
  };
}
