// Temporal and PostgreSQL are gone while a candidate serves half of the traffic. The gateway is put back all the same, and what
// comes back later finds that it has been overtaken.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RolloutSummary } from '../../../activities/index.ts';
import { bootstrap } from '../../../deploy/bootstrap.ts';
import { migrate } from '../../../deploy/migrate.ts';
import { startEmbeddedStack, type EmbeddedStack } from '../../../src/embedded/index.ts';
import type { Gateway } from '../../../src/gateway/index.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { temporaryFolder, withoutServers } from '../../support/servers.ts';
import {
  adoptWithLabels,
  bundleIn,
  CANDIDATE,
  INCUMBENT,
  liveAt,
  liveWhen,
  runCommand,
  SERVICE,
  startTestGateway,
  startWorker,
  type RunningWorker,
} from './optimizer.ts';

let folder: string;
let gateway: Gateway;
let stack: EmbeddedStack | null = null;
let worker: RunningWorker | null = null;

beforeEach(async () => {
  folder = temporaryFolder();
  gateway = await startTestGateway(join(folder, 'gateway'));
});
afterEach(async () => {
  await stopOptimizer();
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts Temporal, PostgreSQL and the worker, on what they left behind when there is anything. */
async function startOptimizer(bundle: string): Promise<RunningWorker> {
  stack = await startEmbeddedStack({
    dataDir: join(folder, 'servers'),
    env: withoutServers(process.env),
    ports: 'any',
    onProgress: () => undefined,
  });
  const { temporal, postgres } = stack;
  if (!stack.resumed)
    await Promise.all([
      bootstrap({ ...temporal, sweepEveryMs: null, maintenanceEveryMs: null }),
      migrate(postgres.url),
    ]);
  worker = await startWorker({ ...temporal, databaseUrl: postgres.url }, bundle);
  return worker;
}

async function stopOptimizer(): Promise<void> {
  await worker?.stop();
  await stack?.stop();
  [worker, stack] = [null, null];
}

test('Temporal and PostgreSQL stopped at 50 %: put back and verified; the workflow that returns ends superseded and writes nothing', async () => {
  const bundle = await bundleIn(folder);
  const first = await startOptimizer(bundle);
  await adoptWithLabels(first, gateway);
  const rollout = await first.client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: `rollout/${SERVICE}`,
    args: [{ serviceId: SERVICE, change: { model: CANDIDATE }, steps: [50, 100] }],
  });
  const { workflowId } = rollout;
  const atHalf = await liveWhen(gateway, ({ weight_pct }) => weight_pct === 50);
  const databaseUrl = stack?.postgres.url ?? '';
  await stopOptimizer();

  const line = ['rollback', SERVICE, '--by', 'oncall', '--reason', 'Temporal is gone', '--direct'];
  const put = await runCommand([...line, '--gateway', gateway.url, '--json'], { DATABASE_URL: databaseUrl });
  expect(put).toMatchObject({ exit: 0, err: '' });
  const after = await liveAt(gateway);
  expect(after).toMatchObject({
    stable: { configuration: { model: INCUMBENT } },
    candidate: null,
    weight_pct: 0,
    generation: atHalf.generation + 1,
    revision: 1_000,
  });
  const { audit, ...told } = JSON.parse(put.out) as { audit: { written: boolean; entry: { id: string } } };
  expect(told).toMatchObject({ before: { weight_pct: 50 }, after });
  expect(audit.written).toBe(false);

  const second = await startOptimizer(bundle);
  const summary = (await second.client.workflow.getHandle(workflowId).result()) as RolloutSummary;
  expect(summary).toMatchObject({
    outcome: 'superseded',
    reason: expect.stringMatching(new RegExp(`generation ${after.generation} is live`, 'u')) as string,
  });
  expect(await liveAt(gateway)).toEqual(after);
  expect(await second.stores.leases.current(SERVICE)).toBeNull();

  const kept = join(folder, 'kept.jsonl');
  writeFileSync(kept, JSON.stringify(audit.entry));
  const imported = await runCommand(['audit', 'import', kept], { DATABASE_URL: databaseUrl });
  expect(imported).toEqual({ exit: 0, out: `In the audit log: ${audit.entry.id}\n`, err: '' });
  const entries = await second.stores.audit.list(SERVICE);
  expect(entries).toContainEqual(audit.entry);
});
