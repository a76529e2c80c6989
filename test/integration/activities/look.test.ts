import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { judgeStep, type RolloutEvidence, type StepContext } from '../../../src/analysis/index.ts';
import { isUntouched, type DecisionRecord } from '../../../src/decision/index.ts';
import { receiveMessage } from '../../../src/state/rollout/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, SERVICE, type World } from './world.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let postgres: TestPostgres;
let world: World;
let driver: Driver;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  world = await createWorld(postgres);
  driver = await Driver.admitted(world, { steps: [50, 100] });
  world.nowMs += 1_000;
  await driver.setWeight(50);
});

const blockOf = (atMs: number) => Math.floor(atMs / 1_000);
const qualityOf = (look: { readonly evidence: Driver['state']['evidence'] }) => {
  const quality = look.evidence.guardrails.find((guardrail) => guardrail.id === 'quality');
  return quality?.totals;
};

it('folds matured blocks only, and renews the lease', async () => {
  const fromMs = world.nowMs;
  await driver.traffic(10_000, 40);
  world.nowMs -= 2_000;
  const look = await driver.look();
  expect(look).toMatchObject({
    atMs: world.nowMs,
    live: 'ours',
    leaseExpiresAtMs: world.nowMs + 120_000,
    observedSharePct: 50,
    foldedTo: blockOf(fromMs) + 7,
  });
  expect(qualityOf(look)).toMatchObject({ stable: { n: 160 }, candidate: { n: 160 } });
  expect(await world.live()).toMatchObject({
    weight_pct: 50,
    lease_expires_at: world.nowMs + 120_000,
    revision: 2,
  });
});

it('that is tried again and finds more leaves the decision it ended with, and rests on it', async () => {
  const request = driver.lookRequest();
  const unheard = await world.activities.look(request);
  await driver.traffic(10_000, 400);
  const heard = await world.activities.look(request);
  expect([unheard.verdict.outcome, heard.verdict.outcome]).toEqual(['noData', 'healthy']);
  const decisions = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'verdict' });
  expect(decisions.map(({ outcome }) => outcome)).toEqual(['healthy', 'noData']);
  expect(decisions[0]?.detail).toMatchObject({ evidence: heard.evidence });
  await world.activities.look(request);
  expect(await world.stores.decisions.list({ serviceId: SERVICE, kind: 'verdict' })).toHaveLength(2);
});

it('counts late labels apart, never in a block that was folded', async () => {
  const fromMs = world.nowMs;
  await driver.traffic(10_000, 40);
  const before = qualityOf(await driver.look());
  const late = { count: 50, fromMs, toMs: fromMs + 10_000, quality: 0 };
  await world.feed(late, { ...late, arm: 'candidate', generation: 2 });
  world.nowMs += 2_000;
  expect(qualityOf(await driver.look())).toEqual(before);
  const [found] = await world.stores.windows.lateSince(SERVICE, 2, 1_000, []);
  expect(found?.arms.candidate.quality).toMatchObject({ count: 50, sum: 0 });
});

it('answers the same evidence when the same look is tried again, whatever has arrived in between', async () => {
  const fromMs = world.nowMs;
  await driver.traffic(10_000, 40);
  const request = driver.lookRequest();
  const first = await world.activities.look(request);
  expect(await world.activities.look(request)).toEqual(first);
  await world.feed({
    arm: 'candidate',
    generation: 2,
    count: 50,
    fromMs,
    toMs: fromMs + 10_000,
    quality: 0,
  });
  const { gates: gatesAgain, ...again } = await world.activities.look(request);
  const { gates, ...before } = first;
  expect(again.evidenceHash).toBe(first.evidenceHash);
  expect(again).toEqual(before);
  // The split is counted as it is now: it is judged from the same state, and no count is carried twice.
  const counted = (gates?.share.seen.candidate ?? 0) + 50;
  expect(gatesAgain?.share).toMatchObject({
    throughNo: gates?.share.throughNo,
    seen: { candidate: counted },
  });
});

it('refuses evidence that it cannot read, by name, and leaves the gateway as it is', async () => {
  await driver.traffic(10_000, 40);
  const { state, ...request } = driver.lookRequest();
  const live = await world.live();
  const evidence = JSON.parse(JSON.stringify({ ...state.evidence, version: 2 })) as RolloutEvidence;
  await expect(world.activities.look({ ...request, state: { ...state, evidence } })).rejects.toMatchObject({
    type: 'InvalidInput',
    nonRetryable: true,
    message: expect.stringMatching(/^rollout of support-bot: evidence\.version must be 1, got 2/u),
    details: [[{ field: 'evidence.version', value: 2, expected: '1' }]],
  });
  expect(await world.live()).toEqual(live);
});

it('says leaseLost when the lease ran out, and writes nothing to the gateway', async () => {
  await driver.traffic(10_000, 40);
  world.nowMs += 120_000;
  const live = await world.live();
  expect(live.last_change.kind).toBe('leaseExpired');
  expect(await driver.look()).toMatchObject({ live: 'leaseLost', leaseExpiresAtMs: null });
  expect(await world.live()).toEqual(live);
  expect(driver.state).toMatchObject({ phase: 'applying', weightPct: 0 });
});

it.each([
  {
    name: 'the candidate was taken away by hand under the same generation',
    act: async () => {
      const write = { serviceId: SERVICE, generation: 2, revision: 50, idempotencyKey: 'hand', reason: 'no' };
      await createRestOrchestrator({ url: world.url }).removeCandidate(write);
    },
  },
  {
    name: 'another candidate is served',
    act: () => byHand(world, 2, 50, { model: 'gpt-4o-mini-2024-07-18', weightPct: 50 }),
  },
  {
    name: 'somebody raised the weight by hand',
    act: () => byHand(world, 2, 50, { model: CANDIDATE, weightPct: 90 }),
  },
  { name: 'a newer generation is live', act: () => byHand(world, 9, 1, { model: CANDIDATE }) },
])('is stale when $name', async ({ act }) => {
  await act();
  const live = await world.live();
  await expect(world.activities.look(driver.lookRequest())).rejects.toMatchObject({
    type: 'StaleGeneration',
    nonRetryable: true,
  });
  expect(await world.live()).toEqual(live);
});

it('writes what people did into the audit log, once', async () => {
  const paused = { name: 'pause', by: 'ann', reason: 'release day', atMs: world.nowMs };
  driver.state = receiveMessage(driver.state, { ...paused, name: 'pause' }, world.nowMs).state;
  await driver.look();
  await driver.look();
  const acts = (await world.stores.audit.list(SERVICE)).filter(({ actor }) => actor === 'ann');
  expect(acts.filter(({ action }) => action === 'paused')).toMatchObject([
    { action: 'paused', detail: { reason: 'release day', generation: 2 }, atMs: paused.atMs },
  ]);
});

describe('the clock of a step', () => {
  it('waits while the gateway answers the new weight and serves the old one, then runs from when it moved', async () => {
    const setAtMs = world.nowMs;
    await world.feed({ count: 800, fromMs: setAtMs, toMs: setAtMs + 4_000 });
    world.nowMs = setAtMs + 6_000;
    const before = await driver.look();
    expect(before.gates?.reports[0]).toMatchObject({
      id: 'share',
      outcome: 'waiting',
      observed: 0,
      limit: 50,
    });
    expect(driver.state.soakEndsAtMs).toBeNull();

    await driver.traffic(20_000, 200);
    const after = await driver.look();
    expect(after.gates?.share.movedAtMs).toBe(setAtMs + 6_000);
    expect(driver.state).toMatchObject({ phase: 'applying', stepIndex: 1 });
  });

  it('a gateway that never serves the new weight holds the rollout, with the share that it does serve', async () => {
    const setAtMs = world.nowMs;
    const toMs = setAtMs + 301_000;
    await world.feed({ count: 3_000, fromMs: setAtMs, toMs });
    world.nowMs = toMs + 1_000;
    const live = await driver.world.live();
    expect(live.last_change.kind).toBe('leaseExpired');
    const reports = (await driver.look()).gates?.reports;
    expect(reports?.[0]).toMatchObject({
      outcome: 'fail',
      reason: expect.stringContaining('50 % was written, and 0.0 % of') as string,
    });
  });

  it('a split that is not the one asked for holds the rollout, though every guardrail passes', async () => {
    const fromMs = world.nowMs;
    const range = { fromMs, toMs: fromMs + 20_000 };
    const { generation } = driver;
    await world.feed(
      { ...range, count: 2_800 },
      { ...range, count: 1_200, arm: 'candidate', generation, costUsd: 0.001 },
    );
    const late = { fromMs: fromMs + 301_000, toMs: fromMs + 320_000 };
    await world.feed(
      { ...late, count: 2_800 },
      { ...late, count: 1_200, arm: 'candidate', generation, costUsd: 0.001 },
    );
    for (const seconds of [100, 200, 300]) {
      world.nowMs = fromMs + seconds * 1_000;
      await driver.look();
    }
    world.nowMs = fromMs + 322_000;
    const look = await driver.look();
    expect(look.verdict.outcome).toBe('healthy');
    expect(look.gates?.reports[1]).toMatchObject({ id: 'sampleRatio', outcome: 'fail' });
    expect(driver.state).toMatchObject({
      phase: 'soaking',
      stepIndex: 0,
      held: {
        reason: expect.stringMatching(
          /^the split is broken: 30\.0 % of \d+ to the candidate, 50 % asked$/u,
        ) as string,
      },
    });
  });
});

describe('verdicts', () => {
  it('healthy when both arms do alike, enough and lately', async () => {
    await driver.traffic(20_000, 200);
    const look = await driver.look();
    expect(look.verdict.outcome).toBe('healthy');
    expect(driver.state).toMatchObject({ phase: 'applying', stepIndex: 1 });
    const [decision] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'verdict' });
    expect(decision).toMatchObject({
      outcome: 'healthy',
      workflowId: `rollout/${SERVICE}`,
      runId: driver.holder.runId,
    });
    const record = decision?.detail as DecisionRecord<RolloutEvidence, StepContext>;
    expect(decision?.hash).toBe(record.hash);
    expect(isUntouched(record, sha256)).toBe(true);
    expect(judgeStep(record.evidence, record.limits)).toEqual(look.verdict);
  });

  it('noData when what was proven has become old', async () => {
    await driver.traffic(20_000, 200);
    world.nowMs += 30_000;
    const { verdict } = await driver.look();
    expect(verdict).toMatchObject({ outcome: 'noData', reason: expect.stringMatching(/^stale/u) });
    expect(driver.state.stepIndex).toBe(0);
  });

  it('noData when the candidate has fallen silent and only the stable arm goes on', async () => {
    await driver.traffic(20_000, 200);
    world.nowMs -= 2_000;
    await world.feed({ count: 1_000, fromMs: world.nowMs, toMs: world.nowMs + 10_000 });
    world.nowMs += 12_000;
    const { verdict } = await driver.look();
    expect(verdict).toMatchObject({ outcome: 'noData', reason: expect.stringMatching(/candidate/u) });
    expect(driver.state.stepIndex).toBe(0);
  });

  it('noData before the first label', async () => {
    world.nowMs += 5_000;
    expect((await driver.look()).verdict.outcome).toBe('noData');
  });

  it('inconclusive with too few labels', async () => {
    await driver.traffic(12_000, 20);
    expect((await driver.look()).verdict.outcome).toBe('inconclusive');
  });

  it('harm when the candidate is much worse, and the rollout begins to take it back', async () => {
    await driver.traffic(20_000, 200, { quality: 0.6 });
    const { verdict } = await driver.look();
    expect(verdict).toMatchObject({ outcome: 'harm', reason: expect.stringMatching(/quality/u) });
    expect(driver.state).toMatchObject({ phase: 'rollingBack', ending: { outcome: 'rolledBack' } });
  });

  it('harm when the candidate fails', async () => {
    await driver.traffic(20_000, 200, { errors: 0.1 });
    expect((await driver.look()).verdict).toMatchObject({ outcome: 'harm' });
  });
});

describe('at 100 %', () => {
  const atTheEnd = async (constraints: Record<string, number>, quality: number) => {
    driver.state = {
      ...driver.state,
      plan: { ...driver.state.plan, constraints },
      stepIndex: 1,
      phase: 'applying',
    };
    await driver.setWeight(100);
    world.nowMs = Math.ceil(world.nowMs / 1_000) * 1_000 + 1_000;
    await driver.traffic(20_000, 100, { quality });
    return (await driver.look()).verdict;
  };

  it('only absolute limits speak: one that is broken is harm', async () => {
    expect(await atTheEnd({ minQuality: 0.7 }, 0.5)).toMatchObject({
      outcome: 'harm',
      reason: expect.stringMatching(/0\.7/u),
    });
  });

  it('and a limit that is kept lets it be promoted', async () => {
    expect(await atTheEnd({ minQuality: 0.7 }, 0.8)).toMatchObject({ outcome: 'healthy' });
    expect(driver.state.phase).toBe('promoting');
  });
});
