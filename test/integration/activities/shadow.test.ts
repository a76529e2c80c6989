/** A shadow's activities over the real gateway and database; pairs come through ingest's store, as the gateway tells them. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rejudge } from '../../../src/cli/commands/rejudge.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import type { PairEvent } from '../../../src/ports/pairs.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { DATABASE, openTerminal } from '../cli/terminal.ts';
import { admitRequest, Driver, holderOf, withBaseline } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, SERVICE, traces, type World } from './world.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let postgres: TestPostgres;
let world: World;
let driver: Driver;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

let batch = 0;

interface Side {
  readonly quality: number;
  readonly errors?: number;
  readonly slow?: number;
}

/** `count` pairs that arrive now; the clock then goes on until their block is read. */
async function pairs(
  count: number,
  candidate: Side = { quality: 0.8 },
  more: Partial<PairEvent['data']> = {},
): Promise<void> {
  batch += 1;
  const { next } = randomFromSeed(batch);
  const events: PairEvent[] = Array.from({ length: count }, (_, i) => {
    const u = next();
    const v = next() < 0.7 ? u : next();
    const side = (quality: boolean, failed: boolean, slow: boolean, costUsd: number) => ({
      model: 'm',
      quality: failed ? null : Number(quality),
      error: failed,
      latency_ms: slow ? 9_000 : 500,
      cost_usd: costUsd,
    });
    return {
      source: '/gateway/pairs',
      id: `${batch}-${i}`,
      data: {
        type: 'shadow_pair',
        id: `${batch}-${i}`,
        timestamp: new Date(world.nowMs).toISOString(),
        request_id: `r-${batch}-${i}`,
        service: SERVICE,
        generation: driver.generation,
        unit: { kind: 'request', id: `r-${batch}-${i}` },
        task_type: 'question',
        stable: side(u < 0.8, next() < 0.005, next() < 0.05, 0.002),
        candidate: side(
          v < candidate.quality,
          next() < (candidate.errors ?? 0.005),
          next() < (candidate.slow ?? 0.02),
          0.001,
        ),
        ...more,
      },
    };
  });
  const { stored } = await world.stores.ingest.recordPairs(events, world.nowMs);
  expect(stored).toBe(count);
  world.nowMs += 4_000;
}

const setShadow = async (): Promise<void> => {
  const { plan } = driver.state;
  const set = await world.activities.setShadow({
    ...driver.nextWrite(),
    copyPct: plan.shadow?.copyPct ?? 0,
    leaseMs: plan.leaseMs,
  });
  driver.happened({ kind: 'shadowSet', ...set });
};
const look = async () => {
  const found = await world.activities.shadowLook(driver.lookRequest());
  driver.happened({ kind: 'shadowLooked', look: found });
  return found;
};
const begin = async (input: Record<string, unknown> = {}): Promise<void> => {
  world = await createWorld(postgres);
  driver = await Driver.admitted(world, { strategy: 'shadow', ...input });
  await setShadow();
};

describe('a shadow over the gateway and the database', () => {
  beforeEach(() => begin());

  it('copies, serves nobody, and becomes the first step once its pairs prove it', async () => {
    expect(await world.live()).toMatchObject({
      strategy: 'SHADOW',
      weight_pct: 0,
      copy_pct: 20,
      candidate: { configuration: { model: CANDIDATE } },
      lease_expires_at: world.nowMs + 120_000,
    });
    await pairs(150);
    expect((await look()).verdict).toMatchObject({ outcome: 'inconclusive' });
    await pairs(3_000);
    const found = await look();
    expect(found.verdict).toMatchObject({ outcome: 'healthy' });
    expect(found.verdict.guardrails.map(({ labels }) => labels.candidate)[1]).toBe(3_150);
    expect(driver.state.phase).toBe('applying');
    await driver.setWeight(5);
    expect(await world.live()).toMatchObject({ strategy: 'CANARY', weight_pct: 5 });
    // What the shadow saw is in no live window.
    const range = { serviceId: SERVICE, generation: driver.generation, blockMs: 1_000, fromNo: 0, toNo: 2e9 };
    const blocks = await world.stores.windows.blocks(range);
    expect(blocks.every(({ arms }) => Object.keys(arms.candidate).length === 0)).toBe(true);
  });

  it('records what it decided, which is judged again bit for bit, and says when it was touched', async () => {
    await pairs(150);
    await look();
    await pairs(3_000);
    await look();
    const decisions = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'shadow' });
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['healthy', 'inconclusive']);
    const { plan } = driver.state;
    for (const decision of decisions) {
      expect(decision.detail).toMatchObject({
        candidateHash: plan.candidateHash,
        stableHash: plan.stableHash,
        codeVersion: 'shadow-verdict/1',
        hash: decision.hash,
        limits: { minPairs: 200, candidateHash: plan.candidateHash },
      });
      expect(rejudge(decision, sha256)).toMatchObject({ kind: 'same', heldBack: null });
      const touched = JSON.parse(JSON.stringify(decision)) as { detail: { limits: { minPairs: number } } };
      touched.detail.limits.minPairs = 1;
      expect(rejudge({ ...decision, detail: touched.detail }, sha256).kind).toBe('touched');
    }
  });

  it.each<[string, Side]>([
    ['worse answers', { quality: 0.6 }],
    ['errors', { quality: 0.8, errors: 0.1 }],
    ['slow answers', { quality: 0.8, slow: 0.3 }],
  ])('is taken back by proof of %s, and nobody was served the candidate', async (_what, candidate) => {
    await pairs(1_500, candidate);
    expect((await look()).verdict.outcome).toBe('harm');
    expect(driver.state.ending).toMatchObject({ outcome: 'rolledBack' });
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject({ candidate: null, weight_pct: 0 });
  });

  it('folds a look that is tried again the same, and a block once', async () => {
    await pairs(300);
    const request = driver.lookRequest();
    const first = await world.activities.shadowLook(request);
    await pairs(300);
    const again = await world.activities.shadowLook({ ...request, revision: request.revision });
    expect(again.evidence.totals.error?.n).toBe(600);
    driver.happened({ kind: 'shadowLooked', look: first });
    const next = await look();
    expect(next.evidence).toEqual(again.evidence);
    expect((await look()).evidence.totals).toEqual(next.evidence.totals);
  });

  it('keeps its pairs when its lease ran out, and is set again', async () => {
    await pairs(300);
    await look();
    world.nowMs += 121_000;
    const lost = await look();
    expect(lost.live).toBe('leaseLost');
    expect(driver.state).toMatchObject({ phase: 'shadowing', shadow: { setAtMs: null } });
    expect(await world.live()).toMatchObject({ candidate: null });
    await setShadow();
    expect(await world.live()).toMatchObject({ copy_pct: 20 });
    await pairs(300);
    expect((await look()).evidence.totals.error?.n).toBe(600);
  });

  it('does not pass on pairs of long ago', async () => {
    await pairs(3_000);
    world.nowMs += 60_000;
    const { verdict } = await look();
    expect(verdict).toMatchObject({ outcome: 'noData', reason: expect.stringMatching(/^stale: no pair/u) });
    const [decision] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'shadow' });
    expect(decision && rejudge(decision, sha256)).toMatchObject({ kind: 'same', heldBack: verdict.reason });
  });

  it('is superseded by a change by hand, and refuses evidence that it cannot read', async () => {
    await pairs(300);
    const request = driver.lookRequest();
    const { shadow } = request.state;
    const evidence = JSON.parse(JSON.stringify({ ...shadow?.evidence, version: 2 }));
    await expect(
      world.activities.shadowLook({
        ...request,
        state: { ...request.state, shadow: { ...shadow!, evidence } },
      }),
    ).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/evidence\.version must be 1/u),
    });
    await byHand(world, 9, 1, { model: 'gpt-4o-mini' });
    await expect(look()).rejects.toMatchObject({ type: 'StaleGeneration' });
  });
});

describe('a shadow alone', () => {
  it('ends as shadowed with its record, and its candidate may be tried at once', async () => {
    await begin({ shadowOnly: true, strategy: undefined });
    await pairs(3_000);
    await look();
    expect(driver.state.ending).toMatchObject({ outcome: 'shadowed' });
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    driver.happened({ kind: 'takenBack', atMs: world.nowMs });
    await world.activities.finishRollout({ state: driver.state, holder: driver.holder });
    expect(await world.live()).toMatchObject({ candidate: null });
    const [entry] = await world.stores.configurations.list(SERVICE);
    expect(entry).toMatchObject({ generation: driver.generation, status: 'superseded' });
    const [ended] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'rollout' });
    expect(ended).toMatchObject({ outcome: 'shadowed' });
    const again = await world.activities.admitRollout(
      admitRequest({}, holderOf(`rollout/${SERVICE}`, 'run-2')),
    );
    expect(again.plan.shadow).toBeUndefined();
  });
});

describe('the plan of a rollout with a shadow', () => {
  it('tells the pairs it needs and how long they take, as admission would, and changes nothing', async () => {
    world = await createWorld(postgres);
    await withBaseline(world);
    const before = await traces(world);
    const { exit, out } = await openTerminal(world.ports).type(
      'rollout',
      'plan',
      SERVICE,
      ...DATABASE,
      '--model',
      CANDIDATE,
      '--strategy',
      'shadow',
    );
    expect(exit).toBe(0);
    expect(out).toMatch(/Shadow: +copies of 20 % of the requests, judged in pairs \(quality as graded\)/u);
    expect(out).toMatch(
      /about 1,\d+ pairs \(at least 200\), 18,000 an hour come: some \dm \d+s; then the steps below/u,
    );
    expect(await traces(world)).toEqual(before);
  });

  it('is refused where pairs cannot come in time, unless forced', async () => {
    world = await createWorld(postgres, { settings: { rollout: { ...FAST, shadow: { copyPct: 0.1 } } } });
    await withBaseline(world);
    const input = { strategy: 'shadow' };
    await expect(world.activities.admitRollout(admitRequest(input))).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(
        /strategy.*pairs within 1h: about 1,?\d+ are needed and 90 an hour come/u,
      ),
    });
    await expect(
      world.activities.admitRollout(admitRequest({ ...input, force: true })),
    ).resolves.toBeDefined();
  });
});

const FAST = {
  block: '1s',
  look: '2s',
  soak: '10s',
  lease: '2m',
  maxRollout: '1h',
  watch: '10m',
  minSamples: 200,
};
