/**
 * What the time-skipping server does not show truly: continue-as-new, and parents that close before their children. On the
 * development server, with a history limit so low that every other look continues as new.
 */
import { describe, expect, it } from 'vitest';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { experimentAdmitted } from '../support/experiment.ts';
import { admitted } from '../support/rollout.ts';
import { startDevelopment } from '../support/temporal-environment.ts';
import { TASK_QUEUE } from '../../workflows/activity-options.ts';
import { useServer } from './support/hooks.ts';

const EVENTS_TO_CONTINUE_AFTER = 20;
const temporal = useServer(() =>
  startDevelopment([
    '--dynamic-config-value',
    `limit.historyCount.suggestContinueAsNew=${EVENTS_TO_CONTINUE_AFTER}`,
  ]),
);

/** In real time: looks every fifth of a second, steps of a second. */
const FAST: Partial<RolloutPlan> = { lookMs: 200, soakMs: 1_000, leaseMs: 60_000, watchMs: 0 };
const ROLLBACK = { by: 'oncall', reason: 'complaints' };

const runsOf = async (workflowId: string): Promise<readonly string[]> => {
  const runs: string[] = [];
  for (let runId: string | undefined; ;) {
    const handle = temporal().client.workflow.getHandle(workflowId, runId);
    const { events } = await handle.fetchHistory();
    const attributes = events?.[0]?.workflowExecutionStartedEventAttributes;
    runs.unshift(attributes?.originalExecutionRunId ?? '');
    runId = attributes?.continuedExecutionRunId ?? undefined;
    if (runId === undefined || runId === '') return runs;
  }
};

describe('a rollout whose history grows long', () => {
  it('continues as new with its state, and is promoted as if nothing had happened', async () => {
    const world = temporal().service('continues');
    world.plan = FAST;
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    const before = await handle.describe();
    expect(await handle.result()).toMatchObject({ outcome: 'promoted', generation: 2 });
    const runs = await runsOf(handle.workflowId);
    expect(runs.length).toBeGreaterThan(2);
    expect(runs[0]).toBe(before.runId);
    expect(world.calls.filter((call) => call === 'admitRollout')).toHaveLength(1);
    expect(world.calls.filter((call) => call === 'renewLeaseRun')).toHaveLength(runs.length - 1);
    const revisions = world.gateway.writes.map((write) => Number(/\/(\d+) /u.exec(write)?.[1]));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(world.finished?.looks).toBe(world.looks);
  });

  it('takes a message that waits for the new run already, before its first step', async () => {
    const world = temporal().service('continues-with-a-message-waiting');
    const { serviceId } = world;
    const input = { serviceId, change: { model: 'new' } };
    const handle = await temporal().client.workflow.signalWithStart('canaryRollout', {
      taskQueue: TASK_QUEUE,
      workflowId: `rollout/${serviceId}`,
      args: [input, { state: admitted({ serviceId }), ignored: [] }],
      signal: 'rollback',
      signalArgs: [ROLLBACK],
    });
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: ROLLBACK.reason });
  });

  it('loses no message on the way: mistakes stay recorded, a pause holds, a rollback is obeyed', async () => {
    const world = temporal().service('continues-with-messages');
    // The step must not end before the pause has come.
    world.plan = { ...FAST, soakMs: 3_600_000 };
    const handle = await temporal().rollout(world);
    await temporal().until(handle, (state) => state.phase === 'soaking');
    await handle.signal('rollbak', ROLLBACK);
    await handle.signal('pause', { by: 'ann', reason: 'release day', messageId: 'm1' });
    const runs = (await runsOf(handle.workflowId)).length;
    const { looks } = await temporal().ask(handle);
    const later = await temporal().until(handle, (state) => state.looks >= looks + 6);
    expect((await runsOf(handle.workflowId)).length).toBeGreaterThan(runs);
    expect(later).toMatchObject({
      phase: 'soaking',
      stepIndex: 0,
      paused: { by: 'ann' },
      ignored: [{ name: 'rollbak' }],
    });
    await handle.signal('pause', { by: 'ann', reason: 'again', messageId: 'm1' });
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
  });

  it('is rolled back at once when the lease cannot be renewed after continuing as new', async () => {
    const world = temporal().service('continues-without-database');
    world.plan = FAST;
    world.failAt('renewLeaseRun', 'StoreUnavailable', 1_000);
    const hang = world.hangAt('renewLeaseRun');
    const handle = await temporal().rollout(world);
    await hang.reached;
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(world.gateway.candidate).toBeNull();
    hang.release();
  });
});

describe('a rollout on the backup route whose history grows long', () => {
  it('continues as new there, renews, and goes back to its step when somebody resumes', async () => {
    const world = temporal().service('continues-on-backup');
    const backup = { model: 'spare', hash: 'backup-hash' };
    world.plan = { ...FAST, leaseMs: 600, backup };
    // Nothing is proven before the anomaly has come, however long that takes.
    let isResumed = false;
    world.verdict = () => (isResumed ? 'healthy' : 'inconclusive');
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    await temporal().until(handle, (state) => state.phase === 'soaking');
    const high = { anomaly_type: 'quality_drop', severity: 'high', affected_services: [], id: 'a1' };
    await handle.signal('anomaly', high);
    await temporal().until(handle, (state) => state.backup?.stage === 'served');
    const runs = (await runsOf(handle.workflowId)).length;
    await expect
      .poll(async () => (await runsOf(handle.workflowId)).length, { timeout: 180_000 })
      .toBeGreaterThan(runs + 1);
    await handle.signal('anomaly', high);
    const there = await temporal().until(handle, (state) => state.backup?.stage === 'served');
    expect(there.ignored).toMatchObject([{ name: 'anomaly', why: 'message a1 was already handled' }]);
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: 'backup-hash', weightPct: 100 });
    isResumed = true;
    await handle.signal('resume', { by: 'ann' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
  });
});

describe('an experiment whose history grows long', () => {
  it('hands over before its arms are written again: in a freeze they are tried again and again, with nothing between', async () => {
    const world = temporal().service('arms-return');
    const { serviceId } = world;
    const nowMs = Date.now();
    const state = experimentAdmitted({ serviceId, admittedAtMs: nowMs });
    const hang = world.hangAt('renewLeaseRun');
    const handle = await temporal().start(
      'abExperiment',
      `experiment/${serviceId}`,
      { serviceId, name: 'concise', variants: [{ id: 'concise', change: { model: 'new' } }] },
      { state: { ...state, phase: 'running', revision: 1, startedAtMs: nowMs }, ignored: [] },
    );
    await hang.reached;
    for (let exposedPct = 10; exposedPct < 16; exposedPct += 1) {
      const more = { by: 'ann', reason: 'more', exposedPct };
      expect(await handle.executeUpdate('setAllocation', { args: [more] })).toMatchObject({ accepted: true });
    }
    hang.release();
    await temporal().until<{ served: string }>(handle, ({ served }) => served === 'yes');
    const before = world.calls.slice(0, world.calls.indexOf('setArms'));
    expect(before.filter((call) => call === 'renewLeaseRun').length).toBeGreaterThan(1);
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(world.gateway.arms).toBeNull();
  });
});

describe('a cycle that closes before its rollout', () => {
  const monitoring = async (serviceId: string) => {
    const world = temporal().service(serviceId);
    world.assessment = { kind: 'deploy' };
    world.plan = { ...FAST, soakMs: 60_000, lookMs: 60_000, leaseMs: 600_000 };
    const cycle = await temporal().start('optimizationCycle', `cycle/${serviceId}`, { serviceId });
    const child = temporal().client.workflow.getHandle(`rollout/${serviceId}`);
    await temporal().until<{ phase: string }>(cycle, ({ phase }) => phase === 'MONITORING');
    await temporal().until(child, ({ phase }) => phase === 'soaking');
    return { world, cycle, child };
  };

  it('terminated: the rollout runs on and takes its own messages', async () => {
    const { world, cycle, child } = await monitoring('orphan');
    await cycle.terminate('as the test says');
    expect((await child.describe()).status.name).toBe('RUNNING');
    await child.signal('rollback', ROLLBACK);
    expect(await child.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
  });

  it('cancelled: the rollout is rolled back, and the cycle waits for it', async () => {
    const { world, cycle, child } = await monitoring('cancelled-cycle');
    await cycle.cancel();
    expect(await cycle.result()).toMatchObject({ change: { outcome: 'rolledBack' } });
    expect(await child.result()).toMatchObject({ reason: 'the cycle was cancelled' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
  });
});
