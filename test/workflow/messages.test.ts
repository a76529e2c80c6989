/** What people send to a running rollout, well typed and otherwise, and the answers they get. */
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { useTimeSkipping } from './support/hooks.ts';
import type { World } from './support/world.ts';

const temporal = useTimeSkipping();
const SECOND_MS = 1_000;
const PLAN: Partial<RolloutPlan> = {
  lookMs: 10 * SECOND_MS,
  soakMs: 30 * SECOND_MS,
  leaseMs: 60 * SECOND_MS,
};
const STEPS = { steps: [50, 100] };

const soaking = async (world: World): Promise<WorkflowHandle> => {
  const handle = await temporal().rollout(world, STEPS);
  await temporal().until(handle, (state) => state.phase === 'soaking');
  return handle;
};
const update = (handle: WorkflowHandle, name: string, message: unknown) =>
  handle.executeUpdate<{ accepted: boolean; reason: string }, [unknown]>(name, { args: [message] });
const stateOf = (handle: WorkflowHandle) => temporal().ask(handle);

describe('a rollout that asks before it starts', () => {
  const asks = (name: string) => {
    const world = temporal().service(name);
    world.plan = { ...PLAN, approval: 'beforeStart' };
    return world;
  };

  it('starts when somebody approves', async () => {
    const world = asks('approved');
    const handle = await temporal().rollout(world, STEPS);
    await temporal().until(handle, (state) => state.phase === 'awaitingApproval');
    expect(world.gateway.writes).toEqual([]);
    await handle.signal('approve', { by: 'ann', note: 'go' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
  });

  it('ends untouched when somebody rejects', async () => {
    const world = asks('rejected');
    const handle = await temporal().rollout(world, STEPS);
    await temporal().until(handle, (state) => state.phase === 'awaitingApproval');
    await handle.signal('reject', { by: 'ann', reason: 'not now' });
    expect(await handle.result()).toMatchObject({ outcome: 'rejected', reason: 'not now' });
    expect(world.gateway.writes).toEqual([]);
  });

  it('ends untouched when nobody answers in time', async () => {
    const world = asks('unanswered');
    const fromMs = await temporal().env.currentTimeMs();
    const handle = await temporal().rollout(world, STEPS);
    expect(await handle.result()).toMatchObject({ outcome: 'rejected', reason: 'nobody approved in time' });
    expect((await temporal().env.currentTimeMs()) - fromMs).toBeGreaterThanOrEqual(24 * 3_600 * SECOND_MS);
    expect(world.gateway.writes).toEqual([]);
  });

  it('refuses an approval of other evidence, and goes on waiting', async () => {
    const handle = await temporal().rollout(asks('other-evidence'), STEPS);
    await temporal().until(handle, (state) => state.phase === 'awaitingApproval');
    expect(await update(handle, 'approve', { by: 'ann', evidence: 'old' })).toMatchObject({
      accepted: false,
    });
    expect((await stateOf(handle)).phase).toBe('awaitingApproval');
    expect(await update(handle, 'approve', { by: 'ann', evidence: 'hash of new' })).toEqual({
      accepted: true,
      reason: 'approved',
    });
  });
});

describe('pause', () => {
  it('holds the step while looks go on, until resume', async () => {
    const world = temporal().service('paused');
    world.plan = PLAN;
    const handle = await soaking(world);
    await handle.signal('pause', { by: 'ann', reason: 'release day' });
    const later = await temporal().until(handle, (state) => state.looks >= 8);
    expect(later).toMatchObject({
      phase: 'soaking',
      stepIndex: 0,
      paused: { by: 'ann', reason: 'release day' },
    });
    await handle.signal('resume', { by: 'ann' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
  });

  it('does not keep harm from being taken back', async () => {
    const world = temporal().service('paused-harm');
    world.plan = PLAN;
    world.verdict = (look) => (look < 5 ? 'healthy' : 'harm');
    const handle = await soaking(world);
    await handle.signal('pause', { by: 'ann', reason: 'release day' });
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'quality says harm' });
  });
});

describe('promote by hand', () => {
  it('leaves the step at once and records the gates that were not met', async () => {
    const world = temporal().service('by-hand');
    world.plan = PLAN;
    world.verdict = () => 'inconclusive';
    const handle = await soaking(world);
    await temporal().until(handle, (state) => state.looks >= 1);
    await handle.signal('promote', { by: 'ann', reason: 'seen enough' });
    const next = await temporal().until(handle, (state) => state.stepIndex === 1);
    expect(next.log.find((entry) => entry.what === 'promoted by hand')).toMatchObject({
      by: 'ann',
      why: expect.stringContaining('quality') as string,
    });
    await temporal().until(handle, (state) => state.phase === 'soaking');
    await handle.signal('promote', { by: 'ann', reason: 'seen enough' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
  });

  it('is refused once harm is proven', async () => {
    const world = temporal().service('by-hand-harm');
    world.plan = PLAN;
    world.verdict = () => 'harm';
    const hang = world.hangAt('takeBackCandidate');
    const handle = await temporal().rollout(world, STEPS);
    await temporal().reach(hang);
    expect(await update(handle, 'promote', { by: 'ann', reason: 'I know better' })).toEqual({
      accepted: false,
      reason: 'the change is being taken back: quality says harm',
    });
    hang.release();
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
  });
});

describe('an anomaly', () => {
  const anomaly = (severity: string, type = 'quality_drop') => ({
    anomaly_type: type,
    severity,
    affected_services: [],
  });

  it.each([
    ['critical', anomaly('critical')],
    ['security', anomaly('low', 'security_breach')],
  ])('takes the change back when %s', async (name, message) => {
    const world = temporal().service(`anomaly-${name}`);
    world.plan = PLAN;
    const handle = await soaking(world);
    await handle.signal('anomaly', message);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
  });

  it('holds when high, and is only noted when low', async () => {
    const world = temporal().service('anomaly-high');
    world.plan = PLAN;
    const handle = await soaking(world);
    await handle.signal('anomaly', anomaly('low'));
    expect(await stateOf(handle)).toMatchObject({ held: null });
    await handle.signal('anomaly', anomaly('high'));
    expect(await stateOf(handle)).toMatchObject({ phase: 'soaking', held: { by: 'sentinel' } });
  });
});

describe('replace', () => {
  it('takes the change back, then starts the new one under the same id with the steps that were typed', async () => {
    const world = temporal().service('replaced');
    world.plan = PLAN;
    const handle = await soaking(world);
    await handle.signal('replace', { by: 'ann', change: { model: 'newer' } });
    const second = await temporal().until(
      temporal().client.workflow.getHandle('rollout/replaced'),
      (state) => state.phase === 'soaking' && state.plan.candidateHash === 'hash of newer',
    );
    expect(second.plan.generation).toBe(3);
    expect(world.gateway.writes.slice(0, 3)).toEqual([
      '2/1 candidate at 50 %',
      '2/2 candidate removed',
      '3/1 candidate at 50 %',
    ]);
  });
});

describe('what was typed wrong', () => {
  /** Sends a payload that is no JSON, as `tctl --input '{"by":'` does. */
  const signalRaw = (handle: WorkflowHandle, signalName: string, data: string | null) =>
    temporal().client.workflowService.signalWorkflowExecution({
      namespace: temporal().env.namespace ?? 'default',
      workflowExecution: { workflowId: handle.workflowId },
      signalName,
      ...(data === null
        ? {}
        : {
            input: {
              payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(data) }],
            },
          }),
    });

  it('is recorded in the state, and changes nothing', async () => {
    const world = temporal().service('garbage');
    world.plan = { ...PLAN, lookMs: 3_600 * SECOND_MS };
    const handle = await soaking(world);
    const { ignored: _before, ...before } = await stateOf(handle);
    await signalRaw(handle, 'rollback', null);
    await signalRaw(handle, 'rollback', '7');
    await signalRaw(handle, 'rollback', '{"by":"oncall",');
    await signalRaw(handle, 'rollback', '{"by":"oncall"}');
    await signalRaw(handle, 'rollback', '["oncall","complaints"]');
    await signalRaw(handle, 'rollbak', '{"by":"oncall","reason":"complaints"}');
    await signalRaw(handle, 'anomaly', '{"severity":"constructor"}');
    await signalRaw(handle, 'approve', '{"by":"ann"}');
    const { ignored, ...after } = await stateOf(handle);
    expect(after).toEqual(before);
    expect(ignored.map(({ name }) => name)).toEqual([
      ...Array.from({ length: 5 }, () => 'rollback'),
      'rollbak',
      'anomaly',
      'approve',
    ]);
    const [nothing, number, malformed, missing, list, unknown, severity, misplaced] = ignored.map(
      ({ why }) => why,
    );
    expect(nothing).toContain('is missing');
    expect(number).toContain('7 is given, expected one JSON object');
    expect(malformed).toContain('well-formed JSON, such as {"by":"oncall","reason":"complaints"}');
    expect(missing).toContain('reason: is missing');
    expect(list).toContain('one JSON object');
    expect(unknown).toContain('no such signal; known are rollback, approve');
    expect(severity).toContain('low, medium, high or critical');
    expect(misplaced).toBe('nothing waits for an approval');
    await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
  });

  it('as an update is answered as refused, with the reason', async () => {
    const world = temporal().service('garbage-updates');
    world.plan = PLAN;
    const handle = await soaking(world);
    expect(await update(handle, 'rollback', { by: 'oncall' })).toEqual({
      accepted: false,
      reason: 'reason: is missing, expected text, 1 to 2000 characters',
    });
    expect(await update(handle, 'resume', { by: 'ann' })).toEqual({
      accepted: false,
      reason: 'neither paused nor held',
    });
    expect(await update(handle, 'pause', { by: 'ann', reason: 'x' })).toMatchObject({ accepted: true });
    expect(await update(handle, 'rollback', { by: 'oncall', reason: 'complaints' })).toEqual({
      accepted: true,
      reason: 'the change is being taken back',
    });
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
  });

  it('is kept for the last twenty mistakes only', async () => {
    const world = temporal().service('garbage-much');
    world.plan = { ...PLAN, lookMs: 3_600 * SECOND_MS };
    const handle = await soaking(world);
    for (let i = 0; i < 30; i += 1) await handle.signal(`no-such-${i}`);
    const { ignored } = await stateOf(handle);
    expect([ignored.length, ignored[0]?.name, ignored.at(-1)?.name]).toEqual([
      20,
      'no-such-10',
      'no-such-29',
    ]);
  });

  it('twice, the second time with the same message id, is handled once', async () => {
    const world = temporal().service('repeated');
    world.plan = PLAN;
    const handle = await soaking(world);
    const message = { by: 'ann', reason: 'x', messageId: 'm1' };
    expect(await update(handle, 'pause', message)).toMatchObject({ accepted: true });
    await update(handle, 'resume', { by: 'ann' });
    expect(await update(handle, 'pause', message)).toEqual({
      accepted: false,
      reason: 'message m1 was already handled',
    });
    expect((await stateOf(handle)).paused).toBeNull();
  });
});

describe('the state', () => {
  it('shows input and starter first, so that a second start is not mistaken for the first', async () => {
    const world = temporal().service('shown');
    world.plan = PLAN;
    const handle = await temporal().rollout(world, { ...STEPS, by: 'ann', reason: 'cheaper' });
    const state = await temporal().until(handle, ({ phase }) => phase === 'soaking');
    expect(state).toMatchObject({
      input: { serviceId: 'shown', by: 'ann' },
      startedBy: 'ann',
      phase: 'soaking',
      weightPct: 50,
    });
    expect(state).not.toHaveProperty('evidence');
    expect(await temporal().ask(handle, 'decisions')).toEqual(state.log);
  });
});
