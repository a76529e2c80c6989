// Workers that are killed in the middle of a canary and stay away for longer than the lease. The kills at every boundary are `npm run prove -- chaos`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRestOrchestrator } from '../../src/adapters/rest-orchestrator/index.ts';
import type { LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import { poll } from '../../src/embedded/poll.ts';
import type { RolloutState } from '../../src/state/rollout/index.ts';
import { persist, startChaosLab, type Lab } from '../support/chaos/lab.ts';
import { adopt, start } from '../support/chaos/story.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startChaosLab(() => undefined);
});
afterAll(() => lab?.stop());

type Shown = Omit<RolloutState, 'evidence' | 'seen'>;

const live = (serviceId: string): Promise<LiveConfiguration> =>
  createRestOrchestrator({ url: lab.gatewayUrl }).read(serviceId);

async function when<T>(find: () => Promise<T | undefined>): Promise<T> {
  const found = await poll(() => find().catch(() => undefined), { timeoutMs: 240_000 });
  if (found === undefined) throw new Error('it never came');
  return found;
}

const handleOf = (serviceId: string) => lab.client.workflow.getHandle(`rollout/${serviceId}`);

const stateWhen = (serviceId: string, wanted: (state: Shown) => boolean): Promise<Shown> =>
  when(async () => {
    const state = await handleOf(serviceId).query<Shown>('state');
    return wanted(state) ? state : undefined;
  });

/** How often a candidate was written for the service, renewals included. */
const candidatesWritten = (serviceId: string): number =>
  lab.points.seen('weight not sent', serviceId) + lab.points.seen('renewal not sent', serviceId);

describe('with every worker away in the middle of a canary', () => {
  const services = ['away-told-to-roll-back', 'away-paused', 'away'] as const;
  const [toRollBack, toPause, alone] = services;

  it('the gateway goes back to stable by itself, and on return what was said meanwhile is obeyed first', async () => {
    for (const serviceId of services) {
      await persist(() => adopt(lab, serviceId, { lease: '6s' }));
      await start(lab, serviceId);
    }
    await Promise.all(
      services.map((serviceId) =>
        stateWhen(serviceId, ({ phase, looks }) => phase === 'soaking' && looks > 0),
      ),
    );
    let before: readonly number[] = [];
    await lab.killed('worker', async () => {
      await handleOf(toRollBack).signal('rollback', { by: 'oncall', reason: 'complaints' });
      await handleOf(toPause).signal('pause', { by: 'ann', reason: 'release day' });
      for (const serviceId of services) {
        const found = await when(async () => {
          const now = await live(serviceId);
          return now.candidate === null ? now : undefined;
        });
        expect(found).toMatchObject({ weight_pct: 0, last_change: { kind: 'leaseExpired' } });
      }
      // What was still on its way when the worker was killed has long arrived.
      before = services.map(candidatesWritten);
    });

    const again = await stateWhen(
      alone,
      ({ phase, weightPct, log }) =>
        phase === 'soaking' && weightPct === 25 && log.some(({ what }) => what === 'lease ran out'),
    );
    expect(again.log.findLast(({ what }) => what === 'weight 25 %')).toMatchObject({
      why: 'applied again, soak restarted',
    });
    expect(again.steps).toHaveLength(1);

    const ended = await stateWhen(toRollBack, ({ phase }) => phase === 'ended');
    expect(ended).toMatchObject({ outcome: 'rolledBack', ending: { by: 'oncall' } });
    expect(await live(toRollBack)).toMatchObject({ candidate: null, weight_pct: 0 });

    const paused = await stateWhen(toPause, ({ phase, paused: by }) => phase === 'applying' && by !== null);
    expect(paused.weightPct).toBe(0);
    expect(await live(toPause)).toMatchObject({ candidate: null });
    // The one that nobody said anything about was applied again; the other two were not.
    const [rollBackBefore, pauseBefore, aloneBefore = 0] = before;
    expect([candidatesWritten(toRollBack), candidatesWritten(toPause)]).toEqual([
      rollBackBefore,
      pauseBefore,
    ]);
    expect(candidatesWritten(alone)).toBeGreaterThan(aloneBefore);

    await handleOf(toPause).signal('resume', { by: 'ann' });
    await stateWhen(toPause, ({ weightPct }) => weightPct === 25);
    for (const serviceId of [toPause, alone]) {
      await handleOf(serviceId).signal('rollback', { by: 'oncall', reason: 'the test is over' });
      await handleOf(serviceId).result();
    }
  });
});
