import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/decision/index.ts';
import { loadRecordedOutcomes } from '../../../src/replay/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import {
  BEGIN_MS,
  CANDIDATE,
  createWorld,
  INCUMBENT,
  SERVICE,
  sha256,
  traces,
  type World,
  type WorldOptions,
} from './world.ts';

const HAIKU = 'claude-3-haiku-20240307';
const MODELS = [CANDIDATE, HAIKU, 'claude-3-5-sonnet-20241022', 'gpt-4o-mini-2024-07-18'];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

type Outcomes = Parameters<World['stores']['outcomes']['replace']>[1];

/** Real recorded outcomes of the incumbent and the candidates: those of other models are never read. */
function recordedOutcomes(swap?: readonly [string, string]): Outcomes {
  const { evaluation } = loadRecordedOutcomes(swap ? { swap } : {});
  return Object.fromEntries([INCUMBENT, ...MODELS].map((model) => [model, evaluation[model] ?? []]));
}

const recorded = recordedOutcomes();

/** A service that has served 300 requests, and recorded outcomes of its candidates. */
async function observed(options: WorldOptions = {}, outcomes: Outcomes = recorded): Promise<World> {
  const world = await createWorld(postgres, {
    settings: { candidates: { models: MODELS }, ...options.settings },
  });
  await world.stores.outcomes.replace(SERVICE, outcomes);
  await serve(world, 1);
  return world;
}

async function serve(world: World, generation: number): Promise<void> {
  const fromMs = world.nowMs;
  world.nowMs += 30_000;
  await world.feed({ generation, count: 300, fromMs, toMs: world.nowMs });
}

const assess = (world: World, runId = 'run-1') =>
  world.activities.assess({
    input: { serviceId: SERVICE, trigger: 'schedule' },
    workflowId: `cycle/${SERVICE}`,
    runId,
  });

/** A change of `model` that a rollout tried and that was taken back at `atMs`. */
async function takenBack(world: World, generation: number, model: string, atMs: number): Promise<void> {
  const body = { model };
  const hash = sha256(canonicalJson(body));
  const entry = { serviceId: SERVICE, generation, body, hash, source: `rollout/${SERVICE}` };
  await world.stores.configurations.record({ ...entry, status: 'trying' }, atMs);
  await world.stores.configurations.end(SERVICE, generation, 'rolledBack', atMs);
}

describe('the choice on the recorded outcomes', () => {
  it('is the cheaper one that is not worse, and nothing is changed by itself', async () => {
    const world = await observed();
    const { live, configurations, lease } = (await traces(world)) as Record<string, unknown>;
    expect(await assess(world)).toMatchObject({
      kind: 'deploy',
      change: { model: CANDIDATE },
      observed: { model: INCUMBENT, labels: 300, quality: 0.8 },
    });
    expect(await traces(world)).toMatchObject({ live, configurations, lease, rollouts: [] });
    const [decision] = await world.stores.decisions.list({ serviceId: SERVICE });
    expect(decision).toMatchObject({ kind: 'cycle', outcome: 'deploy', detail: { trigger: 'schedule' } });
  });

  it('swaps with the recorded rows', async () => {
    const world = await observed({}, recordedOutcomes([CANDIDATE, HAIKU]));
    expect(await assess(world)).toMatchObject({ kind: 'deploy', change: { model: HAIKU } });
  });

  it('is a recommendation in mode recommend', async () => {
    const world = await observed({ settings: { mode: 'recommend' } });
    expect(await assess(world)).toMatchObject({ kind: 'recommend', change: { model: CANDIDATE } });
  });

  it('is logged once, however often the activity runs', async () => {
    const world = await observed();
    expect(await assess(world)).toEqual(await assess(world));
    expect(await world.stores.decisions.list({ serviceId: SERVICE })).toHaveLength(1);
    await assess(world, 'run-2');
    expect(await world.stores.decisions.list({ serviceId: SERVICE })).toHaveLength(2);
  });
});

describe('nothing to do', () => {
  const nothing = (reason: RegExp) => ({ kind: 'nothingToDo', reason: expect.stringMatching(reason) });

  it('in mode off', async () => {
    expect(await assess(await observed({ settings: { mode: 'off' } }))).toMatchObject(nothing(/mode off/u));
  });

  it('without a stable configuration', async () => {
    const world = await observed();
    await world.stores.configurations.end(SERVICE, 1, 'rolledBack', world.nowMs);
    expect(await assess(world)).toMatchObject(nothing(/no stable configuration/u));
  });

  it('with too few labels, also when there were enough before the last change', async () => {
    const few = await observed({ settings: { cycle: { minLabels: 301 } } });
    expect(await assess(few)).toMatchObject(nothing(/^300 of 301 labels/u));
    const world = await observed({ settings: { change: { minSpacing: '0s' } } });
    const body = { model: HAIKU };
    const entry = { serviceId: SERVICE, generation: 2, body, hash: 'h', source: `rollout/${SERVICE}` };
    await world.stores.configurations.record({ ...entry, status: 'trying' }, world.nowMs);
    await world.stores.configurations.promote(SERVICE, 2, world.nowMs);
    expect(await assess(world)).toMatchObject(nothing(/^0 of 200 labels since the last change/u));
  });

  it('without a candidate that is as good and cheaper', async () => {
    const world = await observed({ settings: { candidates: { models: [HAIKU] } } });
    expect(await assess(world)).toMatchObject(nothing(/./u));
    const none = await observed({ settings: { candidates: { models: [] } } });
    expect(await assess(none)).toMatchObject(nothing(/./u));
  });

  it('when the gateway does not take the choice', async () => {
    const cheaper = (recorded[INCUMBENT] ?? []).map((one) => ({ ...one, costUsd: one.costUsd / 2 }));
    const outcomes = { [INCUMBENT]: recorded[INCUMBENT] ?? [], 'no-such-model': cheaper };
    const world = await observed({ settings: { candidates: { models: ['no-such-model'] } } }, outcomes);
    expect(await assess(world)).toMatchObject(nothing(/does not take no-such-model: a known model/u));
  });

  it('after as many changes as a day may have, until the first is a day old', async () => {
    const world = await observed({
      settings: { candidates: { models: MODELS }, change: { maxPerDay: 2, minSpacing: '0s' } },
    });
    await takenBack(world, 2, 'gpt-4o-mini-2024-07-18', BEGIN_MS - HOUR_MS);
    expect(await assess(world)).toMatchObject({ kind: 'deploy' });
    await takenBack(world, 3, 'gpt-4o-mini-2024-07-18', BEGIN_MS);
    expect(await assess(world, 'run-2')).toMatchObject(nothing(/^2 changes in the last 24 h, at most 2/u));
    world.nowMs = BEGIN_MS - HOUR_MS + DAY_MS;
    await serve(world, 1);
    expect(await assess(world, 'run-3')).toMatchObject({ kind: 'deploy' });
  });

  it('counts a change once, when it was applied, not again when it is replaced', async () => {
    const world = await observed({
      settings: { candidates: { models: MODELS }, change: { maxPerDay: 2, minSpacing: '0s' } },
    });
    const { configurations } = world.stores;
    const entry = { serviceId: SERVICE, hash: 'h', status: 'trying', source: `rollout/${SERVICE}` } as const;
    await configurations.record({ ...entry, generation: 2, body: { model: HAIKU } }, world.nowMs);
    await configurations.promote(SERVICE, 2, world.nowMs);
    world.nowMs += 2 * DAY_MS;
    await configurations.record({ ...entry, generation: 3, body: { model: INCUMBENT } }, world.nowMs);
    await configurations.promote(SERVICE, 3, world.nowMs);
    await serve(world, 3);
    expect(await assess(world)).toMatchObject({ kind: 'deploy' });
  });

  it('until the last change is long enough ago', async () => {
    const world = await observed();
    await takenBack(world, 2, 'gpt-4o-mini-2024-07-18', world.nowMs);
    world.nowMs += 1_799_999;
    expect(await assess(world)).toMatchObject(nothing(/less than 30m ago/u));
    world.nowMs += 1;
    expect(await assess(world, 'run-2')).toMatchObject({ kind: 'deploy' });
  });

  it('with what was taken back lately; it is tried again afterwards', async () => {
    const world = await observed({
      settings: { candidates: { models: [CANDIDATE] }, change: { minSpacing: '0s', retryAfter: '2h' } },
    });
    await takenBack(world, 2, CANDIDATE, world.nowMs);
    const passedOver = new RegExp(`${CANDIDATE} was taken back less than 2h ago`, 'u');
    expect(await assess(world)).toMatchObject(nothing(passedOver));
    world.nowMs += 2 * HOUR_MS;
    await serve(world, 1);
    expect(await assess(world, 'run-2')).toMatchObject({ kind: 'deploy', change: { model: CANDIDATE } });
  });
});

it('refuses an input with a mistyped key, naming it', async () => {
  const world = await createWorld(postgres);
  const request = { input: { serviceId: SERVICE, triger: 'event' }, workflowId: 'cycle/a', runId: 'run-1' };
  await expect(world.activities.assess(request)).rejects.toMatchObject({
    type: 'InvalidInput',
    nonRetryable: true,
    message: expect.stringMatching(/triger/u),
  });
});
