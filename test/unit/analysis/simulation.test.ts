import { describe, expect, it } from 'vitest';
import { play, USERS } from '../../simulation/rollout-world/scenarios.ts';
import { orderStatistic } from '../../simulation/simulation.ts';

describe('the canary simulation, few runs', { timeout: 60_000 }, () => {
  it('goes through the product: an equal candidate is promoted, a worse one taken back, with every gate on', async () => {
    const equal = await play({ drop: 0 }, 5, 3);
    expect(equal.map(({ outcome }) => outcome)).toEqual(equal.map(() => 'promoted'));
    for (const { state } of equal) {
      expect(state.steps.map(({ weightPct }) => weightPct)).toEqual([5, 25, 50, 100]);
      expect(state.gates?.reports.map(({ id }) => id)).toContain('sampleRatio');
    }
    const worse = await play({ drop: 0.1 }, 5, 4);
    expect(worse.map(({ outcome }) => outcome)).toEqual(worse.map(() => 'rolledBack'));
  });
  it('is the same for the same seed', async () => {
    const again = () => play({ drop: 0 }, 1, 5);
    expect(await again()).toEqual(await again());
  });
  it('users who come again are promoted when each counts once a step, and held when each counts once for ever', async () => {
    const byStep = await play({ drop: 0, users: USERS, counts: 'firstOfStep' }, 3, 6);
    expect(byStep.map(({ outcome }) => outcome)).toEqual(byStep.map(() => 'promoted'));
    const forEver = await play({ drop: 0, users: USERS, counts: 'firstOfGeneration' }, 1, 6);
    expect(forEver[0]?.state.held).not.toBeNull();
  });
  it('a step whose users have all been counted before its soak ends is not stale: they still send requests', async () => {
    const users = { count: 600, activitySigma: 0, questions: 10 };
    const [run] = await play(
      { drop: 0, users, counts: 'firstOfStep', defaultSoak: true, lenient: true },
      1,
      8,
    );
    expect(run?.state.steps.map(({ weightPct }) => weightPct)).toEqual([50, 100]);
    expect(run?.outcome).toBe('promoted');
  });
  it('a gateway that follows a minute late starts the clock of each step after it has followed', async () => {
    const [run] = await play({ drop: 0, followsAfterMs: 60_000 }, 1, 7);
    const { outcome, asked, gates } = run!.state;
    expect(outcome).toBe('promoted');
    expect(gates!.share.movedAtMs! - asked!.setAtMs).toBeGreaterThanOrEqual(60_000 - run!.state.plan.blockMs);
  });
  it('order statistics are the lower ones', () => {
    expect(orderStatistic([4, 1, 3, 2], 0.5)).toBe(2);
    expect(orderStatistic([], 0.5)).toBeNull();
  });
});
