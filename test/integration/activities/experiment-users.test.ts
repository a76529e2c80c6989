/** An experiment over users who come back: each counts once for all of it, and its winner's rollout is admitted all the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentIdOf } from '../../../src/state/experiment/index.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { EXPERIMENT, ExperimentDriver, SHORT_EXPERIMENTS } from './experiment-driver.ts';
import { admitRequest, ROLLOUT } from './rollout-driver.ts';
import { createWorld, SERVICE, type World } from './world.ts';

const HOUR_MS = 3_600_000;
const USERS = 400;
const SHARE = { control: 0.6, other: 0.85, stable: 0.6 };

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const newWorld = (): Promise<World> =>
  createWorld(postgres, {
    settings: {
      ...SHORT_EXPERIMENTS,
      unit: 'user',
      rollout: {
        block: '1s',
        look: '2s',
        soak: '10s',
        lease: '2m',
        maxRollout: '1d',
        watch: '10m',
        minSamples: 200,
      },
      experiment: { ...SHORT_EXPERIMENTS.experiment, maxDuration: '2d' },
    },
  });

/** Half an hour in which each user of each of these arms asks twice, and somebody judges both answers; the clock ends where they are mature. */
async function everybodyAsks(
  { world, state, generation }: ExperimentDriver,
  arms: readonly (keyof typeof SHARE)[],
): Promise<void> {
  const fromMs = Math.ceil(world.nowMs / 1_000) * 1_000;
  const experiment = experimentIdOf(state.plan);
  const events = arms.flatMap((arm) =>
    Array.from({ length: 2 * USERS }, (_, i) =>
      feedbackEvent(`${arm}-${fromMs}-${i}`, {
        timestamp: new Date(fromMs + Math.floor((i * HOUR_MS) / (4 * USERS))).toISOString(),
        arm,
        ...(arm === 'stable' ? { generation: 1 } : { generation, experiment }),
        unit: { kind: 'user', id: `${arm}-${i % USERS}` },
        quality: ((i % USERS) + 1) % 20 < 20 * SHARE[arm] ? 1 : 0,
        // Latencies and costs that vary, as in every baseline.
        latency_ms: 400 + ((i * 37) % 800),
        cost_usd: 0.001 + ((i * 61) % 100) / 50_000,
      }),
    ),
  );
  world.nowMs = fromMs + HOUR_MS / 2 + state.plan.matureAfterMs;
  const { stored } = await world.stores.ingest.recordFeedback(events, world.nowMs);
  expect(stored).toBe(events.length);
}

/** Ticks as the workflow would, arms written anew where their lease ran out; true when the look finds a winner. */
async function findsWinner(driver: ExperimentDriver): Promise<boolean> {
  await driver.tick();
  if (driver.next.kind === 'setArms') {
    await driver.setArms();
    await driver.tick();
  }
  return driver.state.ending?.outcome === 'adopted';
}

describe('a winner over users', () => {
  it.each<[string, readonly (keyof typeof SHARE)[]]>([
    ['all of whom take part', ['control', 'other']],
    ['some of whom do not', ['control', 'other', 'stable']],
  ])('%s is admitted as a rollout when every user has been counted hours ago', async (_who, arms) => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    expect(driver.state.plan.unit).toBe('user');
    await driver.setArms();
    for (let halfHours = 0; halfHours < 3; halfHours += 1) await everybodyAsks(driver, arms);
    expect(await findsWinner(driver)).toBe(true);
    // Nobody is new: that is what the experiment counts.
    const { control } = driver.state.totals;
    expect(control).toMatchObject({ labels: USERS, requests: 6 * USERS });
    await driver.takeArmsAway();
    const { plan } = await world.activities.admitRollout({
      ...admitRequest({ by: EXPERIMENT.workflowId }, ROLLOUT),
      parentWorkflowId: EXPERIMENT.workflowId,
      parent: { workflowId: EXPERIMENT.workflowId, runId: EXPERIMENT.runId },
    });
    expect(plan.generation).toBe(driver.generation + 1);
    // An hour over two of the clock: whoever asked before and after the full hour counts twice, and nobody more often.
    const asking = arms.includes('stable') ? 2 * USERS : USERS;
    expect(plan.labels.perHour).toBeGreaterThan(0.9 * asking);
    expect(plan.labels.perHour).toBeLessThanOrEqual(2 * asking);
    expect((await world.stores.leases.current(SERVICE))?.holder).toEqual(ROLLOUT);
  });
});
