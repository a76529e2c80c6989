/** Optimization cycles: the idle one, which is most of them, and those that deploy a change. */
import { describe, expect, it } from 'vitest';
import type { CycleSummary } from '../../activities/index.ts';
import type { Shown } from './support/environment.ts';
import { useTimeSkipping } from './support/hooks.ts';
import type { World } from './support/world.ts';

const temporal = useTimeSkipping();
const SECOND_MS = 1_000;

const startCycle = ({ serviceId }: World) =>
  temporal().start('optimizationCycle', `cycle/${serviceId}`, { serviceId });
const resultOf = async (handle: { result(): Promise<unknown> }) => (await handle.result()) as CycleSummary;
const eventsOf = (workflowId: string) => temporal().eventsOf(workflowId);

const deploying = (name: string): World => {
  const world = temporal().service(name);
  world.assessment = { kind: 'deploy' };
  world.plan = {
    lookMs: 10 * SECOND_MS,
    soakMs: 30 * SECOND_MS,
    leaseMs: 60 * SECOND_MS,
    steps: [50, 100],
    watchMs: 0,
  };
  return world;
};

describe('a cycle that finds nothing to do', () => {
  it.each(['nothingToDo', 'recommend'] as const)(
    '(%s) is one activity and 11 history events',
    async (kind) => {
      const world = temporal().service(`idle-${kind.toLowerCase()}`);
      world.assessment = { kind };
      const handle = await startCycle(world);
      expect(await resultOf(handle)).toMatchObject({ assessment: { kind }, change: null });
      expect(await eventsOf(handle.workflowId)).toHaveLength(11);
      expect([world.calls, world.gateway.writes]).toEqual([['assess'], []]);
    },
  );

  it('a sweep costs 11 events, too', async () => {
    const handle = await temporal().start('fleetSweep', 'sweep');
    expect(await handle.result()).toEqual({ services: 1, started: ['cycle/support-bot'] });
    expect(await eventsOf('sweep')).toHaveLength(11);
  });
});

describe('a cycle that asks for an experiment', () => {
  it('starts it under its own id, does not wait for it, and leaves it the service', async () => {
    const world = temporal().service('experiments');
    world.assessment = { kind: 'experiment' };
    world.experiment = { tickMs: 60_000, lookMs: 120_000, leaseMs: 300_000, maxDurationMs: 3_600_000 };
    const handle = await startCycle(world);
    const summary = await resultOf(handle);
    expect(summary).toMatchObject({
      change: null,
      reason: 'experiment/experiments was started: as the test says',
    });
    expect((await eventsOf(handle.workflowId)).length).toBeLessThanOrEqual(20);
    const child = temporal().client.workflow.getHandle('experiment/experiments');
    await temporal().until<{ phase: string }>(child, ({ phase }) => phase === 'running');
    const again = await resultOf(await startCycle(world));
    expect(again.reason).toBe('experiment/experiments runs already');
    await child.signal('rollback', { by: 'ann', reason: 'seen enough' });
    expect(await child.result()).toMatchObject({ outcome: 'rolledBack' });
  });
});

describe('a cycle that deploys', () => {
  it('starts the rollout under its own id, and ends with what became of it', async () => {
    const world = deploying('deploys');
    const handle = await startCycle(world);
    const summary = await resultOf(handle);
    expect(summary.change).toMatchObject({ workflowId: 'rollout/deploys', outcome: 'promoted' });
    expect((await eventsOf(handle.workflowId)).length).toBeLessThanOrEqual(30);
    expect(world.gateway.stable).toBe('hash of better');
    expect(world.finished?.plan.requestedBy).toBe('cycle/deploys');
  });

  it('passes a rollback on to the rollout', async () => {
    const world = deploying('passes-on');
    const handle = await startCycle(world);
    const child = temporal().client.workflow.getHandle('rollout/passes-on');
    await temporal().until<{ phase: string }>(handle, ({ phase }) => phase === 'MONITORING');
    await temporal().until(child, ({ phase }) => phase === 'soaking');
    await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
    expect(await resultOf(handle)).toMatchObject({ reason: 'complaints', change: { outcome: 'rolledBack' } });
    expect(world.gateway.candidate).toBeNull();
  });

  it('says what it does not take, and goes on', async () => {
    const world = deploying('does-not-take');
    const handle = await startCycle(world);
    await temporal().until<{ phase: string }>(handle, ({ phase }) => phase === 'MONITORING');
    await handle.signal('pause', { by: 'ann', reason: 'x' });
    await handle.signal('rolback', { by: 'ann', reason: 'x' });
    await handle.signal('changeEnded', 'it has ended, believe me');
    const { ignored } = await temporal().ask<Pick<Shown, 'ignored'>>(handle);
    expect(ignored).toMatchObject([
      { name: 'pause', why: 'a cycle takes rollback and anomaly; send pause to the rollout' },
      { name: 'rolback', why: expect.stringContaining('no such signal') as string },
      { name: 'changeEnded', why: 'not a report of a change' },
    ]);
    expect(await resultOf(handle)).toMatchObject({ change: { outcome: 'promoted' } });
  });

  it('ends when the rollout was refused, with the reason', async () => {
    const world = deploying('refused');
    world.failAt('admitRollout', 'ChangeInFlight');
    const summary = await resultOf(await startCycle(world));
    expect(summary.change).toMatchObject({ outcome: 'refused' });
    expect(summary.reason).toContain('ChangeInFlight');
  });

  it('ends at once when another rollout runs', async () => {
    const world = deploying('taken');
    world.plan = { ...world.plan, approval: 'beforeStart' };
    await temporal().rollout(world);
    expect(await resultOf(await startCycle(world))).toMatchObject({
      change: null,
      reason: 'another change is in flight',
    });
  });

  it('asks how the rollout ended when its report is lost, and again when nobody can say', async () => {
    const world = deploying('lost-report');
    world.plan = { ...world.plan, approval: 'beforeStart' };
    world.failAt('describeChange', 'StoreUnavailable', 4);
    const handle = await startCycle(world);
    const child = temporal().client.workflow.getHandle('rollout/lost-report');
    await temporal().until<{ phase: string }>(handle, ({ phase }) => phase === 'MONITORING');
    await temporal().until(child, ({ phase }) => phase === 'awaitingApproval');
    await child.terminate('as the test says');
    world.ended = {
      workflowId: 'rollout/lost-report',
      outcome: 'terminated',
      reason: 'terminated',
      generation: null,
    };
    expect(await resultOf(handle)).toMatchObject({ change: { outcome: 'terminated' } });
  });
});
