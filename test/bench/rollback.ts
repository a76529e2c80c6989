/**
 * How long a service goes on serving a candidate after a responder has said stop: a rollout soaks at 5 % on real servers under
 * traffic, then the time from sending until the gateway's own read-back has the stable configuration alone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { liveConfigurationSchema, type LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import { poll } from '../../src/embedded/poll.ts';
import { randomFromSeed } from '../../src/math/index.ts';
import { TASK_QUEUE } from '../../workflows/activity-options.ts';
import { GOOD_CANDIDATE, INCUMBENT, startLab, type Lab } from '../support/optimizer-lab.ts';
import type { Bench } from './bench.ts';
import { benchFolder } from './lab-folder.ts';

const TRIES = 20;
const LIMIT_MS = 60_000;
const READ_EVERY_MS = 2;

/** A signal is sent at some moment of the time between two looks, as in life. */
const LOOK_MS = 2_000;

/** Asks for the restoration; what it answers waits until whatever was asked has ended. */
type Stop = (lab: Lab) => Promise<() => Promise<unknown>>;

interface Try {
  readonly ms: number;
  readonly verified: boolean;
}

export const rollback: Bench = {
  summary: `from a responder's message to the restored configuration, ${TRIES} tries each`,
  run: async ({ seed, onProgress }) => {
    const lab = await startLab({
      dataDir: benchFolder(),
      seed,
      mode: 'recommend',
      rollout: { soak: '15m' },
      onProgress,
    });
    try {
      const { next } = randomFromSeed(seed);
      const tries = async (what: string, stop: Stop): Promise<Try[]> => {
        const all: Try[] = [];
        for (let no = 1; no <= TRIES; no++) {
          const one = await tryOnce(lab, next() * LOOK_MS, stop);
          onProgress(
            `${what} ${no} of ${TRIES}: ${one.ms.toFixed(0)} ms${one.verified ? '' : ', NOT restored'}`,
          );
          all.push(one);
        }
        return all;
      };
      const signalled = await tries('signal', signal);
      const restored = await tries('restoreConfiguration', restore);
      const head = ['by', 'tries', 'verified', 'median', 'longest'];
      return {
        table: [head, row('signal rollback', signalled), row('restoreConfiguration', restored)],
        figures: {
          ...figuresOf(signalled),
          restoreMedianMs: figuresOf(restored).medianMs,
          restoreMaxMs: figuresOf(restored).maxMs,
          restoreVerified: figuresOf(restored).verified,
        },
      };
    } finally {
      await lab.stop();
    }
  },
};

const ROLLOUT = 'rollout/support-bot';
const WHO = { by: 'bench', reason: 'measuring' };

const signal: Stop = async ({ client }) => {
  const rollout = client.workflow.getHandle(ROLLOUT);
  await rollout.signal('rollback', WHO);
  return () => rollout.result();
};

const restore: Stop = async ({ client, settings: { serviceId } }) => {
  const restoring = await client.workflow.start('restoreConfiguration', {
    taskQueue: TASK_QUEUE,
    workflowId: `restore/${serviceId}`,
    args: [{ serviceId, to: 'previous', ...WHO }],
  });
  return () => restoring.result();
};

/** Starts a rollout, waits until 5 % is served and then `laterMs`, stops it, and reads the gateway until it is over. */
async function tryOnce(lab: Lab, laterMs: number, stop: Stop): Promise<Try> {
  const { client, settings } = lab;
  const { serviceId } = settings;
  await lab.admissible();
  const rollout = await client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: ROLLOUT,
    workflowIdConflictPolicy: 'FAIL',
    args: [{ serviceId, change: { model: GOOD_CANDIDATE }, by: WHO.by }],
  });
  const ended = rollout.result().then(
    () => 'ended',
    (error: unknown) => String(error),
  );
  let over: string | undefined;
  void ended.then((how) => (over = how));
  const before = await poll(
    async () => {
      if (over !== undefined) throw new Error(`the rollout did not reach its first step: ${over}`);
      const live = await read(lab);
      return live.candidate && live.weight_pct === 5 ? live : undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: 20 },
  );
  if (!before) throw new Error('the rollout did not reach its first step');
  await delay(laterMs);
  const sentMs = performance.now();
  const stopped = await stop(lab);
  const after = await poll(
    async () => {
      const live = await read(lab);
      return live.candidate ? undefined : live;
    },
    { timeoutMs: LIMIT_MS, everyMs: READ_EVERY_MS },
  );
  const ms = performance.now() - sentMs;
  await Promise.all([ended, stopped()]);
  const last = await read(lab);
  const stable = (live: LiveConfiguration | undefined) =>
    live?.candidate === null && live.stable.configuration['model'] === INCUMBENT;
  return { ms, verified: stable(after) && stable(last) };
}

async function read({ gatewayUrl, settings }: Lab): Promise<LiveConfiguration> {
  const answer = await fetch(`${gatewayUrl}/api/v1/configurations/${settings.serviceId}`);
  return liveConfigurationSchema.parse(await answer.json());
}

function figuresOf(tries: readonly Try[]) {
  const sorted = tries.map(({ ms }) => ms).sort((a, b) => a - b);
  const middle =
    (sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.floor(sorted.length / 2)] ?? 0);
  return {
    medianMs: Math.round(middle / 2),
    maxMs: Math.round(sorted.at(-1) ?? 0),
    tries: tries.length,
    verified: tries.filter(({ verified }) => verified).length,
  };
}

function row(by: string, tries: readonly Try[]): string[] {
  const { medianMs, maxMs, verified } = figuresOf(tries);
  return [by, String(tries.length), String(verified), `${medianMs} ms`, `${maxMs} ms`];
}
