import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PromotionEvidence, WatchInput } from '../../../activities/index.ts';
import type { Block } from '../../../src/domain/window.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, INCUMBENT, SERVICE, type World } from './world.ts';

let postgres: TestPostgres;
let world: World;
let input: WatchInput;
/** When both arms served, and when the watch began. */
let exposed: { readonly fromMs: number; readonly toMs: number };
let startedAtMs: number;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

/** Proven at 50 % and promoted: its blocks are folded and remembered. */
beforeEach(async () => {
  world = await createWorld(postgres);
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  world.nowMs += 1_000;
  await driver.setWeight(50);
  exposed = { fromMs: world.nowMs, toMs: world.nowMs + 20_000 };
  await driver.traffic(20_000, 200);
  await driver.look();
  await promote(driver);
});

async function promote(driver: Driver): Promise<void> {
  await world.activities.promoteCandidate(driver.nextWrite());
  startedAtMs = world.nowMs;
  const { plan, evidence } = driver.state;
  input = { ...plan, constraints: { minQuality: 0.7 }, lastWeightPct: 50, evidence };
}

const watch = (progress: PromotionEvidence | null = null) =>
  world.activities.watchPromotion({ input, startedAtMs, progress });

/** `seconds` of traffic on the promoted configuration, which answers as the stable arm now. */
async function served(seconds: number, quality: number): Promise<void> {
  const fromMs = world.nowMs;
  world.nowMs += seconds * 1_000;
  await world.feed({ generation: 2, count: 50 * seconds, fromMs, toMs: world.nowMs, quality });
  world.nowMs += 2_000;
}

it('goes on while all is well, and answers the same when a look is tried again', async () => {
  await served(20, 0.8);
  const first = await watch();
  expect(first).toMatchObject({ kind: 'well', reason: expect.stringMatching(/0\.8/u) });
  expect(await watch()).toEqual(first);
  await served(20, 0.8);
  expect(await watch(first.evidence)).toMatchObject({ kind: 'well' });
});

it('closes when a newer configuration is stable', async () => {
  await byHand(world, 9, 1, { model: INCUMBENT });
  expect(await watch()).toMatchObject({ kind: 'closed', reason: 'generation 9 is stable now' });
});

it('closes when somebody has put another configuration under its own generation by hand', async () => {
  const { generation, revision } = await world.live();
  await byHand(world, generation, revision + 1, { model: INCUMBENT });
  expect((await world.live()).stable).toMatchObject({ generation, configuration: { model: INCUMBENT } });
  expect(await watch()).toMatchObject({
    kind: 'closed',
    reason: 'another configuration is stable under generation 2: somebody has changed it by hand',
  });
  expect(await world.activities.promotionServed({ input })).toMatchObject({ kind: 'gone' });
});

it('goes on under the generation of a restore that has put what was promoted back, and judges what that serves', async () => {
  await byHand(world, 9, 1, { model: CANDIDATE });
  expect(await world.activities.promotionServed({ input })).toEqual({ kind: 'served', generation: 9 });
  const fromMs = world.nowMs;
  world.nowMs += 20_000;
  await world.feed({ generation: 9, count: 1_000, fromMs, toMs: world.nowMs, quality: 0.5 });
  world.nowMs += 2_000;
  expect(await watch()).toMatchObject({ kind: 'revert', reason: expect.stringMatching(/quality.*0\.7/u) });
});

it('of an older rollout, that did not hand over what it promoted, goes by the generation', async () => {
  const { candidateHash: _hash, stableGeneration: _before, ...older } = input;
  input = older;
  expect(await watch()).toMatchObject({ kind: 'well' });
  await byHand(world, 9, 1, { model: CANDIDATE });
  expect(await watch()).toMatchObject({ kind: 'closed', reason: 'generation 9 is stable now' });
});

it('reverts when an absolute limit is broken', async () => {
  await served(20, 0.5);
  expect(await watch()).toMatchObject({ kind: 'revert', reason: expect.stringMatching(/quality.*0\.7/u) });
});

it('reverts on labels of the rollout that come late, look by look, and prove harm', async () => {
  await served(5, 0.8);
  let look = await watch();
  expect(look.kind).toBe('well');
  for (let lumps = 0; lumps < 6 && look.kind === 'well'; lumps += 1) {
    await world.feed(
      { ...exposed, count: 100, quality: 0.8 },
      { ...exposed, count: 100, quality: 0.3, arm: 'candidate', generation: 2 },
    );
    look = await watch(look.evidence);
  }
  expect(look).toMatchObject({
    kind: 'revert',
    reason: expect.stringMatching(/labels of earlier steps prove harm/u),
  });
});

it('folds late labels once: what was seen before is no news', async () => {
  await world.feed(
    { ...exposed, count: 100, quality: 0.8 },
    { ...exposed, count: 100, quality: 0.7, arm: 'candidate', generation: 2 },
  );
  const first = await watch();
  const quality = first.evidence.evidence.guardrails.find((guardrail) => guardrail.id === 'quality');
  const second = await watch(first.evidence);
  expect(second.evidence.evidence.guardrails).toContainEqual(quality);
  expect(await world.stores.windows.lateSince(SERVICE, 2, 1_000, [])).toMatchObject([
    { arms: { candidate: { quality: { count: 100 } } } },
  ]);
});

it('refuses evidence that it cannot read, by name: what the rollout hands over and what the last look left', async () => {
  const first = await watch();
  const progress = { ...first.evidence, evidence: { ...first.evidence.evidence, blocks: -1 } };
  await expect(watch(progress)).rejects.toMatchObject({
    type: 'InvalidInput',
    nonRetryable: true,
    message: 'watch of support-bot: evidence.blocks must be a whole number from 0, got -1',
    details: [[{ field: 'evidence.blocks', value: -1, expected: 'a whole number from 0' }]],
  });
  input = { ...input, evidence: { ...input.evidence, lastLateNo: 1.5 } };
  await expect(watch()).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(/evidence\.lastLateNo must be a whole number, got 1\.5$/u),
  });
});

describe('late labels of a ramp over which the base rate has fallen', () => {
  interface Step {
    readonly weightPct: number;
    readonly fromMs: number;
    readonly quality: number;
  }
  let steps: readonly Step[];

  beforeEach(async () => {
    world = await createWorld(postgres);
    const driver = await Driver.admitted(world, { steps: [10, 50, 100] });
    const taken: Step[] = [];
    for (const [weightPct, quality] of [
      [10, 0.95],
      [50, 0.6],
    ] as const) {
      world.nowMs = Math.ceil(world.nowMs / 1_000) * 1_000 + 1_000;
      taken.push({ weightPct, fromMs: world.nowMs, quality });
      await driver.setWeight(weightPct);
      await driver.traffic(20_000, 200);
      await driver.look();
    }
    if (driver.state.stepIndex !== 2)
      throw new Error(`not proven: ${driver.state.verdict?.reason ?? 'no look'}`);
    steps = taken;
    await promote(driver);
    input = { ...input, stepsFromMs: driver.state.steps.map((step) => step.startedAtMs) };
  });

  /** `count` late labels of every step, split by its weight; the candidate's quality is the stable one's times `times`. */
  const arrive = (count: number, times = 1) =>
    world.feed(
      ...steps.flatMap(({ weightPct, fromMs, quality }) => {
        const range = { fromMs, toMs: fromMs + 20_000 };
        const ofCandidate = (count * weightPct) / 100;
        return [
          { ...range, count: count - ofCandidate, quality },
          {
            ...range,
            count: ofCandidate,
            quality: quality * times,
            arm: 'candidate',
            generation: 2,
          } as const,
        ];
      }),
    );
  const counts = (block: Block | null | undefined) => [
    block?.arms.stable.quality?.count,
    block?.arms.candidate.quality?.count,
  ];

  it('is no harm when the arms are equal at every step, though their sums differ', async () => {
    await arrive(2_000);
    const found = await watch();
    expect(found.kind).toBe('well');
    expect(found.evidence.lateByStep?.map(counts)).toEqual([
      [1_800, 200],
      [1_000, 1_000],
    ]);
    expect(counts(found.evidence.late)).toEqual([2_800, 1_200]);
    // What a rollout of before there were steps in the input gets: all labels as one, and the paradox with it.
    const { stepsFromMs: _steps, ...older } = input;
    input = older;
    const pooled = await watch();
    expect(pooled).toMatchObject({
      kind: 'revert',
      reason: expect.stringMatching(/labels of earlier steps/u),
    });
    expect(pooled.evidence).not.toHaveProperty('lateByStep');
  });

  it('folds each arrival of a step once, under a number of its own', async () => {
    await arrive(400);
    const first = await watch();
    expect(await watch()).toEqual(first);
    expect(first.evidence).toMatchObject({ lateNo: 3, evidence: { lastLateNo: 2 } });
    const second = await watch(first.evidence);
    expect(second.evidence).toMatchObject({ lateNo: 3, evidence: { lastLateNo: 2 } });
    const [step] = steps;
    const range = { fromMs: step!.fromMs, toMs: step!.fromMs + 20_000, quality: 0.9 };
    await world.feed({ ...range, count: 40 }, { ...range, count: 40, arm: 'candidate', generation: 2 });
    const third = await watch(JSON.parse(JSON.stringify(second.evidence)) as PromotionEvidence);
    expect(third.evidence).toMatchObject({ lateNo: 4, evidence: { lastLateNo: 3 } });
    expect(third.evidence.lateByStep?.map(counts)).toEqual([
      [400, 80],
      [200, 200],
    ]);
  });

  it('is harm when the candidate is worse at every step by little labels at a time', async () => {
    let look = await watch();
    let looks = 0;
    for (; looks < 12 && look.kind === 'well'; looks += 1) {
      await arrive(60, 0.6);
      look = await watch(look.evidence);
    }
    expect(looks).toBeGreaterThan(1);
    expect(look).toMatchObject({
      kind: 'revert',
      reason: expect.stringMatching(/labels of earlier steps prove harm/u),
    });
  });

  it('goes on over all steps together when it was begun so', async () => {
    await arrive(40);
    const { stepsFromMs, ...older } = input;
    input = older;
    const first = await watch();
    input = { ...older, stepsFromMs: stepsFromMs! };
    const second = await watch(first.evidence);
    expect(second.evidence).toMatchObject({ lateNo: first.evidence.lateNo, late: first.evidence.late });
    expect(second.evidence).not.toHaveProperty('lateByStep');
  });
});
