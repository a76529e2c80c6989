import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PromotionEvidence, WatchInput } from '../../../activities/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, SERVICE, type World } from './world.ts';

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
  await world.activities.promoteCandidate(driver.nextWrite());
  startedAtMs = world.nowMs;
  const { plan, evidence } = driver.state;
  input = { ...plan, constraints: { minQuality: 0.7 }, lastWeightPct: 50, evidence };
});

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
  expect(await world.stores.windows.lateSince(SERVICE, 2, 1_000)).toMatchObject({
    arms: { candidate: { quality: { count: 100 } } },
  });
});
