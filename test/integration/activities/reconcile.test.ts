/** The reconciler against a real Temporal server: changes whose workflow has vanished, in every way it can, and gateways that were changed by hand. */
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reconcile } from '../../../activities/reconcile.ts';
import { createWorkflowDirectory } from '../../../src/adapters/temporal/index.ts';
import type { LeaseHolder } from '../../../src/ports/stores.ts';
import { useServers } from '../../support/servers.ts';
import { serveArms } from './arms-by-hand.ts';
import { admitRequest, Driver, holderOf } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, INCUMBENT, SERVICE, type World } from './world.ts';

const ROLLOUT_ID = `rollout/${SERVICE}`;
const RESTORE_ID = `restore/${SERVICE}`;

const servers = useServers();
const pools: Pool[] = [];
let connection: Connection;
let client: Client;
let queue = '';
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

let tests = 0;
beforeEach(async () => {
  // Nobody works on this task queue: what is started runs until it is ended.
  queue = `nobody-${++tests}`;
  const createDatabase = async () => {
    const url = await servers.freshDatabase();
    const pool = new Pool({ connectionString: url, max: 4 });
    pools.push(pool);
    return { url, pool };
  };
  world = await createWorld({ createDatabase }, { workflows: createWorkflowDirectory(client, queue) });
  for (const id of [ROLLOUT_ID, RESTORE_ID]) {
    await client.workflow
      .getHandle(id)
      .terminate('left by another test')
      .catch(() => undefined);
  }
});

async function running(
  workflowId = ROLLOUT_ID,
): Promise<{ readonly holder: LeaseHolder; readonly handle: WorkflowHandle }> {
  const handle = await client.workflow.start('canaryRollout', {
    taskQueue: queue,
    workflowId,
    args: [{}],
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });
  return { holder: holderOf(workflowId, handle.firstExecutionRunId), handle };
}

/** A rollout that serves its candidate to half of the traffic. */
async function serving(): Promise<{ readonly driver: Driver; readonly handle: WorkflowHandle }> {
  const { holder, handle } = await running();
  const driver = await Driver.admitted(world, { steps: [50, 100] }, holder);
  await driver.setWeight(50);
  return { driver, handle };
}

/** Ends the run as its own worker would, with a result. */
async function complete(result: unknown): Promise<void> {
  const { workflowService } = connection;
  const { namespace } = servers.temporal;
  const poll = { namespace, taskQueue: { name: queue }, identity: 'test' };
  const task = await client.withDeadline(Date.now() + 30_000, () =>
    workflowService.pollWorkflowTaskQueue(poll),
  );
  await workflowService.respondWorkflowTaskCompleted({
    namespace,
    taskToken: task.taskToken,
    identity: 'test',
    commands: [
      {
        // temporal.api.enums.v1.CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION
        commandType: 4,
        completeWorkflowExecutionCommandAttributes: {
          result: {
            payloads: [
              {
                metadata: { encoding: Buffer.from('json/plain') },
                data: Buffer.from(JSON.stringify(result)),
              },
            ],
          },
        },
      },
    ],
  });
}

const sweep = () => world.activities.sweep();
const statusOf = async (generation: number) =>
  (await world.stores.configurations.get(SERVICE, generation))?.status;

/** What the restore that the reconciler has started does, without a worker. */
async function restoreNow(): Promise<void> {
  const handle = client.workflow.getHandle(RESTORE_ID);
  const { runId } = await handle.describe();
  const input = { serviceId: SERVICE, to: 'stable', by: 'reconciler', reason: 'as started' };
  const wanted = await world.activities.prepareRestore({ input });
  await world.activities.restoreStable({ wanted, holder: holderOf(RESTORE_ID, runId) });
  await handle.terminate('the test has done its work');
}

describe('a change whose workflow has vanished', () => {
  it.each<[string, (handle: WorkflowHandle) => Promise<unknown>]>([
    ['terminated', (handle) => handle.terminate('by an operator')],
    ['completed and its books were not closed', () => complete({ outcome: 'rolledBack', generation: 2 })],
    ['replaced under its own id by one that was refused', async () => (await running()).handle.terminate()],
  ])('%s: its candidate is taken off by one restore, however often it is swept', async (_how, vanish) => {
    const { handle } = await serving();
    expect((await sweep()).repaired).toBeUndefined();
    await vanish(handle);
    const swept = await Promise.all([sweep(), sweep(), sweep()]);
    const repaired = swept.flatMap((each) => each.repaired ?? []);
    expect(repaired).toMatchObject([{ serviceId: SERVICE, kind: 'restoring' }]);
    expect(repaired[0]?.why).toMatch(
      /has closed, and the gateway serves its candidate \(generation 2\) at 50 %$/u,
    );
    expect(await client.workflow.getHandle(RESTORE_ID).describe()).toMatchObject({
      type: 'restoreConfiguration',
      status: { name: 'RUNNING' },
    });
    await restoreNow();
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      candidate: null,
      generation: 3,
    });
    expect(await statusOf(2)).toBe('rolledBack');
    expect((await sweep()).repaired).toBeUndefined();
    expect(await world.stores.leases.current(SERVICE)).toBeNull();
  });

  it('with the arms of its experiment served: they are taken off', async () => {
    await serveArms(world, 7, { recorded: true });
    const { repaired = [] } = await sweep();
    expect(repaired).toMatchObject([{ kind: 'restoring' }]);
    expect(repaired[0]?.why).toMatch(/its experiment experiment\/by-hand \(generation 7\) to 50 %$/u);
    await restoreNow();
    const { experiment = null, candidate, generation } = await world.live();
    expect([experiment, candidate, generation]).toEqual([null, null, 8]);
    expect((await sweep()).repaired).toBeUndefined();
  });

  it('forgotten by the server, as after its retention: its candidate is taken off', async () => {
    const driver = await Driver.admitted(world, { steps: [50, 100] }, holderOf('experiment/forgotten'));
    await driver.setWeight(50);
    expect(await client.workflow.getHandle('experiment/forgotten').describe().catch(String)).toMatch(
      /not found/iu,
    );
    expect((await sweep()).repaired).toMatchObject([{ kind: 'restoring' }]);
  });

  it('after its weight lease ran out: lease and books are put in order, and the gateway is not written', async () => {
    const { handle } = await serving();
    await handle.terminate('by an operator');
    world.nowMs += 120_000;
    const live = await world.live();
    const repaired = (await Promise.all([sweep(), sweep()])).flatMap((each) => each.repaired ?? []);
    expect(new Set(repaired.map(({ kind }) => kind))).toEqual(new Set(['closed']));
    expect([await statusOf(2), await world.stores.leases.current(SERVICE)]).toEqual(['rolledBack', null]);
    expect(await world.live()).toEqual(live);
    const audited = (await world.stores.audit.list(SERVICE)).filter(({ actor }) => actor === 'reconciler');
    expect(audited).toMatchObject([{ action: 'closed', detail: { generations: [2] } }]);
    expect((await sweep()).repaired).toBeUndefined();
  });

  it('with a promotion that was written and not booked: booked when its workflow ended with it', async () => {
    const { driver } = await serving();
    await world.activities.promoteCandidate(driver.nextWrite());
    expect((await sweep()).repaired).toBeUndefined();
    await complete({ outcome: 'promoted', generation: 2 });
    expect((await sweep()).repaired).toMatchObject([{ kind: 'promotionFinished' }]);
    expect([await statusOf(1), await statusOf(2)]).toEqual(['retired', 'stable']);
    expect((await sweep()).repaired).toBeUndefined();
  });

  it('with a promotion that was written by a workflow that was terminated: back to the recorded stable one', async () => {
    const { driver, handle } = await serving();
    await world.activities.promoteCandidate(driver.nextWrite());
    await handle.terminate('by an operator');
    expect((await sweep()).repaired).toMatchObject([{ kind: 'restoring' }]);
    await restoreNow();
    expect(await world.live()).toMatchObject({ stable: { configuration: { model: INCUMBENT } } });
    expect([await statusOf(1), await statusOf(2)]).toEqual(['retired', 'rolledBack']);
  });
});

describe('a change that somebody is in charge of', () => {
  it('is left alone while its holder runs, also when nobody works for it', async () => {
    await serving();
    const live = await world.live();
    expect((await sweep()).repaired).toBeUndefined();
    expect([await world.live(), await statusOf(2)]).toEqual([live, 'trying']);
  });

  it('is left alone when Temporal cannot be asked about it', async () => {
    const { handle } = await serving();
    await handle.terminate('by an operator');
    const { address, namespace } = servers.temporal;
    const nowhere = await Connection.connect({ address });
    const away = new Client({ connection: nowhere, namespace });
    await nowhere.close();
    const live = await world.live();
    expect(await reconcile({ ...world.ports, workflows: createWorkflowDirectory(away, queue) })).toEqual([]);
    expect([await world.live(), await statusOf(2)]).toEqual([live, 'trying']);
    expect(await world.stores.leases.current(SERVICE)).toMatchObject({ generation: 2 });
  });

  it('is left alone when it was begun while the sweep was reading', async () => {
    const { handle } = await serving();
    await handle.terminate('by an operator');
    const [stale] = await world.stores.openChanges.list();
    const next = await running();
    expect((await world.activities.admitRollout(admitRequest({}, next.holder))).plan.generation).toBe(3);
    const swept = await reconcile({
      ...world.ports,
      openChanges: { list: async () => (stale ? [stale] : []) },
    });
    expect(swept).toEqual([]);
    expect(await world.stores.leases.current(SERVICE)).toMatchObject({ holder: next.holder, generation: 3 });
    expect([await statusOf(2), await statusOf(3)]).toEqual(['superseded', 'trying']);
  });
});

describe('a gateway that somebody changed by hand', () => {
  it.each([
    ['a stable configuration', { model: 'gpt-4o-mini-2024-07-18' }],
    ['a candidate', { model: 'gpt-4o-mini-2024-07-18', weightPct: 30 }],
  ])('%s that nobody recorded is reported once and left as it is', async (_what, made) => {
    await byHand(world, 9, 1, made);
    const live = await world.live();
    const repaired = [...((await sweep()).repaired ?? []), ...((await sweep()).repaired ?? [])];
    expect(repaired).toMatchObject([{ kind: 'unrecorded' }]);
    expect(await world.live()).toEqual(live);
    const reports = (await world.stores.audit.list(SERVICE)).filter(({ action }) => action === 'unrecorded');
    expect(reports).toMatchObject([{ actor: 'reconciler', detail: { live: { generation: 9 } } }]);
    await byHand(world, 9, 2, { model: CANDIDATE });
    expect((await sweep()).repaired).toMatchObject([{ kind: 'unrecorded' }]);
  });

  it('in the weight of our own candidate, and its rollout left it so: reported, left as it is, and no change replaces it', async () => {
    const { driver, handle } = await serving();
    const { generation, revision } = await world.live();
    await byHand(world, generation, revision + 5, { model: CANDIDATE, weightPct: 60 });
    await expect(driver.look()).rejects.toMatchObject({ type: 'StaleGeneration' });
    driver.happened({ kind: 'superseded', atMs: world.nowMs, why: 'at 60 %: somebody else has changed it' });
    await world.activities.finishRollout({ state: driver.state, holder: driver.holder });
    await handle.terminate('the test has ended it');
    const live = await world.live();
    const repaired = [...((await sweep()).repaired ?? []), ...((await sweep()).repaired ?? [])];
    expect(repaired).toMatchObject([{ kind: 'unrecorded' }]);
    expect(repaired[0]?.why).toMatch(/\(generation 2\) is served at 60 % .* somebody else has changed it$/u);
    expect(await world.live()).toEqual(live);
    const next = await running();
    await expect(world.activities.admitRollout(admitRequest({}, next.holder))).rejects.toMatchObject({
      type: 'ChangeInFlight',
      message: expect.stringMatching(/at 60 % that its rollout has left to somebody/u),
    });
  });

  it('in the exposure of our own experiment, and that left it so: reported, and left as it is', async () => {
    const ended = {
      serviceId: SERVICE,
      workflowId: `experiment/${SERVICE}`,
      runId: 'run-1',
      atMs: world.nowMs,
    };
    const { experiments, decisions } = world.stores;
    await serveArms(world, 7, { recorded: true });
    await experiments.upsert({
      ...ended,
      generation: 7,
      name: 'concise',
      phase: 'ended',
      outcome: 'superseded',
      winner: null,
      startedAtMs: world.nowMs,
      endedAtMs: world.nowMs,
      reason: 'to 50 %: somebody else has changed it',
      state: {},
    });
    await decisions.append({
      ...ended,
      id: `experiment/${SERVICE}/7/ended`,
      kind: 'experimentEnd',
      outcome: 'superseded',
      reason: 'to 50 %: somebody else has changed it',
      detail: {},
      hash: '',
    });
    const live = await world.live();
    const { repaired = [] } = await sweep();
    expect(repaired).toMatchObject([{ kind: 'unrecorded' }]);
    expect(repaired[0]?.why).toMatch(/left to somebody: to 50 %: somebody else has changed it$/u);
    expect(await world.live()).toEqual(live);
  });

  it('under a change that died: the lease is given back, the books are closed, the gateway is left as it is', async () => {
    const { handle } = await serving();
    await byHand(world, 9, 1, { model: 'gpt-4o-mini-2024-07-18' });
    const live = await world.live();
    await handle.terminate('by an operator');
    expect((await sweep()).repaired).toMatchObject([{ kind: 'unrecorded' }]);
    expect([await world.live(), await statusOf(2)]).toEqual([live, 'superseded']);
    expect(await world.stores.leases.current(SERVICE)).toBeNull();
  });
});

describe('a rollout that is started again', () => {
  it('under its own id with the one before terminated: takes the lease over, though its candidate is served', async () => {
    await serving();
    const next = await running();
    const { plan } = await world.activities.admitRollout(admitRequest({}, next.holder));
    expect(plan.generation).toBe(3);
    expect(await world.stores.leases.current(SERVICE)).toMatchObject({ holder: next.holder });
    expect([await statusOf(2), await statusOf(3)]).toEqual(['superseded', 'trying']);
  });

  it('as the replacement of one whose end is written down a second time, late: keeps its lease', async () => {
    const driver = await Driver.admitted(world, { steps: [50, 100] });
    await world.activities.finishRollout({ state: driver.state, holder: driver.holder });
    const next = { ...driver.holder, runId: 'run-2' };
    expect((await world.activities.admitRollout(admitRequest({}, next))).plan.generation).toBe(3);
    await world.activities.finishRollout({ state: driver.state, holder: driver.holder });
    expect(await world.stores.leases.current(SERVICE)).toMatchObject({ holder: next, generation: 3 });
  });

  it('by a holder of the service, as its child: inherits the lease in one step', async () => {
    const parent = await running(`experiment/${SERVICE}`);
    const driver = await Driver.admitted(world, {}, parent.holder);
    expect(driver.generation).toBe(2);
    const child = await running();
    const by = { workflowId: parent.holder.workflowId, runId: parent.holder.runId };
    const request = { ...admitRequest({}, child.holder), parentWorkflowId: by.workflowId, parent: by };
    await expect(world.activities.admitRollout({ ...request, parent: null })).rejects.toMatchObject({
      type: 'ChangeInFlight',
    });
    expect((await world.activities.admitRollout(request)).plan.generation).toBe(3);
    expect(await world.stores.leases.current(SERVICE)).toMatchObject({ holder: child.holder });
    // What the parent gives back is not the child's.
    await world.stores.leases.release(SERVICE, parent.holder);
    expect(await world.stores.leases.current(SERVICE)).toMatchObject({ holder: child.holder, generation: 3 });
  });
});
