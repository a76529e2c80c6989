import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../../src/analysis/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { admitRequest, BASELINE_LABELS, Driver, holderOf, ROLLOUT, withBaseline } from './rollout-driver.ts';
import { BEGIN_MS, byHand, CANDIDATE, createWorld, INCUMBENT, SERVICE, traces, type World } from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

/** How an input was refused, and what that left behind: `null` when nothing. */
async function refusal(world: World, input: Record<string, unknown> = {}) {
  const before = await traces(world);
  const error: unknown = await world.activities.admitRollout(admitRequest(input)).catch((e: unknown) => e);
  const after = await traces(world);
  return { error, left: isDeepStrictEqual(before, after) ? null : after };
}

const refused = (type: string, message: RegExp) => ({
  error: { type, nonRetryable: true, message: expect.stringMatching(message) },
  left: null,
});

describe('a refused rollout leaves no trace', () => {
  it.each([
    {
      name: 'an unknown service: the known ones are listed',
      input: { serviceId: 'sales-bot' },
      failure: { type: 'UnknownService', message: /"sales-bot".*one of: support-bot/u },
    },
    {
      name: 'a change that changes nothing',
      input: { change: { model: INCUMBENT } },
      failure: { type: 'InvalidInput', message: /change.*differs from what is live/u },
    },
    {
      name: 'a model that the gateway does not know',
      input: { change: { model: 'no-such-model' } },
      failure: { type: 'InvalidInput', message: /change\.model.*a known model/u },
    },
    {
      name: 'every problem of an input, by field',
      input: { steps: [25, 5, 100], soak: 'soon', wieght: 3 },
      failure: { type: 'InvalidInput', message: /^(?=.*steps)(?=.*soak)(?=.*wieght)/su },
    },
    {
      name: 'fewer labels than asked for',
      input: { minSamples: BASELINE_LABELS + 1 },
      failure: { type: 'InvalidInput', message: /at least 1501 .*there are 1500/u },
    },
  ])('$name', async ({ input, failure }) => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    expect(await refusal(world, input)).toMatchObject(refused(failure.type, failure.message));
  });

  it('a service that is not adopted', async () => {
    const world = await createWorld(postgres, { adopted: false });
    await world.stores.services.put(world.settings);
    expect(await refusal(world)).toMatchObject(refused('InvalidInput', /not adopted/u));
  });

  it('a service in mode off', async () => {
    const world = await createWorld(postgres, { settings: { mode: 'off' } });
    await withBaseline(world);
    expect(await refusal(world)).toMatchObject(refused('PolicyDenied', /mode off/u));
  });

  it('a stable configuration that somebody set at the gateway by hand', async () => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    await byHand(world, 7, 1, { model: 'gpt-4o-mini-2024-07-18' });
    expect(await refusal(world)).toMatchObject(
      refused('ChangeInFlight', /generation 7.*not the recorded one/u),
    );
  });

  it('a candidate that somebody serves at the gateway by hand', async () => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    await byHand(world, 7, 1, { model: 'gpt-4o-mini-2024-07-18', weightPct: 10 });
    expect(await refusal(world)).toMatchObject(refused('ChangeInFlight', /candidate \(generation 7\)/u));
  });

  it('what cannot be proven within the longest duration, unless a person forces it', async () => {
    const world = await createWorld(postgres, {
      settings: { rollout: { block: '1s', look: '2s', lease: '2m', maxRollout: '2m' } },
    });
    await withBaseline(world);
    expect(await refusal(world)).toMatchObject(
      refused('InvalidInput', /evidence within 2m: about \d+ labels/u),
    );
    const forced = await world.activities.admitRollout(admitRequest({ force: true }));
    expect(forced.plan.labels.expectedMs).toBeGreaterThan(forced.plan.maxRolloutMs);
    const [entry] = await world.stores.audit.list(SERVICE);
    expect(entry).toMatchObject({ actor: 'ann', action: 'canaryRollout', detail: { forced: true } });
  });
});

it('refuses what has the traffic, and whose labels mature too late: each step waits for its own', async () => {
  const quality = { matureAfter: '15m' };
  const rollout = { block: '1s', look: '2s', soak: '10s', lease: '2m', maxRollout: '1h' };
  const world = await createWorld(postgres, { settings: { quality, rollout } });
  await withBaseline(world);
  await expect(world.activities.admitRollout(admitRequest())).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(
      /evidence within 1h: .*at each of 4 steps they mature 15m after/u,
    ) as string,
  });
  const { plan } = await world.activities.admitRollout(admitRequest({ steps: [25, 50, 100] }));
  expect(plan.labels.expectedMs).toBeGreaterThan(45 * 60_000);
});

it('refuses steps without a control arm, unless a person forces them', async () => {
  const world = await createWorld(postgres);
  await withBaseline(world);
  const request = { steps: [100] };
  await expect(world.activities.admitRollout(admitRequest(request))).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('steps: [100] is given, expected a step below 100') as string,
  });
  const forced = await world.activities.admitRollout(admitRequest({ ...request, force: true }));
  expect(forced.plan.steps).toEqual([100]);
});

it('is admitted under the next generation, with every default of the service resolved', async () => {
  const world = await createWorld(postgres);
  await withBaseline(world);
  const { plan } = await world.activities.admitRollout(admitRequest());
  expect(plan).toMatchObject({
    generation: 2,
    stableGeneration: 1,
    summary: `model ${INCUMBENT} -> ${CANDIDATE}`,
    steps: [5, 25, 50, 100],
    soakMs: 10_000,
    requestedBy: 'ann',
  });
  expect(await world.stores.leases.current(SERVICE)).toMatchObject({ holder: ROLLOUT, generation: 2 });
  expect(await world.stores.configurations.get(SERVICE, 2)).toMatchObject({
    status: 'trying',
    hash: plan.candidateHash,
    body: { model: CANDIDATE },
  });
  expect(await world.live()).toMatchObject({ generation: 1, candidate: null });
});

it('admitted again by the same run: the same generation, the same plan, one row', async () => {
  const world = await createWorld(postgres);
  await withBaseline(world);
  const first = await world.activities.admitRollout(admitRequest());
  expect(await world.activities.admitRollout(admitRequest())).toEqual(first);
  expect(await world.stores.configurations.list(SERVICE)).toHaveLength(2);
  expect(await world.stores.audit.list(SERVICE)).toHaveLength(2);
});

it('counts both arms of the stable generation, and freezes the cautious end of each rate', async () => {
  const world = await createWorld(postgres);
  world.nowMs = BEGIN_MS + 60_000;
  const range = { fromMs: BEGIN_MS, toMs: world.nowMs };
  await world.feed(
    { ...range, count: 3_000, quality: 0.8 },
    { ...range, count: 1_000, quality: 0.6, arm: 'candidate', generation: 1 },
    { ...range, count: 500, quality: 0, arm: 'candidate', generation: 9 },
  );
  const { plan, evidence } = await world.activities.admitRollout(admitRequest());
  expect(plan.labels.perHour).toBe(4_500 * 60);
  expect(evidence.frozen.quality).toBe(wilsonInterval(3_000, 4_000, 0.001).low);
  expect(evidence.frozen.errorRate).toBe(wilsonInterval(20, 4_000, 0.001).high);
  const tail = plan.guardrails.find((guardrail) => guardrail.id === 'latencyP95');
  expect(tail?.frozen).toBeGreaterThan(1_130);
  expect(tail?.frozen).toBeLessThan(1_170);
});

it('gives the lease back when the service was changed while it was being admitted', async () => {
  const world = await createWorld(postgres);
  await withBaseline(world);
  const { leases, configurations } = world.stores;
  const other = holderOf('restore/support-bot');
  const slow: World['ports'] = {
    ...world.ports,
    leases: {
      ...leases,
      // Somebody's whole change fits between what was judged and the lease.
      acquire: async (request) => {
        const { generation } = await leases.seize({ ...request, holder: other });
        const body = { model: 'gpt-4o-mini-2024-07-18' };
        const entry = { serviceId: SERVICE, generation, body, hash: 'other', source: other.workflowId };
        await configurations.record({ ...entry, status: 'trying' }, world.nowMs);
        await byHand(world, generation, 1, body);
        await configurations.promote(SERVICE, generation, world.nowMs);
        await leases.release(SERVICE, other);
        return leases.acquire(request);
      },
    },
  };
  const { admitRollout } = await import('../../../activities/admit-rollout.ts');
  await expect(admitRollout(slow, admitRequest())).rejects.toMatchObject({
    type: 'ChangeInFlight',
    message: expect.stringMatching(/changed while/u),
  });
  expect(await leases.current(SERVICE)).toBeNull();
  expect((await configurations.list(SERVICE)).map((each) => each.generation)).toEqual([2, 1]);
});

it('closes its books twice without another trace', async () => {
  const world = await createWorld(postgres);
  const driver = await Driver.admitted(world);
  driver.happened({ kind: 'stepFailed', atMs: world.nowMs, by: 'ann', why: 'complaints' });
  driver.happened({ kind: 'takenBack', atMs: world.nowMs });
  const request = { state: driver.state, holder: ROLLOUT };
  await world.activities.finishRollout(request);
  const once = await traces(world);
  expect(once).toMatchObject({
    lease: null,
    configurations: [
      { generation: 2, status: 'rolledBack' },
      { generation: 1, status: 'stable' },
    ],
    rollouts: [{ generation: 2, phase: 'rolledBack', reason: 'complaints' }],
  });
  await world.activities.finishRollout(request);
  expect(await traces(world)).toEqual(once);
});

it('closes its books once more when what was to come next was called off, beside what they said', async () => {
  const world = await createWorld(postgres);
  const driver = await Driver.admitted(world);
  driver.happened({ kind: 'stepFailed', atMs: world.nowMs, by: 'ann', why: 'complaints' });
  driver.happened({ kind: 'takenBack', atMs: world.nowMs });
  const rolledBack = { state: driver.state, holder: ROLLOUT };
  await world.activities.finishRollout({ ...rolledBack, state: { ...driver.state, outcome: 'replaced' } });
  for (let tries = 0; tries < 2; tries += 1) await world.activities.finishRollout(rolledBack);
  const { decisions, audit } = world.stores;
  const booked = [
    (await decisions.list({ serviceId: SERVICE })).map(({ id, outcome }) => [id, outcome]),
    (await audit.list(SERVICE)).map(({ id, action }) => [id, action]),
  ].map((entries) => entries.filter(([id]) => id?.includes('/ended')).map(([, how]) => how));
  expect(booked).toEqual([
    ['rolledBack', 'replaced'],
    ['rolledBack', 'replaced'],
  ]);
  expect(await traces(world)).toMatchObject({ rollouts: [{ phase: 'rolledBack' }] });
});

it('closes its books as superseded when a restore came between the promotion and the record of it', async () => {
  const world = await createWorld(postgres);
  const driver = await Driver.admitted(world);
  const { leases, configurations } = world.stores;
  const restore = holderOf('restore/support-bot');
  const { generation } = await leases.seize({
    serviceId: SERVICE,
    holder: restore,
    gatewayGeneration: 2,
    nowMs: world.nowMs,
  });
  const stable = await configurations.get(SERVICE, 1);
  const entry = { serviceId: SERVICE, generation, body: { model: INCUMBENT }, hash: stable?.hash ?? '' };
  await configurations.record({ ...entry, status: 'trying', source: restore.workflowId }, world.nowMs);
  await configurations.promote(SERVICE, generation, world.nowMs);
  driver.state = { ...driver.state, phase: 'ended', outcome: 'promoted' };
  await world.activities.finishRollout({ state: driver.state, holder: ROLLOUT });
  expect(await configurations.get(SERVICE, 2)).toMatchObject({ status: 'superseded' });
  expect(await configurations.stable(SERVICE)).toMatchObject({ generation });
  const [ended] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'rollout' });
  expect(ended).toMatchObject({ outcome: 'promoted' });
});
