// The watchdog as a process of its own: everything but it and the gateway is killed, and the gateway is back on stable after the lease.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createLitellmOrchestrator } from '../../../src/adapters/litellm-orchestrator/index.ts';
import { choosePorts } from '../../../src/embedded/free-ports.ts';
import { FAKE_KEY, startLitellmFake, type LitellmFake } from '../orchestrators/litellm-fake.ts';

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
  const { port } = await choosePorts({ port: 0 });
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

it('kill -9 of the writer: stable alone once the lease is over, not before, under the pair that was live', async () => {
  const watchdog = await startWatchdogProcess('--watch', `support-bot=litellm:${gateway.url}#chat`);
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(200);
  const writer = await startWriter();
  // Longer than the lease: the renewals keep the candidate.
  await expect.poll(() => gateway.calls.length, { timeout: 60_000 }).toBeGreaterThan(12);
  expect(gateway.stored.map(({ litellm_params }) => litellm_params['weight'])).toEqual([75, 25]);
  const orchestrator = createLitellmOrchestrator({ url: gateway.url, route: 'chat', key: FAKE_KEY });

  await end(writer);
  const { revision, lease_expires_at: leaseEndMs } = await orchestrator.read('support-bot');
  await expect.poll(() => gateway.stored.length, { timeout: 30_000, interval: 20 }).toBe(1);
  expect(Date.now()).toBeGreaterThanOrEqual(leaseEndMs ?? Infinity);
  await expect
    .poll(() => orchestrator.read('support-bot'), { timeout: 30_000 })
    .toMatchObject({
      stable: { configuration: stable },
      candidate: null,
      weight_pct: 0,
      generation: 2,
      revision,
      last_change: { kind: 'leaseExpired', at: leaseEndMs },
    });
  await expect.poll(watchdog.watched, { timeout: 10_000 }).toMatchObject({ took_away: 1, failure: null });
  expect(watchdog.log()).toContain('the candidate was taken away');
  expect(watchdog.log()).not.toContain(FAKE_KEY);
});

it('a gateway that is away when the lease ends is asked again until it answers, and health says so', async () => {
  const watchdog = await startWatchdogProcess('--watch', `support-bot=litellm:${gateway.url}#chat`);
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(200);
  const writer = await startWriter();
  await end(writer);
  gateway.fault = { status: 500, times: Infinity };
  await expect.poll(watchdog.health, { timeout: 30_000 }).toBe(503);
  expect(gateway.stored).toHaveLength(2);
  gateway.fault = null;
  await expect.poll(() => gateway.stored.length, { timeout: 30_000 }).toBe(1);
  await expect.poll(watchdog.health, { timeout: 30_000 }).toBe(200);
});

it('what somebody changed by hand stays, but for our candidate', async () => {
  const watchdog = await startWatchdogProcess('--watch', `support-bot=litellm:${gateway.url}#chat`);
  await expect.poll(watchdog.health, { timeout: 60_000 }).toBe(200);
  const writer = await startWriter();
  await end(writer);
  const [first] = gateway.stored;
  if (first) first.litellm_params['model'] = 'openai/by-hand';
  await expect.poll(() => gateway.stored.length, { timeout: 30_000 }).toBe(1);
  expect(gateway.stored[0]?.litellm_params).toMatchObject({ model: 'openai/by-hand', weight: 100 });
});

it('without anything to watch it says what is missing, and ends', async () => {
  const watchdog = await startWatchdogProcess();
  await once(watchdog.child, 'exit');
  expect(watchdog.child.exitCode).not.toBe(0);
  expect(watchdog.log()).toContain('--watch: is missing');
});
