/** Real rollouts on a real server, over a route, a cache that reads a file, and limits behind a gateway that refuses or dies. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayTargetOf } from '../../../src/domain/supporting-target.ts';
import { poll } from '../../../src/embedded/poll.ts';
import type { RolloutState } from '../../../src/state/rollout/index.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { GOOD_CANDIDATE, INCUMBENT, startLab, type Lab } from '../../support/optimizer-lab.ts';
import { startProxy, type RefusingProxy } from '../activities/refusing-proxy.ts';
import { startSupporting, type Supporting } from '../activities/supporting-targets.ts';

const SERVICE = 'support-bot';
const STABLE = { model: INCUMBENT, system_prompt: 'be kind', rpm: '100', cacheTtlSeconds: '60' };
const TRIED = { ...STABLE, model: GOOD_CANDIDATE, rpm: '50', cacheTtlSeconds: '600' };
const ROLLOUT = `rollout/${SERVICE}`;
const LIMIT_MS = 60_000;

let supporting: Supporting;
let proxy: RefusingProxy;
let lab: Lab;

beforeAll(async () => {
  supporting = await startSupporting(SERVICE, INCUMBENT, Date.now);
  proxy = await startProxy(supporting.limits.url);
  lab = await startLab({
    dataDir: mkdtempSync(join(tmpdir(), 'several-targets-')),
    seed: 7,
    mode: 'recommend',
    rollout: { soak: '15m', look: '1s', lease: '10s', watch: '0s' },
    targets: supporting.targets.map((target) =>
      target.name === 'limits'
        ? { ...target, url: proxy.url, keys: [...target.keys] }
        : { ...target, keys: [...target.keys] },
    ),
    onProgress: () => undefined,
  });
  await lab.admissible();
}, 120_000);
afterAll(async () => {
  await lab.stop();
  await proxy.close();
  await supporting.close();
});

const whole = async () => {
  const target = gatewayTargetOf(lab.settings);
  return lab.ports.orchestratorFor(target).read(SERVICE);
};

async function start() {
  await lab.admissible();
  return lab.client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: ROLLOUT,
    args: [
      {
        serviceId: SERVICE,
        change: { model: GOOD_CANDIDATE, settings: { rpm: 50, cacheTtlSeconds: 600 } },
        steps: [50, 100],
        force: true,
        by: 'ann',
      },
    ],
  });
}

const rollout = () => lab.client.workflow.getHandle(ROLLOUT);
const send = (name: string) => rollout().signal(name, { by: 'ann', reason: 'the test asks' });

async function until(what: string, holds: (state: RolloutState) => boolean): Promise<RolloutState> {
  const found = await poll(
    async () => {
      const state = await rollout().query<RolloutState>('state');
      return holds(state) ? state : undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: 50 },
  );
  if (!found) throw new Error(`${what}: it never came`);
  return found;
}

const soakingAt = (weightPct: number) =>
  until(`soaking at ${weightPct} %`, (state) => state.phase === 'soaking' && state.weightPct === weightPct);

const ALL_BACK = { stable: { configuration: STABLE }, candidate: null };

describe('a rollout over several targets', () => {
  it('goes back everywhere when a target refuses the second step', async () => {
    const handle = await start();
    await soakingAt(50);
    expect(await whole()).toMatchObject({ candidate: { configuration: TRIED }, weight_pct: 50 });
    proxy.refuse = (method) => (method === 'PUT' ? 401 : null);
    await send('promote');
    expect(await handle.result()).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringContaining('limits'),
    });
    proxy.refuse = () => null;
    expect(await whole()).toMatchObject(ALL_BACK);
  });

  it('frees the route at once while a target is dead, and ends when that one is back too', async () => {
    const handle = await start();
    await soakingAt(50);
    await supporting.limits.kill();
    await send('rollback');
    const route = lab.ports.orchestratorFor({ driver: 'rest', url: lab.gatewayUrl });
    const free = await poll(async () => ((await route.read(SERVICE)).candidate === null ? true : undefined), {
      timeoutMs: LIMIT_MS,
      everyMs: 20,
    });
    expect(free).toBe(true);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await supporting.limits.revive();
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(await whole()).toMatchObject(ALL_BACK);
  });

  it('ends superseded when one was changed by hand, which stays; the others go back', async () => {
    const handle = await start();
    await soakingAt(50);
    const limits = lab.ports.orchestratorFor({ driver: 'rest', url: proxy.url });
    const live = await limits.read(SERVICE);
    await limits.setStable({
      serviceId: SERVICE,
      generation: live.generation,
      revision: live.revision + 500,
      idempotencyKey: 'by hand',
      configuration: { model: INCUMBENT, rpm: '100' },
    });
    expect(await handle.result()).toMatchObject({ outcome: 'superseded' });
    expect(await whole()).toMatchObject(ALL_BACK);
  });

  it('is promoted everywhere', async () => {
    const handle = await start();
    await soakingAt(50);
    await send('promote');
    await soakingAt(100);
    await send('promote');
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
    expect(await whole()).toMatchObject({ stable: { configuration: TRIED }, candidate: null });
  });
});
