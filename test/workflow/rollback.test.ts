/** Rollback from every state a rollout can be in, and what it takes to get there when the gateway is away. */
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it, vi } from 'vitest';
import type { RolloutSummary } from '../../activities/index.ts';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import type { Temporal } from './support/environment.ts';
import { useTimeSkipping } from './support/hooks.ts';
import type { World } from './support/world.ts';

const temporal = useTimeSkipping();
const SECOND_MS = 1_000;
const ROLLBACK = { by: 'oncall', reason: 'complaints' };
const PLAN: Partial<RolloutPlan> = {
  lookMs: 10 * SECOND_MS,
  soakMs: 30 * SECOND_MS,
  leaseMs: 60 * SECOND_MS,
};

const phase = (wanted: string) => async (at: Temporal, handle: WorkflowHandle) => {
  await at.until(handle, (state) => state.phase === wanted);
};
const hanging = (activity: string) => async (at: Temporal, _handle: WorkflowHandle, world: World) => {
  await at.reach(world.hangAt(activity));
};

type Reach = (at: Temporal, handle: WorkflowHandle, world: World) => Promise<void>;
interface Row {
  readonly situation: string;
  readonly plan?: Partial<RolloutPlan>;
  readonly prepare?: (world: World) => void;
  readonly reach: Reach;
  readonly written: boolean;
}

/** Every state a rollout can be in when a responder acts; `written` says whether there is something to take back. */
const rows: readonly Row[] = [
  {
    situation: 'awaiting approval',
    plan: { approval: 'beforeStart' },
    reach: phase('awaitingApproval'),
    written: false,
  },
  { situation: 'the first apply hangs', reach: hanging('setWeight'), written: true },
  { situation: 'soaking', reach: phase('soaking'), written: true },
  {
    situation: 'paused',
    reach: async (at, handle) => {
      await at.until(handle, (state) => state.phase === 'soaking');
      await handle.signal('pause', { by: 'ann', reason: 'release day' });
    },
    written: true,
  },
  { situation: 'a look hangs', reach: hanging('look'), written: true },
  {
    situation: 'a later apply hangs',
    reach: async (at, handle, world) => {
      await at.until(handle, (state) => state.phase === 'soaking');
      await hanging('setWeight')(at, handle, world);
    },
    written: true,
  },
  { situation: 'the promotion hangs', reach: hanging('promoteCandidate'), written: true },
  {
    situation: 'an apply waits for its next try',
    prepare: (world) => {
      world.failAt('setWeight', 'OrchestratorUnavailable', 1_000);
    },
    reach: async (at, _handle, world) => {
      for (let turn = 0; world.calls.filter((call) => call === 'setWeight').length < 4; turn += 1) {
        if (turn > 500) throw new Error('setWeight was not tried four times');
        await at.skip('1s');
      }
    },
    written: true,
  },
  {
    situation: 'a look waits for its next try',
    prepare: (world) => {
      world.failAt('look', 'StoreUnavailable', 1_000);
    },
    reach: async (at, _handle, world) => {
      for (let turn = 0; !world.calls.includes('look'); turn += 1) {
        if (turn > 500) throw new Error('there was no look');
        await at.skip('1s');
      }
    },
    written: true,
  },
];

describe('a rollback signal', () => {
  it.each(rows.map((row, i) => ({ ...row, i })))(
    'while $situation',
    async ({ i, plan, prepare, reach, written }) => {
      const world = temporal().service(`rollback-${i}`);
      world.plan = { ...PLAN, ...plan };
      prepare?.(world);
      const handle = await temporal().rollout(world);
      await reach(temporal(), handle, world);
      await handle.signal('rollback', ROLLBACK);
      const summary = (await handle.result()) as RolloutSummary;
      expect(summary).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
      expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null, weightPct: 0 });
      // The gateway is asked in any case: a run before this one may have written.
      expect(world.calls).toContain('takeBackCandidate');
      expect(world.gateway.writes.some((write) => write.endsWith(' candidate removed'))).toBe(written);
    },
  );

  it('while it is being admitted is kept, and nothing is ever written', async () => {
    const world = temporal().service('rollback-admitting');
    const hang = world.hangAt('admitRollout');
    const handle = await temporal().rollout(world);
    await temporal().reach(hang);
    await handle.signal('rollback', ROLLBACK);
    hang.release();
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(world.gateway.writes).toEqual([]);
  });

  it('is not undone by a write of its own that comes late', async () => {
    const world = temporal().service('late-write');
    world.plan = PLAN;
    const hang = world.hangAt('setWeight');
    const handle = await temporal().rollout(world);
    await temporal().reach(hang);
    await handle.signal('rollback', ROLLBACK);
    await handle.result();
    hang.release();
    await vi.waitFor(() => expect(world.gateway.refused).toEqual(['2/1 candidate at 5 %']), {
      timeout: 120_000,
    });
    expect(world.gateway.writes).toEqual(['2/2 candidate removed']);
  });

  it('is repeated for as long as the gateway is away, twenty minutes here', async () => {
    const world = temporal().service('gateway-away');
    world.plan = PLAN;
    const handle = await temporal().rollout(world);
    await temporal().until(handle, (state) => state.phase === 'soaking');
    world.gateway.away = true;
    const fromMs = await temporal().env.currentTimeMs();
    await handle.signal('rollback', ROLLBACK);
    while ((await temporal().env.currentTimeMs()) - fromMs < 20 * 60 * SECOND_MS) await temporal().skip('1m');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(world.calls.filter((call) => call === 'takeBackCandidate').length).toBeGreaterThan(60);
    world.gateway.away = false;
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(world.gateway.candidate).toBeNull();
  });

  it('when the apply itself cannot succeed: the rollout takes itself back', async () => {
    const world = temporal().service('rejected-by-gateway');
    world.plan = PLAN;
    world.failAt('setWeight', 'OrchestratorRejected');
    const summary = (await (await temporal().rollout(world)).result()) as RolloutSummary;
    expect(summary.outcome).toBe('rolledBack');
    expect(summary.reason).toContain('OrchestratorRejected');
    expect(world.calls).toContain('takeBackCandidate');
  });

  it('after the books could not be written still ends the rollout', async () => {
    const world = temporal().service('no-books');
    world.plan = PLAN;
    world.failAt('finishRollout', 'StoreUnavailable', 1_000);
    const handle = await temporal().rollout(world);
    await temporal().until(handle, (state) => state.phase === 'soaking');
    await handle.signal('rollback', ROLLBACK);
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack' });
  });
});

describe('a rollback of a change that makes room for another one', () => {
  it.each(['takeBackCandidate', 'finishRollout', 'notify'] as const)(
    'calls the other one off while %s is under way',
    async (activity) => {
      const world = temporal().service(`called-off-at-${activity.toLowerCase()}`);
      const notify = [{ webhook: 'http://127.0.0.1:1/hook', on: ['rolledBack' as const] }];
      world.plan = { ...PLAN, table: 4, notify };
      const handle = await temporal().rollout(world);
      await temporal().until(handle, (state) => state.phase === 'soaking');
      const hang = world.hangAt(activity);
      await handle.signal('replace', { by: 'ann', change: { model: 'newer' } });
      await temporal().reach(hang);
      await handle.signal('rollback', ROLLBACK);
      hang.release();
      expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
      expect(world.calls.filter((call) => call === 'admitRollout')).toHaveLength(1);
      expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
      expect(world.finished).toMatchObject({ outcome: 'rolledBack', ending: { by: 'oncall' } });
    },
  );
});

describe('cancelling a rollout', () => {
  it('means rolling back, and it closes as cancelled only after the gateway is back', async () => {
    const world = temporal().service('cancelled');
    world.plan = PLAN;
    const handle = await temporal().rollout(world);
    await temporal().until(handle, (state) => state.phase === 'soaking');
    const hang = world.hangAt('takeBackCandidate');
    await handle.cancel();
    await temporal().reach(hang);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    hang.release();
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect((failure as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(world.gateway.writes.at(-1)).toContain('candidate removed');
    expect(world.finished?.outcome).toBe('rolledBack');
  });

  it('before anything was written closes as cancelled at once', async () => {
    const world = temporal().service('cancelled-early');
    world.plan = { approval: 'beforeStart' };
    const handle = await temporal().rollout(world);
    await temporal().until(handle, (state) => state.phase === 'awaitingApproval');
    await handle.cancel();
    await handle.result().catch(() => undefined);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(world.gateway.writes).toEqual([]);
  });
});
