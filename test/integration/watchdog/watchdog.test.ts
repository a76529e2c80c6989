// The watchdog as a process of its own: everything but it and the gateway is killed, and the gateway is back on stable after the lease.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createLitellmOrchestrator } from '../../../src/adapters/litellm-orchestrator/index.ts';
import { reservePort } from '../../support/ports.ts';
import {
  FAKE_KEY,
  startLitellmFake,
  type FakeCall,
  type LitellmFake,
} from '../orchestrators/litellm-fake.ts';

const LEASE_MS = 1_500;
const stable = { model: 'openai/gpt-4o' };
const env = { ...process.env, LITELLM_MASTER_KEY: FAKE_KEY, LOG_LEVEL: 'warn' };

let gateway: LitellmFake;
beforeEach(async () => {
  gateway = await startLitellmFake([
    {
      model_name: 'chat',
      litellm_params: { ...stable, api_key: 'sk-x' },
      model_info: { id: 'made-by-hand', db_model: true },
    },
  ]);
  onTestFinished(() => gateway.close());
});

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};

/** `node dist/workers/main.js --roles watchdog`, from the sources; without Temporal and without a database. */
async function startWatchdogProcess(...more: readonly string[]) {
  const port = await reservePort();
  const args = ['--import', 'tsx', 'workers/main.ts', '--roles', 'watchdog', '--watchdog-port', String(port)];
  const child = spawn(process.execPath, [...args, '--watch-every', '100ms', ...more], {
    env: { ...env, TEMPORAL_ADDRESS: '127.0.0.1:1', DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  onTestFinished(() => end(child));
  const url = `http://127.0.0.1:${port}`;
  return {
    child,
    log: () => log,
    health: async () => (await fetch(`${url}/health`).catch(() => null))?.status ?? null,
    watched: async () =>
      (await (await fetch(`${url}/v1/watched/support-bot`)).json()) as Record<string, unknown>,
  };
}

async function startWriter(): Promise<ChildProcess> {
  const writer = fork(new URL('./writer.ts', import.meta.url), [gateway.url, String(LEASE_MS)], {
    execArgv: ['--import', 'tsx'],
    env,
  });
  onTestFinished(() => end(writer));
  await once(writer, 'message');
  return writer;
}

interface Mark {
  readonly revision: number;
  readonly candidate: { readonly leaseExpiresAtMs: number } | null;
}

/** The state that a write of the mark says; null for a call that writes no mark. */
function markOf({ body }: FakeCall): Mark | null {
  const { llm_optimizer: text } = (body['model_info'] ?? {}) as { readonly llm_optimizer?: string };
  return text === undefined ? null : (JSON.parse(text) as { readonly state: Mark }).state;
}

/** How long the candidate that is there has been renewed for, ms. A writer that stood still for longer than its lease has begun anew. */
function renewedForMs(): number {
  const made = gateway.calls.findLast(({ path }) => path === '/model/new');
  return made ? (gateway.calls.at(-1)?.atMs ?? 0) - made.atMs : 0;
}

it('kill -9 of the writer: stable alone once the lease is over, not before, under the pair that was live', async () => {
  const watchdog = await startWatchdogProcess('--watch', `support-bot=litellm:${gateway.url}#chat`);
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(200);
  const writer = await startWriter();
  // Longer than the lease: the renewals keep the candidate.
  const weights = () => gateway.stored.map(({ litellm_params }) => litellm_params['weight']);
  await expect
    .poll(() => (renewedForMs() > LEASE_MS ? weights() : null), { timeout: 60_000 })
    .toEqual([75, 25]);
  const orchestrator = createLitellmOrchestrator({ url: gateway.url, route: 'chat', key: FAKE_KEY });

  await end(writer);
  await expect
    .poll(async () => (await orchestrator.read('support-bot')).candidate, { timeout: 60_000 })
    .toBeNull();
  // The writer's last word, and what came after it: the watchdog alone.
  const last = gateway.calls.findLastIndex((call) => markOf(call)?.candidate);
  const { revision, candidate } = markOf(gateway.calls[last]!)!;
  const leaseEndMs = candidate?.leaseExpiresAtMs ?? Infinity;
  expect(gateway.calls[last + 1]?.atMs).toBeGreaterThanOrEqual(leaseEndMs);
  expect(gateway.stored).toHaveLength(1);
  expect(await orchestrator.read('support-bot')).toMatchObject({
    stable: { configuration: stable },
    candidate: null,
    weight_pct: 0,
    generation: 2,
    revision,
    last_change: { kind: 'leaseExpired', at: leaseEndMs },
  });
  // Once, unless the writer stood still for longer than its lease before that.
  const took = gateway.calls.filter(({ path }) => path === '/model/delete').length;
  await expect.poll(watchdog.watched, { timeout: 60_000 }).toMatchObject({ took_away: took, failure: null });
  await expect.poll(watchdog.log, { timeout: 60_000 }).toContain('the candidate was taken away');
  expect(watchdog.log()).not.toContain(FAKE_KEY);
});

it('a gateway that is away when the lease ends is asked again until it answers, and health says so', async () => {
  const watchdog = await startWatchdogProcess('--watch', `support-bot=litellm:${gateway.url}#chat`);
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(200);
  // It stands still until the gateway is away: the lease may be over by then.
  watchdog.child.kill('SIGSTOP');
  const writer = await startWriter();
  await end(writer);
  gateway.fault = { status: 500, times: Infinity };
  watchdog.child.kill('SIGCONT');
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(503);
  const leaseEndMs = gateway.calls.map(markOf).findLast((mark) => mark?.candidate)
    ?.candidate?.leaseExpiresAtMs;
  await expect.poll(() => Date.now(), { timeout: 60_000 }).toBeGreaterThan(leaseEndMs ?? Infinity);
  expect(gateway.stored).toHaveLength(2);
  gateway.fault = null;
  await expect.poll(() => gateway.stored.length, { timeout: 60_000 }).toBe(1);
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(200);
});

it('what somebody changed by hand stays, but for our candidate', async () => {
  const watchdog = await startWatchdogProcess('--watch', `support-bot=litellm:${gateway.url}#chat`);
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(200);
  const writer = await startWriter();
  await end(writer);
  const [first] = gateway.stored;
  if (first) first.litellm_params['model'] = 'openai/by-hand';
  await expect.poll(() => gateway.stored.length, { timeout: 60_000 }).toBe(1);
  expect(gateway.stored[0]?.litellm_params).toMatchObject({ model: 'openai/by-hand', weight: 100 });
});

it('without anything to watch it says what is missing, and ends', async () => {
  const watchdog = await startWatchdogProcess();
  await once(watchdog.child, 'exit');
  expect(watchdog.child.exitCode).not.toBe(0);
  expect(watchdog.log()).toContain('--watch: is missing');
});
