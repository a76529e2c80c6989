/** Metrics of a service's own: taken with the feedback, kept in windows, shown at each look, and never in the way. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { feedbackEvent } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver } from './rollout-driver.ts';
import { createWorld, SERVICE, type World } from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const METRICS = [
  { name: 'task_completed', kind: 'binary', direction: 'increase' },
  { name: 'groundedness', kind: 'bounded', direction: 'increase', dryRun: true },
  { name: 'turns', kind: 'positive', direction: 'decrease' },
  { name: 'llm.response.relevance', kind: 'bounded', direction: 'increase' },
] as const;

/** Requests of one arm over the next seconds, `groundedness` around `mean`, and a metric that nobody lists. */
const events = (world: World, arm: 'stable' | 'candidate', generation: number, n: number, mean: number) =>
  Array.from({ length: n }, (_, i) =>
    feedbackEvent(`${arm}-${i}`, {
      timestamp: new Date(world.nowMs + 1_000 + i * 10).toISOString(),
      arm,
      generation,
      metrics: { groundedness: mean + ((i % 11) - 5) / 100, unlisted: 1 },
    }),
  );

it('are shown per arm with an interval, decide nothing, and are kept in the state and the decision', async () => {
  const world = await createWorld(postgres, { settings: { metrics: METRICS } });
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  expect(driver.state.plan.metrics?.map(({ name }) => name)).toEqual([
    'groundedness',
    'turns',
    'llm.response.relevance',
  ]);
  await driver.setWeight(50);
  const { ingest } = world.stores;
  const fed = [
    ...events(world, 'stable', 1, 400, 0.8),
    ...events(world, 'candidate', driver.generation, 400, 0.4),
  ];
  expect(await ingest.recordFeedback(fed, world.nowMs)).toMatchObject({ stored: 800 });
  const atMs = world.nowMs + 2_000;
  for (const [arm, value] of [
    ['stable', 0.9],
    ['candidate', 0.7],
  ] as const) {
    const point = {
      streamKey: arm,
      serviceId: SERVICE,
      generation: arm === 'stable' ? 1 : driver.generation,
      arm,
      metric: 'llm.response.relevance',
      taskType: 'chat',
      atMs,
    };
    const added = {
      count: 3,
      sum: 3 * value,
      sumOfSquares: 3 * value * value,
      min: value,
      max: value,
      sketch: null,
    };
    await ingest.recordStreams([point], () => ({ state: {}, added }), world.nowMs);
  }
  world.nowMs += 9_000;
  const look = await driver.look();
  expect(look.dryRuns).toMatchObject([
    {
      name: 'groundedness',
      values: { stable: 400, candidate: 400 },
      difference: { high: expect.closeTo(-0.4, 1) },
      reason: 'worse',
    },
    { name: 'turns', values: { stable: 0, candidate: 0 }, difference: null },
    {
      name: 'llm.response.relevance',
      values: { stable: 3, candidate: 3 },
      observed: { stable: expect.closeTo(0.9), candidate: expect.closeTo(0.7) },
    },
  ]);
  // Far worse by what is only shown: nothing is taken back, held, or counted as a guardrail.
  expect(look.verdict.outcome).not.toBe('harm');
  expect(driver.state).toMatchObject({ phase: 'soaking', held: null, ending: null, dryRuns: look.dryRuns });
  expect(look.verdict.guardrails.map(({ id }) => id)).toEqual(['quality', 'errorRate', 'latencyP95', 'cost']);
  const [decision] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'verdict' });
  expect(decision?.detail).toMatchObject({ dryRuns: [{ name: 'groundedness', reason: 'worse' }, {}, {}] });
});

it('are left out of a rollout of a service that lists none', async () => {
  const world = await createWorld(postgres);
  const driver = await Driver.admitted(world);
  expect(driver.state.plan).not.toHaveProperty('metrics');
  await driver.setWeight(5);
  world.nowMs += 5_000;
  expect(await driver.look()).not.toHaveProperty('dryRuns');
});
