import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createWorkflowDirectory } from '../../../src/adapters/temporal/index.ts';
import type { LeaseHolder } from '../../../src/ports/stores.ts';
import { useServers } from '../../support/servers.ts';
import { testSettings } from '../../support/settings.ts';
import { admitRequest, Driver, holderOf, ROLLOUT, withBaseline } from './rollout-driver.ts';
import { createWorld, INCUMBENT, SERVICE, traces, type World } from './world.ts';

/** Nobody works on this task queue: what is started runs until it is terminated. */
const QUEUE = 'nobody';

const servers = useServers();
const pools: Pool[] = [];
let connection: Connection;
let client: Client;
let world: World;

beforeAll(async () => {
  const { address, namespace } = servers.temporal;
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await connection.close();
});

beforeEach(async () => {
  const createDatabase = async () => {
    const url = await servers.freshDatabase();
    const pool = new Pool({ connectionString: url, max: 4 });
    pools.push(pool);
    return { url, pool };
  };
  world = await createWorld({ createDatabase }, { workflows: createWorkflowDirectory(client, QUEUE) });
});

/** Starts a workflow that does nothing, and ends it with the test when the test does not. */
async function running(workflowId: string): Promise<{ holder: LeaseHolder; end: () => Promise<void> }> {
  const handle = await client.workflow.start('canaryRollout', {
    taskQueue: QUEUE,
    workflowId,
    args: [{}],
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });
  const runId = handle.firstExecutionRunId;
  return {
    holder: holderOf(workflowId, runId),
    end: async () => void (await handle.terminate('the test ends it')),
  };
}

it('refuses a rollout while another workflow holds the service, naming it; takes over once that is closed', async () => {
  await withBaseline(world);
  const other = await running(`experiment/${SERVICE}`);
  const { leases } = world.stores;
  await leases.acquire({
    serviceId: SERVICE,
    holder: other.holder,
    gatewayGeneration: 1,
    nowMs: world.nowMs,
  });
  const before = await traces(world);
  await expect(world.activities.admitRollout(admitRequest())).rejects.toMatchObject({
    type: 'ChangeInFlight',
    nonRetryable: true,
    message: expect.stringMatching(
      new RegExp(`held by experiment/${SERVICE} \\(run ${other.holder.runId}\\)`, 'u'),
    ),
  });
  expect(await traces(world)).toEqual(before);
  await other.end();
  expect((await world.activities.admitRollout(admitRequest())).plan.generation).toBe(3);
  expect(await leases.current(SERVICE)).toMatchObject({ holder: ROLLOUT });
});

it('leaves a service alone that a workflow holds, and assesses it once that is closed', async () => {
  await withBaseline(world);
  const other = await running(`rollout/${SERVICE}`);
  const { leases } = world.stores;
  await leases.acquire({
    serviceId: SERVICE,
    holder: other.holder,
    gatewayGeneration: 1,
    nowMs: world.nowMs,
  });
  const assess = (runId: string) =>
    world.activities.assess({ input: { serviceId: SERVICE }, workflowId: `cycle/${SERVICE}`, runId });
  expect((await assess('run-1')).reason).toBe(`rollout/${SERVICE} holds the service`);
  await other.end();
  expect((await assess('run-2')).reason).not.toMatch(/holds/u);
});

it('makes room: tells the holder once, on record, waits for its lease, and never ends a restore', async () => {
  await withBaseline(world);
  const { leases, audit } = world.stores;
  const other = await running(`experiment/${SERVICE}`);
  const taken = { serviceId: SERVICE, gatewayGeneration: 1, nowMs: world.nowMs };
  await leases.acquire({ ...taken, holder: other.holder });
  const makeRoom = (input: Record<string, unknown> = {}, toldRunId: string | null = null) =>
    world.activities.makeRoom({ ...admitRequest({ onConflict: 'supersede', ...input }), toldRunId });
  const signals = async () => {
    const history = await client.workflow.getHandle(`experiment/${SERVICE}`).fetchHistory();
    return (history.events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
  };

  const before = await traces(world);
  await expect(makeRoom({ change: { model: INCUMBENT } })).rejects.toMatchObject({ type: 'InvalidInput' });
  expect(await traces(world)).toEqual(before);
  expect(await signals()).toBe(0);

  expect(await makeRoom()).toEqual({ kind: 'waits', holder: other.holder, told: true });
  expect(await makeRoom({}, other.holder.firstRunId)).toMatchObject({ kind: 'waits', told: true });
  expect(await signals()).toBe(1);
  expect((await audit.list(SERVICE))[0]).toMatchObject({
    actor: 'ann',
    action: 'supersede',
    detail: { superseded: `experiment/${SERVICE}`, by: `rollout/${SERVICE}` },
  });
  await other.end();
  expect(await makeRoom()).toEqual({ kind: 'free' });
  await world.activities.admitRollout(admitRequest());

  const restore = await running(`restore/${SERVICE}`);
  await leases.seize({ ...taken, holder: restore.holder });
  expect(await makeRoom()).toEqual({ kind: 'waits', holder: restore.holder, told: false });
  await restore.end();
});

it('restores the stable configuration as `previous` while a change is in flight, and tells its holder', async () => {
  const rollout = await running(`rollout/${SERVICE}`);
  const driver = await Driver.admitted(world, { steps: [50, 100] }, rollout.holder);
  await driver.setWeight(50);
  const input = { serviceId: SERVICE, to: 'previous', by: 'oncall', reason: 'complaints' };
  const wanted = await world.activities.prepareRestore({ input });
  expect(wanted).toMatchObject({ generation: 1, holder: rollout.holder });
  expect(
    await world.activities.tellHolder({ holder: rollout.holder, by: 'oncall', reason: 'complaints' }),
  ).toBe(true);
  const holder = holderOf(`restore/${SERVICE}`);
  const summary = await world.activities.restoreStable({ wanted, holder });
  expect(summary).toMatchObject({ generation: 3, tookOverFrom: `rollout/${SERVICE}` });
  expect(await world.live()).toMatchObject({
    stable: { configuration: { model: INCUMBENT } },
    candidate: null,
  });
  await rollout.end();
  expect(await world.activities.tellHolder({ holder: rollout.holder, by: 'oncall', reason: 'again' })).toBe(
    false,
  );
  expect(await world.activities.describeChange({ workflowId: `rollout/${SERVICE}` })).toMatchObject({
    outcome: 'terminated',
  });
});

it('sweeps: starts the cycles that are due, and none twice', async () => {
  const { services, decisions } = world.stores;
  for (const serviceId of ['due-bot', 'fresh-bot', 'off-bot', 'new-bot']) {
    await services.put(testSettings(serviceId, { mode: serviceId === 'off-bot' ? 'off' : 'recommend' }));
    if (serviceId !== 'new-bot')
      await services.adopt(serviceId, { nowMs: world.nowMs, qualityReference: null });
  }
  const assessed = (serviceId: string, atMs: number) =>
    decisions.append({
      id: `cycle/${serviceId}/run-1/assessed`,
      serviceId,
      workflowId: `cycle/${serviceId}`,
      runId: 'run-1',
      kind: 'cycle',
      outcome: 'nothingToDo',
      reason: 'nothing is better',
      detail: {},
      hash: 'h',
      atMs,
    });
  await assessed('due-bot', world.nowMs - 900_000);
  await assessed('fresh-bot', world.nowMs - 899_999);
  expect(await world.activities.sweep()).toEqual({ services: 5, started: ['due-bot', SERVICE] });
  expect(await client.workflow.getHandle('cycle/due-bot').describe()).toMatchObject({
    type: 'optimizationCycle',
    status: { name: 'RUNNING' },
  });
  expect(await world.activities.sweep()).toEqual({ services: 5, started: [] });
  world.nowMs += 1;
  expect(await world.activities.sweep()).toEqual({ services: 5, started: ['fresh-bot'] });
});
