/** Blue-green, immediate and superseding changes through the real workflow, in real time: taken back from every state, and told to people. */
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { RolloutSummary } from '../../activities/index.ts';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { createDevelopment, type Temporal } from './support/environment.ts';
import { useServer } from './support/hooks.ts';
import type { World } from './support/world.ts';

const temporal = useServer(createDevelopment);
const ROLLBACK = { by: 'oncall', reason: 'complaints' };
const COMMON: Partial<RolloutPlan> = {
  lookMs: 200,
  leaseMs: 60_000,
  steps: [100],
  watchMs: 0,
  notify: [{ webhook: 'http://127.0.0.1:1/hook', on: ['approvalNeeded', 'held', 'rolledBack', 'promoted'] }],
};
const SWITCH: Partial<RolloutPlan> = {
  ...COMMON,
  strategy: 'blueGreen',
  soakMs: 500,
  forced: true,
};
const SLOW: Partial<RolloutPlan> = { lookMs: 60_000, soakMs: 60_000, leaseMs: 600_000 };
const IMMEDIATE: Partial<RolloutPlan> = { ...COMMON, strategy: 'immediate', soakMs: 0 };

const told = ({ notices }: World) => notices.map(({ kind, reason }) => `${kind}: ${reason}`);

describe('blueGreen', () => {
  it('serves everybody at once beside stable, soaks with looks, is promoted and told', async () => {
    const world = temporal().service('switch');
    world.plan = SWITCH;
    const summary = (await (await temporal().rollout(world)).result()) as RolloutSummary;
    expect(summary).toMatchObject({ outcome: 'promoted' });
    const [step] = summary.steps;
    expect((step?.endedAtMs ?? 0) - (step?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(500);
    expect(world.looks).toBeGreaterThanOrEqual(1);
    const writes = world.gateway.writes.map((write) => write.replace(/^\S+ /u, ''));
    expect([...new Set(writes)]).toEqual(['candidate at 100 %', 'stable hash of new']);
    expect(told(world)).toEqual([
      'promoted: no absolute limit was broken at 100 %; forced, compared with nothing',
    ]);
  });

  it('is held and taken back by what it finds, each told', async () => {
    const world = temporal().service('switch-harm');
    world.plan = SWITCH;
    world.verdict = (look) => (look < 3 ? 'bothHurt' : 'harm');
    expect(await (await temporal().rollout(world)).result()).toMatchObject({ outcome: 'rolledBack' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
    expect(told(world)).toEqual(['held: quality says bothHurt', 'rolledBack: rolledBack: quality says harm']);
  });
});

describe('immediate', () => {
  it('writes, promotes and tells, without a look, and is watched like any other', async () => {
    const world = temporal().service('at-once');
    world.plan = { ...IMMEDIATE, watchMs: 60_000 };
    const handle = await temporal().rollout(world, { by: 'ann', reason: 'revoked' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted', looks: 0 });
    expect(world.gateway.writes).toEqual(['2/1 candidate at 100 %', '2/2 stable hash of new']);
    expect(told(world)).toEqual(['promoted: at once, by ann, judged by nothing: revoked']);
    const watch = temporal().client.workflow.getHandle('watch/at-once/2');
    expect((await watch.describe()).type).toBe('promotionWatch');
  });

  it('asks before the start, when every change is asked for, and tells that it waits', async () => {
    const world = temporal().service('at-once-asked');
    world.plan = { ...IMMEDIATE, approval: 'beforeLast' };
    const handle = await temporal().rollout(world, { by: 'ann', reason: 'revoked' });
    await temporal().until(handle, (state) => state.phase === 'awaitingApproval');
    expect(world.gateway.writes).toEqual([]);
    await handle.signal('approve', { by: 'bob' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
    expect(told(world)).toEqual([
      'approvalNeeded: to start: model a -> b',
      'promoted: at once, by ann, judged by nothing: revoked',
    ]);
  });

  it('paused while the write is on its way waits at 100 % under its lease, until somebody resumes', async () => {
    const world = temporal().service('at-once-paused');
    world.plan = IMMEDIATE;
    const hang = world.hangAt('setWeight');
    const handle = await temporal().rollout(world);
    await temporal().reach(hang);
    await handle.signal('pause', { by: 'ann', reason: 'wait' });
    hang.release();
    await temporal().until(handle, (state) => state.looks > 2);
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', weightPct: 100 });
    await handle.signal('resume', { by: 'ann' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
  });
});

type Reach = (at: Temporal, handle: WorkflowHandle, world: World) => Promise<void>;
const hanging =
  (activity: string): Reach =>
  async (at, _handle, world) =>
    at.reach(world.hangAt(activity));
const phase =
  (wanted: string): Reach =>
  async (at, handle) =>
    void (await at.until(handle, (state) => state.phase === wanted));

/** Every state in which the two strategies can be met; `written` says whether there is something to take back. */
const rows: readonly { situation: string; plan: Partial<RolloutPlan>; reach: Reach; written: boolean }[] = [
  {
    situation: 'a switch waits for its approval',
    plan: { ...SWITCH, approval: 'beforeLast' },
    reach: phase('awaitingApproval'),
    written: false,
  },
  { situation: 'the switch is being written', plan: SWITCH, reach: hanging('setWeight'), written: true },
  {
    situation: 'the switch soaks',
    plan: { ...SWITCH, soakMs: 60_000 },
    reach: phase('soaking'),
    written: true,
  },
  { situation: 'the switch is being looked at', plan: SWITCH, reach: hanging('look'), written: true },
  {
    situation: 'the switch is being promoted',
    plan: SWITCH,
    reach: hanging('promoteCandidate'),
    written: true,
  },
  {
    situation: 'an immediate change waits for its approval',
    plan: { ...IMMEDIATE, approval: 'beforeStart' },
    reach: phase('awaitingApproval'),
    written: false,
  },
  {
    situation: 'an immediate change is being written',
    plan: IMMEDIATE,
    reach: hanging('setWeight'),
    written: true,
  },
  {
    situation: 'an immediate change is written and being promoted',
    plan: IMMEDIATE,
    reach: hanging('promoteCandidate'),
    written: true,
  },
];

describe('a rollback signal', () => {
  it.each(rows.map((row, i) => ({ ...row, i })))('while $situation', async ({ i, plan, reach, written }) => {
    const world = temporal().service(`strategy-rollback-${i}`);
    world.plan = plan;
    const handle = await temporal().rollout(world);
    await reach(temporal(), handle, world);
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    world.release();
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null, weightPct: 0 });
    expect(world.calls).toContain('takeBackCandidate');
    expect(world.gateway.writes.some((write) => write.endsWith(' candidate removed'))).toBe(written);
    expect(told(world).at(-1)).toBe('rolledBack: rolledBack: complaints');
  });
});

describe('onConflict: supersede', () => {
  const SUPERSEDE = { onConflict: 'supersede', by: 'ann', reason: 'a fix' };
  const HOLDER = { workflowId: 'experiment/elsewhere', firstRunId: 'first', runId: 'run' };

  it('has the holder taken back first, tells it once, waits for its lease, then starts', async () => {
    const world = temporal().service('superseding');
    world.plan = SLOW;
    // The change in the way: a rollout under an id of its own.
    const other = await temporal().start('canaryRollout', 'another/superseding', {
      serviceId: 'superseding',
      change: { model: 'theirs' },
    });
    await temporal().until(other, (state) => state.phase === 'soaking');
    world.holder = { workflowId: 'another/superseding', firstRunId: other.workflowId, runId: 'run' };
    const ours = await temporal().rollout(world, SUPERSEDE);
    expect(await other.result()).toMatchObject({ outcome: 'rolledBack', reason: 'superseded' });
    await temporal().until<{ phase: string; waitsFor?: string }>(
      ours,
      ({ phase: now, waitsFor }) => now === 'admitting' && waitsFor === 'another/superseding',
    );
    world.holder = null;
    await temporal().until(ours, (state) => state.phase === 'soaking');
    expect(world.gateway.candidate).toBe('hash of new');
    await ours.signal('rollback', ROLLBACK);
    await ours.result();
  });

  it('stops waiting at once when somebody takes it back', async () => {
    const world = temporal().service('unwanted');
    world.holder = HOLDER;
    world.failAt('admitRollout', 'ChangeInFlight');
    const handle = await temporal().rollout(world, SUPERSEDE);
    await temporal().until<{ waitsFor?: string }>(handle, ({ waitsFor }) => waitsFor !== undefined);
    await handle.signal('rollback', ROLLBACK);
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: /stopped while it waited for .*: rollback by oncall: complaints/u },
    });
    expect(world.calls).not.toContain('admitRollout');
  });

  it('asks again when somebody else took the lease in between', async () => {
    const world = temporal().service('raced');
    world.plan = IMMEDIATE;
    world.failAt('admitRollout', 'ChangeInFlight');
    const handle = await temporal().rollout(world, SUPERSEDE);
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
    expect(world.calls.filter((call) => call === 'admitRollout')).toHaveLength(2);
  });
});

describe('replace', () => {
  it('starts the other change as its message says, under the same id', async () => {
    const world = temporal().service('replaced');
    world.plan = SLOW;
    const handle = await temporal().rollout(world, { steps: [5, 100], soak: '60s', force: true });
    await temporal().until(handle, (state) => state.phase === 'soaking');
    const message = { by: 'bob', reason: 'a fix', change: { model: 'other' }, input: { steps: [50, 100] } };
    expect(await handle.executeUpdate('replace', { args: [message] })).toMatchObject({ accepted: true });
    const newest = temporal().client.workflow.getHandle(handle.workflowId);
    const state = await temporal().until(
      newest,
      ({ phase: now, startedBy }) => now === 'soaking' && startedBy === 'bob',
    );
    expect(state.input).toEqual({
      serviceId: 'replaced',
      change: { model: 'other' },
      steps: [50, 100],
      by: 'bob',
      reason: 'a fix',
    });
    expect(world.gateway).toMatchObject({ candidate: 'hash of other', weightPct: 50 });
    await newest.signal('rollback', ROLLBACK);
    await newest.result();
  });
});
