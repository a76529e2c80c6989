/** Every way in which a rollout's workflow can vanish under its change: what becomes of the gateway, of the lease, and of who comes next. */
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { poll } from '../../../src/embedded/poll.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { CANDIDATE, SERVICE } from '../activities/world.ts';
import { INPUT, isStableAlone, RESTORE_ID, ROLLOUT_ID, useVanishing, type Place } from './support.ts';

const open = useVanishing();

const ROLL_BACK = { by: 'oncall', reason: 'complaints' };

/** A rollout that soaks at 50 % and has looked `looks` times. */
async function soaking(place: Place, looks = 2): Promise<WorkflowHandleWithFirstExecutionRunId> {
  const handle = await place.rollout();
  await place.until((state) => state.phase === 'soaking' && state.looks >= looks);
  return handle;
}

/** Workflow tasks that were completed, oldest first: where a run can be reset to. */
async function tasksOf(handle: WorkflowHandle): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? [])
    .filter(({ workflowTaskCompletedEventAttributes: completed }) => completed)
    .map(({ eventId }) => Number(eventId));
}

/** `temporal workflow reset`; answers the new run. */
async function reset(place: Place, toEvent: number): Promise<string> {
  const { client } = place;
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: ROLLOUT_ID, runId: '' },
    reason: 'the test resets it',
    workflowTaskFinishEventId: toEvent as never,
    requestId: randomUUID(),
  });
  return runId;
}

const rolledBack = async (place: Place): Promise<void> => {
  const handle = place.client.workflow.getHandle(ROLLOUT_ID);
  await handle.signal('rollback', ROLL_BACK);
  expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
  expect(await place.world.live()).toSatisfy(isStableAlone);
  expect(await place.world.stores.leases.current(SERVICE)).toBeNull();
};

describe('a rollout that was reset', () => {
  it.each<[string, (tasks: number[]) => number | undefined]>([
    ['to its last look', (tasks) => tasks.at(-1)],
    ['to its very beginning', (tasks) => tasks[0]],
  ])('%s goes on under a generation of its own; the run before is fenced out', async (_where, pick) => {
    const place = await open();
    await place.work();
    const handle = await soaking(place);
    const old = await place.world.stores.leases.current(SERVICE);
    expect(old?.generation).toBe(2);
    const runId = await reset(place, pick(await tasksOf(handle)) ?? 0);
    const { plan } = await place.until(
      (state) => state.phase === 'soaking' && state.plan.generation > 2 && state.looks > 0,
    );
    expect(plan.generation).toBe(3);
    expect(await place.world.live()).toMatchObject({
      generation: 3,
      candidate: { configuration: { model: CANDIDATE }, generation: 3 },
      weight_pct: 50,
    });
    expect(await place.world.stores.leases.current(SERVICE)).toMatchObject({
      holder: { workflowId: ROLLOUT_ID, runId, firstRunId: old?.holder.firstRunId },
      generation: 3,
    });
    expect([await place.statusOf(2), await place.statusOf(3)]).toEqual(['superseded', 'trying']);
    const { target, stableHash, stableGeneration, candidateHash } = plan;
    const pair = { generation: 2, revision: 500, idempotencyKey: 'late' };
    const late = {
      serviceId: SERVICE,
      ...pair,
      target,
      stableHash,
      stableGeneration,
      candidateHash,
      weightPct: 100,
      leaseMs: 60_000,
    };
    await expect(place.world.activities.setWeight(late)).rejects.toMatchObject({ type: 'StaleGeneration' });
    await rolledBack(place);
    expect([await place.statusOf(2), await place.statusOf(3)]).toEqual(['superseded', 'rolledBack']);
  });

  it.each<[string, number, string]>([
    ['to its very beginning', 0, 'superseded'],
    ['to before its first write', 1, 'rolledBack'],
    ['to after its first write', 3, 'rolledBack'],
  ])(
    '%s and is rolled back at once: it says so when what the run before has written is gone',
    async (_where, task, ofBefore) => {
      const place = await open();
      const workers = await place.work();
      const handle = await soaking(place, 3);
      const tasks = await tasksOf(handle);
      await workers.stop();
      await reset(place, tasks.at(task) ?? 0);
      await place.client.workflow.getHandle(ROLLOUT_ID).signal('rollback', ROLL_BACK);
      await place.work();
      expect(await place.client.workflow.getHandle(ROLLOUT_ID).result()).toMatchObject({
        outcome: 'rolledBack',
      });
      expect(await place.world.live()).toSatisfy(isStableAlone);
      expect(await place.statusOf(2)).toBe(ofBefore);
    },
  );

  it('after it had been rolled back does not undo the rollback', async () => {
    const place = await open();
    await place.work();
    const handle = await soaking(place);
    const tasks = await tasksOf(handle);
    await rolledBack(place);
    const live = await place.world.live();
    await reset(place, tasks.at(-1) ?? 0);
    // Signals are carried over by a reset: the rollback comes again, and finds its work done.
    expect(await place.client.workflow.getHandle(ROLLOUT_ID).result()).toMatchObject({ serviceId: SERVICE });
    expect(await place.world.live()).toMatchObject({ stable: live.stable, candidate: null });
    expect(await place.statusOf(2)).toBe('rolledBack');
  });
});

describe('a rollout that was terminated', () => {
  it('is off the gateway after the next sweep, and the sweep says so', async () => {
    const place = await open();
    await place.work();
    const handle = await soaking(place);
    await handle.terminate('by an operator');
    expect((await place.sweep()).repaired).toMatchObject([{ kind: 'restoring' }]);
    const live = await place.liveWhen(isStableAlone);
    expect(live.generation).toBe(3);
    expect(await place.client.workflow.getHandle(RESTORE_ID).result()).toMatchObject({
      tookOverFrom: ROLLOUT_ID,
    });
    expect(await place.statusOf(2)).toBe('rolledBack');
    expect((await place.sweep()).repaired).toBeUndefined();
  });

  it('by a start with TerminateIfRunning: the new run takes the service over and goes on from there', async () => {
    const place = await open();
    await place.work();
    const first = await soaking(place);
    await soaking(place, 1);
    const before = place.client.workflow.getHandle(ROLLOUT_ID, first.firstExecutionRunId);
    expect(await before.describe()).toMatchObject({ status: { name: 'TERMINATED' } });
    expect(await place.world.live()).toMatchObject({ generation: 3, weight_pct: 50 });
    expect([await place.statusOf(2), await place.statusOf(3)]).toEqual(['superseded', 'trying']);
    expect((await place.sweep()).repaired).toBeUndefined();
    await rolledBack(place);
  });
});

describe('a rollout that takes the place of one that it terminated', () => {
  it('and is rolled back before its first write: it says so when the candidate of the one before is gone', async () => {
    const place = await open();
    const workers = await place.work();
    await soaking(place, 1);
    await workers.stop();
    const next = await place.rollout();
    await next.signal('rollback', ROLL_BACK);
    await place.work();
    expect(await next.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(await place.world.live()).toSatisfy(isStableAlone);
    expect([await place.statusOf(2), await place.statusOf(3)]).toEqual(['superseded', 'rolledBack']);
    expect((await place.sweep()).repaired).toBeUndefined();
  });
});

describe('a rollout whose workflow task fails for ever, because the code no longer replays', () => {
  const tampered = (code: string): string => {
    const other = code.replaceAll('mutate.setWeight(', 'mutate.promoteCandidate(');
    expect(other).not.toBe(code);
    return other;
  };
  const stuck = async (place: Place): Promise<WorkflowHandle> => {
    const workers = await place.work();
    const handle = await soaking(place);
    await workers.stop();
    await place.work(tampered);
    await handle.signal('pause', { by: 'ann', reason: 'what is it doing?' });
    const attempts = async () => {
      const { raw } = await handle.describe();
      return (raw.pendingWorkflowTask?.attempt ?? 0) > 1 || undefined;
    };
    expect(await poll(attempts, { timeoutMs: 100_000, everyMs: 50 })).toBe(true);
    return handle;
  };

  it('is off the gateway when its weight lease runs out; once mended it goes on', async () => {
    const place = await open({ lease: '4s' });
    const handle = await stuck(place);
    const live = await place.liveWhen(isStableAlone);
    expect(live.last_change.kind).toBe('leaseExpired');
    // Its holder runs, as far as Temporal knows: nobody but a person ends it.
    expect((await place.sweep()).repaired).toBeUndefined();
    expect(await handle.describe()).toMatchObject({ status: { name: 'RUNNING' } });
    await handle.terminate('stuck');
    expect((await place.sweep()).repaired).toMatchObject([{ kind: 'closed' }]);
    expect([await place.statusOf(2), await place.world.stores.leases.current(SERVICE)]).toEqual([
      'rolledBack',
      null,
    ]);
  });

  it('does not keep restoreConfiguration from working, and ends superseded when it is mended', async () => {
    const place = await open();
    const handle = await stuck(place);
    expect(await place.world.live()).toMatchObject({ weight_pct: 50 });
    const restored = await place.client.workflow.execute('restoreConfiguration', {
      taskQueue: TASK_QUEUE,
      workflowId: RESTORE_ID,
      args: [{ serviceId: SERVICE, to: 'previous', ...ROLL_BACK }],
    });
    expect(restored).toMatchObject({ restoredFrom: 1, tookOverFrom: ROLLOUT_ID });
    // It has waited for nobody: the rollout is as stuck as before, and its weight's lease is not over.
    expect(await handle.describe()).toMatchObject({ status: { name: 'RUNNING' } });
    const live = await place.world.live();
    expect(live).toSatisfy(isStableAlone);
    await handle.terminate('stuck');
    expect((await place.sweep()).repaired).toBeUndefined();
    expect(await place.world.live()).toEqual(live);
  });
});

describe('a rollout that the holder of the service starts', () => {
  it.each(['ends', 'goesOnAsNew'] as const)(
    'and abandons: it inherits the lease, when the parent %s',
    async (after) => {
      const place = await open();
      const parentId = `experiment/${SERVICE}`;
      const parent = await place.client.workflow.start('holdingParent', {
        taskQueue: TASK_QUEUE,
        workflowId: parentId,
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        args: [after],
      });
      const runId = parent.firstExecutionRunId;
      const holder = { workflowId: parentId, firstRunId: runId, runId };
      const { leases } = place.world.stores;
      await leases.acquire({ serviceId: SERVICE, holder, gatewayGeneration: 1, nowMs: Date.now() });
      await place.work();
      await parent.signal('handOver', INPUT);
      const { plan } = await place.until((state) => state.phase === 'soaking');
      expect(plan.generation).toBe(3);
      expect(await leases.current(SERVICE)).toMatchObject({
        holder: { workflowId: ROLLOUT_ID },
        generation: 3,
      });
      await rolledBack(place);
      if (after === 'goesOnAsNew') await place.client.workflow.getHandle(parentId).terminate();
    },
  );
});
