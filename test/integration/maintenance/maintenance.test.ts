/** The maintenance on real servers: its schedule fires, a run that is killed goes on, and a person may start one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, Connection, ScheduleClient, type WorkflowHandle } from '@temporalio/client';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { bootstrap, MAINTENANCE } from '../../../deploy/bootstrap.ts';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import { poll } from '../../../src/embedded/poll.ts';
import type { MaintenancePlan, MaintenanceSummary, StepDone } from '../../../src/state/maintenance.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { temporaryFolder, useServers } from '../../support/servers.ts';
import { bundleIn } from '../cli/optimizer.ts';

const DAY = 86_400_000;
const WAIT_MS = 120_000;
const WORKER = fileURLToPath(new URL('../cli/worker-child.ts', import.meta.url));

const servers = useServers();
const folder = temporaryFolder();
let bundle: string;
let pool: Pool;
let stores: Stores;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  const { address, namespace } = servers.temporal;
  bundle = await bundleIn(folder);
  pool = new Pool({ connectionString: servers.databaseUrl, max: 4 });
  stores = createStores(pool);
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
});
afterAll(async () => {
  await pool?.end();
  await connection?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A worker in a process of its own, killed with the test when it was not before. */
async function worker(): Promise<{ kill(): Promise<void> }> {
  const { address, namespace } = servers.temporal;
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', WORKER, address, namespace, servers.databaseUrl, bundle],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  await Promise.race([
    once(child.stdout!, 'data'),
    ended.then(() => Promise.reject(new Error('the worker ended before it was ready'))),
  ]);
  return { kill };
}

/** Events of each of these ages in days; answers the day of each. */
const store = (...days: readonly number[]): Promise<readonly number[]> =>
  Promise.all(
    days.map(async (age) => {
      const at = Date.now() - age * DAY;
      const event = feedbackEvent(`${age} days, ${at}`, { timestamp: new Date(at).toISOString() });
      await stores.ingest.recordFeedback([event], Date.now());
      return Math.floor(at / DAY);
    }),
  );

/** Days since the epoch of which raw events are kept. */
const daysKept = async (): Promise<readonly number[]> =>
  (await stores.maintenance.partitions())
    .filter(({ holds }) => holds === 'events')
    .map(({ fromMs }) => fromMs / DAY)
    .sort((a, b) => a - b);

interface Shown {
  readonly plan: MaintenancePlan | null;
  readonly steps: readonly StepDone[];
  readonly current: StepDone | null;
}
const stateOf = (handle: WorkflowHandle) => handle.query<Shown>('state');

/** Those that a run makes ahead, of yesterday to the third day to come; by its own time, for it may be another day by now. */
async function daysAhead(handle: WorkflowHandle): Promise<readonly number[]> {
  const { plan } = await stateOf(handle);
  const today = Math.floor((plan?.nowMs ?? Number.NaN) / DAY);
  return [-1, 0, 1, 2, 3].map((days) => today + days);
}

it('is started by its schedule: what is too old goes, the partitions of the next days are there', async () => {
  const { address, namespace } = servers.temporal;
  const [, , young = 0] = await store(20, 10, 1);
  await worker();
  const { changes } = await bootstrap({
    address,
    namespace,
    sweepEveryMs: null,
    maintenanceEveryMs: 1_000,
  });
  expect(changes).toEqual(['created schedule maintenance, every 1s']);
  const schedule = new ScheduleClient({ connection, namespace }).getHandle(MAINTENANCE.scheduleId);
  onTestFinished(() => schedule.delete());
  const ran = await poll(async () => (await schedule.describe()).info.recentActions[0]?.action.workflow, {
    timeoutMs: WAIT_MS,
  });
  expect(ran?.workflowId).toMatch(/^maintenance-/u);
  const handle = client.workflow.getHandle(ran!.workflowId);
  const result = (await handle.result()) as MaintenanceSummary;
  expect(result.outcome).toBe('done');
  const [kept, ahead] = [await daysKept(), await daysAhead(handle)];
  expect(kept).toEqual(expect.arrayContaining([...ahead]));
  expect(kept[0]).toBe(young);
  const { policies, spec } = await schedule.describe();
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 10_000 });
  expect(spec.intervals).toEqual([{ every: 1_000 }]);
  // A run that goes on would take what the next test has stored.
  await schedule.pause();
  const none = await poll(
    async () => {
      const { state, info } = await schedule.describe();
      return state.paused && info.runningActions.length === 0 ? true : undefined;
    },
    { timeoutMs: WAIT_MS },
  );
  expect(none).toBe(true);
});

it('goes on where it was when its worker is killed in the middle, and does no step twice', async () => {
  const [, old = 0] = await store(30, 12);
  const first = await worker();
  const holder = await pool.connect();
  onTestFinished(() => holder.release());
  await holder.query('BEGIN');
  await holder.query('SELECT count(*) FROM feedback_chunks');
  const handle = await client.workflow.start('maintenance', {
    taskQueue: TASK_QUEUE,
    workflowId: 'maintenance',
    args: [{ by: 'ann' }],
  });
  const inTheMiddle = await poll(
    async () => ((await stateOf(handle)).current?.step === 'rawEvents' ? true : undefined),
    { timeoutMs: WAIT_MS },
  );
  expect(inTheMiddle).toBe(true);
  await first.kill();
  await holder.query('ROLLBACK');
  expect(await daysKept()).toContain(old);
  await worker();
  const result = (await handle.result()) as MaintenanceSummary;
  expect(result.outcome).toBe('done');
  expect(result.steps.find(({ step }) => step === 'rawEvents')).toMatchObject({ count: 2, portions: 1 });
  const [kept, ahead] = [await daysKept(), await daysAhead(handle)];
  expect(kept).toEqual(expect.arrayContaining([...ahead]));
  expect(kept[0]).toBeGreaterThan(old);
  const { events } = await handle.fetchHistory();
  const scheduled = events?.filter((event) => event.activityTaskScheduledEventAttributes) ?? [];
  expect(scheduled).toHaveLength(1 + result.steps.length);
});
