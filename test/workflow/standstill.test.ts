/** A fleet's pause that outlasts a write: the rollout waits where it is, and goes on when it is over. */
import { describe, expect, it } from 'vitest';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { useTimeSkipping } from './support/hooks.ts';

const temporal = useTimeSkipping();
const SECOND_MS = 1_000;
const PLAN: Partial<RolloutPlan> = {
  table: 4,
  lookMs: 10 * SECOND_MS,
  soakMs: 30 * SECOND_MS,
  leaseMs: 60 * SECOND_MS,
};
/** Tries of one write in its half hour, half a minute apart at the most: more than these are more than one write. */
const TRIES_OF_ONE_WRITE = 70;

describe('a write that waits for the end of a pause of the fleet', () => {
  it.each(['setWeight', 'promoteCandidate'] as const)(
    'for longer than half an hour: %s is done after it, and nothing was taken back',
    async (activity) => {
      const world = temporal().service(`paused-at-${activity.toLowerCase()}`);
      world.plan = PLAN;
      world.failAt(activity, 'GovernanceUnavailable', TRIES_OF_ONE_WRITE);
      const handle = await temporal().rollout(world, { steps: [50, 100] });
      expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
      expect(world.calls).not.toContain('takeBackCandidate');
      expect(world.finished?.log.filter(({ what }) => what === 'waits')).toMatchObject([
        { why: expect.stringContaining(`${activity} fails`) as string },
      ]);
    },
  );

  it('is told in the state, and a rollback ends it at once', async () => {
    const world = temporal().service('paused-and-rolled-back');
    world.plan = PLAN;
    world.failAt('setWeight', 'GovernanceUnavailable', 10_000);
    const handle = await temporal().rollout(world);
    await temporal().until(handle, (state) => (state.standstill ?? null) !== null);
    await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
    expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
  });
});
