/** A shadow before the first step, as the workflow drives it. */
import { describe, expect, it } from 'vitest';
import type { RolloutSummary } from '../../activities/index.ts';
import { MINUTE_MS, SHADOW_PLAN } from '../support/rollout.ts';
import { useTimeSkipping } from './support/hooks.ts';

const temporal = useTimeSkipping();
const PLAN = {
  lookMs: 5 * MINUTE_MS,
  leaseMs: 20 * MINUTE_MS,
  steps: [50, 100],
  shadow: SHADOW_PLAN,
} as const;
const ROLLBACK = { by: 'oncall', reason: 'complaints' };

const resultOf = async (handle: { result(): Promise<unknown> }) => (await handle.result()) as RolloutSummary;
const contents = (writes: readonly string[]) => writes.map((write) => write.replace(/^\S+ /u, ''));

describe('a rollout with a shadow', () => {
  it('copies, looks, and only then serves the first step; every write with a greater revision', async () => {
    const world = temporal().service('shadow-well');
    world.plan = PLAN;
    world.verdict = (look) => (look < 4 ? 'inconclusive' : 'healthy');
    const summary = await resultOf(await temporal().rollout(world));
    expect(summary.outcome).toBe('promoted');
    expect([...new Set(contents(world.gateway.writes))]).toEqual([
      'copies of 20 %',
      'candidate at 50 %',
      'candidate at 100 %',
      'stable hash of new',
    ]);
    expect(world.calls.filter((call) => call === 'shadowLook')).toHaveLength(4);
    const revisions = world.gateway.writes.map((write) => Number(/\/(\d+) /u.exec(write)?.[1]));
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    await temporal().client.workflow.getHandle('watch/shadow-well/2').cancel();
  });

  it('is taken back by harm with no live per cent, and given up when its time is over', async () => {
    const harmed = temporal().service('shadow-harm');
    harmed.plan = PLAN;
    harmed.verdict = (look) => (look < 3 ? 'inconclusive' : 'harm');
    const summary = await resultOf(await temporal().rollout(harmed));
    expect(summary).toMatchObject({ outcome: 'rolledBack', reason: 'quality says harm', steps: [] });
    expect([...new Set(contents(harmed.gateway.writes))]).toEqual(['copies of 20 %', 'candidate removed']);
    const endless = temporal().service('shadow-endless');
    endless.plan = { ...PLAN, maxRolloutMs: 60 * MINUTE_MS };
    endless.verdict = () => 'inconclusive';
    expect(await resultOf(await temporal().rollout(endless))).toMatchObject({
      outcome: 'notEnoughEvidence',
      steps: [],
    });
    expect(endless.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
  });

  it.each(['setShadow', 'shadowLook'] as const)('is rolled back at once while %s hangs', async (activity) => {
    const world = temporal().service(`shadow-hangs-${activity.toLowerCase()}`);
    world.plan = PLAN;
    const hang = world.hangAt(activity);
    const handle = await temporal().rollout(world);
    await temporal().reach(hang);
    await handle.signal('rollback', ROLLBACK);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    hang.release();
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
  });

  it('is set again after a lost lease, also when the looks before could not be had', async () => {
    const world = temporal().service('shadow-lease-lost');
    world.plan = PLAN;
    world.live = (look) => (look === 6 ? 'leaseLost' : 'ours');
    world.verdict = (look) => (look < 8 ? 'inconclusive' : 'healthy');
    world.failAt('shadowLook', 'StoreUnavailable', 4);
    expect(await resultOf(await temporal().rollout(world))).toMatchObject({ outcome: 'promoted' });
    expect(world.calls.filter((call) => call === 'setShadow')).toHaveLength(2);
    await temporal().client.workflow.getHandle('watch/shadow-lease-lost/2').cancel();
  });

  it('stays while it is paused, and goes on when somebody resumes', async () => {
    const world = temporal().service('shadow-paused');
    world.plan = PLAN;
    const hang = world.hangAt('setShadow');
    const handle = await temporal().rollout(world);
    await temporal().reach(hang);
    await handle.signal('pause', { by: 'ann', reason: 'release day' });
    hang.release();
    const waiting = await temporal().until(handle, (state) => state.looks >= 3);
    expect(waiting).toMatchObject({ phase: 'shadowing', verdict: { outcome: 'healthy' }, weightPct: 0 });
    await handle.signal('resume', { by: 'ann' });
    await temporal().until(handle, (state) => state.phase === 'soaking');
    await handle.signal('rollback', ROLLBACK);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'rolledBack' });
  });

  it('ends as shadowed where it is alone, with the candidate gone and no watch', async () => {
    const world = temporal().service('shadow-alone');
    world.plan = { ...PLAN, shadow: { ...SHADOW_PLAN, only: true } };
    const summary = await resultOf(await temporal().rollout(world));
    expect(summary).toMatchObject({ outcome: 'shadowed', steps: [] });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
    expect(world.finished?.outcome).toBe('shadowed');
  });
});
