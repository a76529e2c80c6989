/** A promotion under watch that is taken back while the next change is in flight: what the service comes back to. */
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { expect, it } from 'vitest';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { CANDIDATE, SERVICE } from '../activities/world.ts';
import { INPUT, isStableAlone, RESTORE_ID, ROLLOUT_ID, useVanishing, type Place } from './support.ts';

const open = useVanishing();

const NEXT = 'gpt-4o-mini-2024-07-18';
const BY_HAND = { by: 'ann', reason: 'seen enough' };

/** Promoted by hand, step by step; its watch runs. */
async function promoted(place: Place): Promise<void> {
  const handle = await place.rollout();
  for (const stepIndex of [0, 1]) {
    await place.until((state) => state.phase === 'soaking' && state.stepIndex === stepIndex);
    await handle.executeUpdate('promote', { args: [BY_HAND] });
  }
  expect(await handle.result()).toMatchObject({ outcome: 'promoted', generation: 2 });
}

/** Admission asks for labels of what is stable now. */
async function next(place: Place): Promise<WorkflowHandleWithFirstExecutionRunId> {
  const nowMs = Date.now();
  await place.world.feed({ generation: 2, count: 100, fromMs: nowMs - 20_000, toMs: nowMs - 1_000 });
  const handle = await place.client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: ROLLOUT_ID,
    args: [{ ...INPUT, change: { model: NEXT } }],
  });
  await place.until((state) => state.phase === 'soaking' && state.plan.generation === 3);
  return handle;
}

it('comes back to what was stable before the promotion, not to what is stable now', async () => {
  const place = await open();
  await place.work();
  await promoted(place);
  const rollout = await next(place);
  expect(await place.world.live()).toMatchObject({
    stable: { configuration: { model: CANDIDATE } },
    candidate: { configuration: { model: NEXT } },
  });
  const watch = place.client.workflow.getHandle(`watch/${SERVICE}/2`);
  await watch.signal('rollback', { by: 'oncall', reason: 'complaints' });
  expect(await watch.result()).toMatchObject({ outcome: 'reverted', reason: 'complaints' });
  expect(await place.client.workflow.getHandle(RESTORE_ID).result()).toMatchObject({ restoredFrom: 1 });
  expect(await place.world.live()).toSatisfy(isStableAlone);
  await rollout.result();
  expect([await place.statusOf(2), await place.statusOf(3)]).toEqual(['rolledBack', 'rolledBack']);
  expect(await place.world.stores.leases.current(SERVICE)).toBeNull();
});
