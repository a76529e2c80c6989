/** Whom a rollout tells what, and steps that wait for an approval, through the real workflow. */
import { describe, expect, it } from 'vitest';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { useTimeSkipping } from './support/hooks.ts';

const temporal = useTimeSkipping();
const SECOND_MS = 1_000;
const PLAN: Partial<RolloutPlan> = {
  lookMs: 10 * SECOND_MS,
  soakMs: 30 * SECOND_MS,
  leaseMs: 60 * SECOND_MS,
  notify: [{ webhook: 'http://127.0.0.1:1/hook', on: ['approvalNeeded', 'held', 'rolledBack', 'promoted'] }],
};

describe('a rollout that asks per step', () => {
  it('waits at each, goes on when approved, and tells when it needs somebody and how it ended', async () => {
    const world = temporal().service('per-step');
    world.plan = { ...PLAN, table: 3, approval: 'perStep' };
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    await temporal().until(handle, (state) => state.phase === 'awaitingApproval');
    await handle.signal('approve', { by: 'ann' });
    await temporal().until(handle, (state) => state.stepIndex === 0 && (state.awaiting ?? null) !== null);
    await handle.signal('approve', { by: 'ann' });
    await temporal().until(handle, (state) => state.stepIndex === 1 && (state.awaiting ?? null) !== null);
    await handle.signal('approve', { by: 'bob' });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
    expect(world.notices.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
      'approvalNeeded: to start: model a -> b',
      'approvalNeeded: to go on to 100 %',
      'approvalNeeded: to go on to promotion',
      'promoted: every step was proven',
    ]);
    expect(new Set(world.notices.map(({ id }) => id)).size).toBe(4);
  });

  it('renews the lease while it waits, and takes the change back when nobody answers', async () => {
    const world = temporal().service('unanswered-step');
    world.plan = { ...PLAN, approval: 'beforeLast', approvalTimeoutMs: 300 * SECOND_MS };
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    expect(await handle.result()).toMatchObject({ outcome: 'rejected', reason: 'nobody approved in time' });
    expect(world.looks).toBeGreaterThan(10);
    expect(world.gateway.candidate).toBeNull();
    expect(world.notices.map(({ kind }) => kind)).toEqual(['approvalNeeded', 'rolledBack']);
  });
});

describe('telling', () => {
  it('holds nothing up, and what could not be told is on record', async () => {
    const world = temporal().service('deaf');
    world.plan = PLAN;
    world.failAt('notify', 'OrchestratorRejected', 100);
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    await temporal().until(handle, (state) => state.phase === 'soaking');
    await handle.signal('anomaly', {
      anomaly_type: 'quality_drop',
      severity: 'high',
      affected_services: ['deaf'],
    });
    await temporal().until(handle, (state) => state.held !== null);
    await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    const { ignored } = await temporal().ask(handle);
    expect(ignored.map(({ name }) => name)).toEqual(['notify', 'notify']);
  });

  it('says nothing where nobody asked', async () => {
    const { notify: _nobody, ...plan } = PLAN;
    const world = temporal().service('quiet');
    world.plan = plan;
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
    expect(world.calls).not.toContain('notify');
  });
});
