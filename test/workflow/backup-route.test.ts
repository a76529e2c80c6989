/** Anomalies and the backup route as workflows order them: with a change in flight, and with none. */
import { describe, expect, it } from 'vitest';
import type { CycleSummary } from '../../activities/index.ts';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { TASK_QUEUE } from '../../workflows/activity-options.ts';
import { useTimeSkipping } from './support/hooks.ts';
import type { World } from './support/world.ts';

const temporal = useTimeSkipping();
const SECOND_MS = 1_000;
/** For what comes without any timer; that long only on a machine that stands still. */
const SOON = { timeout: 120_000 };
const ROLLBACK = { by: 'oncall', reason: 'complaints' };

const PLAN: Partial<RolloutPlan> = {
  lookMs: 10 * SECOND_MS,
  soakMs: 30 * SECOND_MS,
  leaseMs: 60 * SECOND_MS,
  steps: [50, 100],
  watchMs: 0,
  backup: { model: 'spare', hash: 'backup-hash' },
};

const anomaly = (severity: string, id: string, type = 'quality_drop') => ({
  anomaly_type: type,
  severity,
  affected_services: [],
  id,
});

const soaking = async (name: string, plan: Partial<RolloutPlan> = {}) => {
  const world = temporal().service(name);
  world.plan = { ...PLAN, ...plan };
  const handle = await temporal().rollout(world);
  await temporal().until(handle, (state) => state.phase === 'soaking');
  return { world, handle };
};
const onBackup = async (name: string, plan: Partial<RolloutPlan> = {}) => {
  const { world, handle } = await soaking(name, plan);
  await handle.signal('anomaly', anomaly('high', 'a1'));
  await temporal().until(handle, (state) => state.backup?.stage === 'served');
  return { world, handle };
};
const countOf = (world: World, activity: string) => world.calls.filter((call) => call === activity).length;

describe('a rollout that a high anomaly reaches', () => {
  it('is served by the backup model, whose lease is renewed, until somebody resumes; then its step begins anew', async () => {
    const { world, handle } = await onBackup('to-backup-and-back');
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: 'backup-hash', weightPct: 100 });
    const { looks } = await temporal().ask(handle);
    const renewed = await temporal().until(handle, () => countOf(world, 'routeToBackup') >= 3);
    expect(renewed.looks).toBe(looks);
    await handle.signal('resume', { by: 'ann' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
    const writes = world.gateway.writes.map((write) => write.replace(/^\S+ /u, ''));
    const left = writes.indexOf('candidate removed');
    expect(writes[left - 1]).toBe('candidate at 100 %');
    expect(writes[left + 1]).toBe('candidate at 50 %');
    expect(world.gateway.stable).toBe('hash of new');
  });

  it('is rolled back from there at once, onto the stable configuration', async () => {
    const { world, handle } = await onBackup('rolled-back-from-backup');
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
  });

  it('is rolled back at once also while the route is being left, and what comes late is fenced out', async () => {
    const { world, handle } = await onBackup('rolled-back-while-leaving', { table: 3 });
    const hang = world.hangAt('takeBackCandidate');
    await handle.signal('resume', { by: 'ann' });
    await temporal().reach(hang);
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
    hang.release();
  });

  it('is rolled back also while the gateway does not answer and the route is tried again and again', async () => {
    const { world, handle } = await soaking('rolled-back-on-the-way');
    world.failAt('routeToBackup', 'OrchestratorUnavailable', 1_000);
    const hang = world.hangAt('routeToBackup');
    await handle.signal('anomaly', anomaly('high', 'a1'));
    await temporal().reach(hang);
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
    hang.release();
  });

  it('overtakes a weight that is being written: the late write is fenced out', async () => {
    const world = temporal().service('overtakes-a-weight');
    world.plan = PLAN;
    const hang = world.hangAt('setWeight');
    const handle = await temporal().rollout(world);
    await temporal().reach(hang);
    await handle.signal('anomaly', anomaly('high', 'a1'));
    await temporal().until(handle, (state) => state.backup?.stage === 'served');
    hang.release();
    await expect.poll(() => world.gateway.refused.length, SOON).toBe(1);
    expect(world.gateway).toMatchObject({ candidate: 'backup-hash', weightPct: 100 });
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
  });

  it('stays held at its step when the gateway does not take the model', async () => {
    const { world, handle } = await soaking('refuses-backup');
    world.failAt('routeToBackup', 'OrchestratorRejected');
    await handle.signal('anomaly', anomaly('high', 'a1'));
    const held = await temporal().until(handle, (state) => state.held !== null && state.phase === 'soaking');
    expect(held.backup).toBeNull();
    expect(world.gateway).toMatchObject({ candidate: 'hash of new', weightPct: 50 });
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
  });

  it('is superseded when somebody newer has taken the service meanwhile', async () => {
    const { world, handle } = await onBackup('superseded-on-backup');
    world.gateway.setStable({ generation: 9, revision: 1 }, 'theirs');
    expect(await handle.result()).toMatchObject({ outcome: 'superseded' });
    expect(world.gateway).toMatchObject({ stable: 'theirs', candidate: null });
  });

  it('goes there by itself when a look finds both arms hurt alike, and a critical anomaly does not take it back', async () => {
    const world = temporal().service('both-hurt');
    world.plan = PLAN;
    world.verdict = (look) => (look === 2 ? 'bothHurt' : 'healthy');
    const handle = await temporal().rollout(world);
    await temporal().until(handle, (state) => state.backup?.stage === 'served');
    expect(await handle.executeUpdate('anomaly', { args: [anomaly('critical', 'a2')] })).toEqual({
      accepted: true,
      reason: 'held until somebody resumes, on the backup route',
    });
    expect(world.gateway.candidate).toBe('backup-hash');
    await handle.signal('resume', { by: 'ann' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
  });
});

describe('a rollout that a medium anomaly reaches', () => {
  it('holds, and starts a cycle; the same anomaly again starts none', async () => {
    const { world, handle } = await soaking('medium');
    for (let i = 0; i < 2; i += 1) await handle.signal('anomaly', anomaly('medium', 'a1'));
    const held = await temporal().until(handle, (state) => state.held !== null);
    expect(held).toMatchObject({ phase: 'soaking', held: { by: 'sentinel' } });
    await expect.poll(() => countOf(world, 'startCycle'), SOON).toBe(1);
    await handle.signal('rollback', ROLLBACK);
    await handle.result();
    expect(countOf(world, 'startCycle')).toBe(1);
  });
});

describe('a rollout that has ended, whose run has not', () => {
  it('hands an anomaly on to the cycle', async () => {
    const { world, handle } = await soaking('ended-but-running');
    const hang = world.hangAt('finishRollout');
    await handle.signal('rollback', ROLLBACK);
    await temporal().reach(hang);
    await handle.signal('anomaly', anomaly('critical', 'a1'));
    hang.release();
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(countOf(world, 'tellCycle')).toBe(1);
  });
});

describe('a cycle that an anomaly starts', () => {
  const signalled = (world: World, payload: object) =>
    temporal().client.workflow.signalWithStart('optimizationCycle', {
      taskQueue: TASK_QUEUE,
      workflowId: `cycle/${world.serviceId}`,
      args: [{ serviceId: world.serviceId, trigger: 'event' }],
      signal: 'anomaly',
      signalArgs: [payload],
    });
  const resultOf = async (handle: { result(): Promise<unknown> }) => (await handle.result()) as CycleSummary;

  it('puts the service on its backup route, tells people, and looks at the service', async () => {
    const world = temporal().service('idle-and-hurt');
    const summary = await resultOf(await signalled(world, anomaly('critical', 'a1')));
    expect(summary).toMatchObject({ reason: 'on the backup route; as the test says', change: null });
    expect(world.calls).toEqual(['respondToIncident', 'notify', 'assess']);
    expect(world.notices).toMatchObject([{ kind: 'held', evidence: 'backup-hash' }]);
    expect(world.gateway.stable).toBe('backup-hash');
    expect(await resultOf(await signalled(world, anomaly('critical', 'a2')))).toMatchObject({
      reason: 'critical anomaly: quality_drop: already there; as the test says',
    });
  });

  it.each([
    ['medium', 'medium anomaly: quality_drop: noted; as the test says'],
    ['low', 'low anomaly: quality_drop: noted; as the test says'],
  ])('only looks when it is %s', async (severity, reason) => {
    const world = temporal().service(`idle-${severity}`);
    expect(await resultOf(await signalled(world, anomaly(severity, 'a1')))).toMatchObject({ reason });
    expect([world.calls, world.gateway.writes]).toEqual([['assess'], []]);
  });

  it('takes no backup route for one that was raised more than an hour ago, and does for a newer one beside it', async () => {
    const agoMs = (minutes: number) => ({ raised_at_ms: Date.now() - minutes * 60_000 });
    const world = temporal().service('idle-and-hurt-long-ago');
    const old = { ...anomaly('critical', 'a1'), ...agoMs(90) };
    expect(await resultOf(await signalled(world, old))).toMatchObject({
      reason: `critical anomaly: quality_drop: noted; raised ${new Date(old.raised_at_ms).toISOString()}, more than an hour ago; as the test says`,
    });
    expect([world.calls, world.gateway.writes]).toEqual([['assess'], []]);

    const hang = world.hangAt('assess');
    const handle = await signalled(world, { ...old, id: 'a2' });
    await temporal().reach(hang);
    await handle.signal('anomaly', { ...anomaly('high', 'a3'), ...agoMs(30) });
    await handle.signal('anomaly', { ...old, id: 'a4' });
    hang.release();
    expect(await resultOf(handle)).toMatchObject({
      reason: expect.stringMatching(/^(critical .* ago; ){2}on the backup route; as the test says$/u),
    });
    expect(countOf(world, 'respondToIncident')).toBe(1);
  });

  it('answers the worst of several once', async () => {
    const world = temporal().service('idle-several');
    const hang = world.hangAt('assess');
    const handle = await temporal().start('optimizationCycle', 'cycle/idle-several', {
      serviceId: 'idle-several',
    });
    await temporal().reach(hang);
    for (const [i, severity] of ['low', 'critical', 'high'].entries())
      await handle.signal('anomaly', anomaly(severity, `a${i}`));
    hang.release();
    expect(await resultOf(handle)).toMatchObject({
      reason: 'on the backup route (and 2 more); as the test says',
    });
    expect(countOf(world, 'respondToIncident')).toBe(1);
  });

  it('passes it on when a change holds the service after all', async () => {
    const { world, handle } = await soaking('not-idle-after-all');
    world.holder = { workflowId: handle.workflowId, firstRunId: 'first', runId: 'run' };
    const summary = await resultOf(await signalled(world, anomaly('high', 'a1')));
    expect(summary.reason).toContain(`passed on to ${handle.workflowId}`);
    await temporal().until(handle, (state) => state.backup?.stage === 'served');
    await handle.signal('rollback', ROLLBACK);
    await handle.result();
  });

  it('looks all the same when the route fails for good, and says why', async () => {
    const world = temporal().service('idle-and-refused');
    world.failAt('respondToIncident', 'ChangeInFlight');
    const { reason } = await resultOf(await signalled(world, anomaly('high', 'a1')));
    expect(reason).toMatch(/^high anomaly: quality_drop: ChangeInFlight: .*; as the test says$/u);
  });

  it('that does not concern the service changes nothing', async () => {
    const world = temporal().service('another-is-hurt');
    const other = { ...anomaly('critical', 'a1'), affected_services: ['code-bot'] };
    expect(await resultOf(await signalled(world, other))).toMatchObject({ reason: 'as the test says' });
    expect(world.calls).toEqual(['assess']);
  });
});
