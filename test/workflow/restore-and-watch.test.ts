/** The emergency restore, and the watch after a promotion. */
import { describe, expect, it } from 'vitest';
import type { RestoreSummary, WatchInput, WatchSummary } from '../../activities/index.ts';
import { startEvidence } from '../../src/analysis/index.ts';
import { GUARDRAILS } from '../support/rollout.ts';
import { useTimeSkipping } from './support/hooks.ts';
import type { World } from './support/world.ts';

const temporal = useTimeSkipping();
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

describe('an emergency restore', () => {
  const restore = ({ serviceId }: World) =>
    temporal().start('restoreConfiguration', `restore/${serviceId}`, {
      serviceId,
      to: 'previous',
      by: 'oncall',
      reason: 'complaints',
    });

  it('with nothing running writes the wanted configuration under a new generation', async () => {
    const world = temporal().service('nothing-running');
    world.gateway.setStable({ generation: 4, revision: 1 }, 'bad');
    const restored = (await (await restore(world)).result()) as RestoreSummary;
    expect(restored).toMatchObject({ generation: 5, restoredFrom: 1, tookOverFrom: null });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
    expect(world.calls).toEqual(['prepareRestore', 'restoreStable']);
  });

  it('with a rollout running asks it first, then takes the service over', async () => {
    const world = temporal().service('running');
    world.plan = { lookMs: HOUR_MS, leaseMs: 3 * HOUR_MS, soakMs: HOUR_MS };
    const rollout = await temporal().rollout(world);
    await temporal().until(rollout, ({ phase }) => phase === 'soaking');
    world.holder = { workflowId: rollout.workflowId, firstRunId: 'first', runId: 'run' };
    const restored = (await (await restore(world)).result()) as RestoreSummary;
    expect(restored).toMatchObject({ generation: 3, tookOverFrom: 'rollout/running' });
    expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null, generation: 3 });
  });

  it('tells whom the service tells, once it is done', async () => {
    const world = temporal().service('restore-tells');
    world.notify = [{ webhook: 'http://127.0.0.1:1/hook', on: ['rolledBack'] }];
    world.gateway.setStable({ generation: 4, revision: 1 }, 'bad');
    await (await restore(world)).result();
    expect(world.notices).toMatchObject([
      {
        kind: 'rolledBack',
        serviceId: 'restore-tells',
        workflowId: 'restore/restore-tells',
        generation: 5,
        summary: 'restored to generation 1, live as generation 5',
        reason: 'complaints',
        by: 'oncall',
      },
    ]);
    expect(world.calls.indexOf('notify')).toBeGreaterThan(world.calls.indexOf('restoreStable'));
  });

  it('is done also when nobody can be told', async () => {
    const world = temporal().service('restore-untold');
    world.notify = [{ webhook: 'http://127.0.0.1:1/hook', on: ['rolledBack'] }];
    world.failAt('notify', 'GovernanceUnavailable', 1_000);
    const handle = await restore(world);
    expect(await handle.result()).toMatchObject({ generation: 2 });
    expect(await handle.query('state')).toMatchObject({
      phase: expect.stringMatching(/nobody could be told/u),
    });
  });

  it('waits for a database that is away for longer than ten minutes', async () => {
    const world = temporal().service('no-database');
    world.failAt('prepareRestore', 'StoreUnavailable', 70);
    expect(await (await restore(world)).result()).toMatchObject({ generation: 2 });
    expect(world.calls.filter((call) => call === 'prepareRestore')).toHaveLength(71);
  });

  it('goes on when the holder cannot be told, and while the gateway is away', async () => {
    const world = temporal().service('deaf');
    world.holder = { workflowId: 'rollout/deaf', firstRunId: 'first', runId: 'run' };
    world.failAt('tellHolder', 'StoreUnavailable', 1_000);
    world.failAt('restoreStable', 'OrchestratorUnavailable', 30);
    expect(await (await restore(world)).result()).toMatchObject({ generation: 2 });
    expect(world.calls.filter((call) => call === 'restoreStable')).toHaveLength(31);
  });
});

describe('a watch after a promotion', () => {
  const input = (serviceId: string): WatchInput => ({
    serviceId,
    target: { driver: 'rest', url: 'http://127.0.0.1:1' },
    generation: 2,
    watchMs: 2 * HOUR_MS,
    lookMs: MINUTE_MS,
    blockMs: MINUTE_MS,
    matureAfterMs: 0,
    minSamples: 200,
    guardrails: GUARDRAILS,
    constraints: {},
    lastWeightPct: 50,
    evidence: startEvidence(GUARDRAILS, [50, 100]),
  });
  const watch = ({ serviceId }: World) =>
    temporal().start('promotionWatch', `watch/${serviceId}/2`, input(serviceId));
  const resultOf = async (handle: { result(): Promise<unknown> }) => (await handle.result()) as WatchSummary;

  it('looks every fifteen looks of the rollout, and closes when it is over', async () => {
    const world = temporal().service('watch-over');
    const fromMs = await temporal().env.currentTimeMs();
    expect(await resultOf(await watch(world))).toMatchObject({
      outcome: 'closed',
      reason: 'the watch is over',
    });
    expect(world.watchLooks).toBe(8);
    expect((await temporal().env.currentTimeMs()) - fromMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
  });

  it('closes when a newer change has come', async () => {
    const world = temporal().service('watch-newer');
    world.watch = (look) => (look < 3 ? 'well' : 'closed');
    expect(await resultOf(await watch(world))).toMatchObject({
      outcome: 'closed',
      reason: 'the watch says closed',
    });
    expect(world.watchLooks).toBe(3);
  });

  it('reverts on late evidence: the restore is started under its own id', async () => {
    const world = temporal().service('watch-reverts');
    world.gateway.setStable({ generation: 2, revision: 1 }, 'promoted');
    world.watch = (look) => (look < 2 ? 'well' : 'revert');
    expect(await resultOf(await watch(world))).toMatchObject({
      outcome: 'reverted',
      reason: 'the watch says revert',
    });
    await temporal().client.workflow.getHandle('restore/watch-reverts').result();
    expect(world.gateway.stable).toBe('stable-hash');
  });

  describe('that knows what was stable before', () => {
    const promoted = (name: string): World => {
      const world = temporal().service(name);
      world.gateway.setStable({ generation: 2, revision: 1 }, 'promoted');
      return world;
    };
    const watching = ({ serviceId }: World) =>
      temporal().start('promotionWatch', `watch/${serviceId}/2`, {
        ...input(serviceId),
        candidateHash: 'promoted',
        stableGeneration: 1,
      });
    const restored = ({ serviceId }: World) =>
      temporal().client.workflow.getHandle(`restore/${serviceId}`).result();

    it('restores that while a newer change is being tried, which is taken back', async () => {
      const world = promoted('watch-and-rollout');
      world.plan = { lookMs: HOUR_MS, leaseMs: 3 * HOUR_MS, soakMs: 2 * HOUR_MS };
      const rollout = await temporal().rollout(world);
      await temporal().until(rollout, ({ phase }) => phase === 'soaking');
      world.holder = { workflowId: rollout.workflowId, firstRunId: 'first', runId: 'run' };
      world.watch = () => 'revert';
      expect(await resultOf(await watching(world))).toMatchObject({ outcome: 'reverted' });
      await restored(world);
      expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
      expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
    });

    it('waits for a restore under way, and restores itself when that has put the promotion back', async () => {
      const world = promoted('watch-and-restore');
      const hang = world.hangAt('restoreStable');
      const theirs = { serviceId: world.serviceId, to: 'stable', by: 'reconciler', reason: 'a dead rollout' };
      const running = await temporal().start('restoreConfiguration', `restore/${world.serviceId}`, theirs);
      await temporal().reach(hang);
      const handle = await watching(world);
      await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
      await temporal().until(handle, () => world.calls.includes('promotionServed'));
      hang.release();
      await running.result();
      expect(await resultOf(handle)).toMatchObject({ outcome: 'reverted', reason: 'complaints' });
      await restored(world);
      expect(world.gateway.stable).toBe('stable-hash');
    });

    it('closes and leaves it alone when something else is stable by the time that a responder speaks', async () => {
      const world = promoted('watch-by-hand');
      const handle = await watching(world);
      await temporal().until(handle, () => true);
      world.gateway.setStable({ generation: 2, revision: 2 }, 'edited by hand');
      await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
      expect(await resultOf(handle)).toMatchObject({
        outcome: 'closed',
        reason: 'edited by hand is stable now',
      });
      expect(world.calls).not.toContain('prepareRestore');
    });
  });

  it('reverts when a responder says so, also with a restore under way', async () => {
    const world = temporal().service('watch-signalled');
    const hang = world.hangAt('restoreStable');
    const running = await temporal().start('restoreConfiguration', 'restore/watch-signalled', {
      serviceId: 'watch-signalled',
      to: 'previous',
      by: 'ann',
      reason: 'earlier',
    });
    await temporal().reach(hang);
    const handle = await watch(world);
    await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
    await temporal().until(handle, () => world.calls.includes('promotionServed'));
    hang.release();
    await running.result();
    expect(await resultOf(handle)).toMatchObject({ outcome: 'reverted', reason: 'complaints' });
  });

  it('takes rollback only, says so, and survives looks that fail', async () => {
    const world = temporal().service('watch-fails');
    world.failAt('watchPromotion', 'StoreUnavailable', 9);
    const handle = await watch(world);
    await handle.signal('pause', { by: 'ann', reason: 'x' });
    expect(await temporal().ask(handle)).toMatchObject({
      ignored: [{ name: 'pause', why: 'a watch takes rollback only, not pause' }],
    });
    expect(await resultOf(handle)).toMatchObject({ outcome: 'closed', reason: 'the watch is over' });
  });

  it('closes when it is cancelled, and restores nothing', async () => {
    const world = temporal().service('watch-cancelled');
    const handle = await watch(world);
    await temporal().until<{ over: string | null }>(handle, () => true);
    await handle.cancel();
    expect(await resultOf(handle)).toMatchObject({ outcome: 'closed', reason: 'cancelled' });
    expect(world.calls).not.toContain('restoreStable');
  });
});
