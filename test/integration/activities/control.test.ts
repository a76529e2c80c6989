import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, INCUMBENT, type World } from './world.ts';

let postgres: TestPostgres;
let world: World;
let driver: Driver;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  world = await createWorld(postgres);
  driver = await Driver.admitted(world);
});

const stableAlone = (revision: number, generation = 2) => ({
  stable: { configuration: { model: INCUMBENT } },
  candidate: null,
  weight_pct: 0,
  generation,
  revision,
});

const stale = { type: 'StaleGeneration', nonRetryable: true };

describe('setWeight', () => {
  it('serves the candidate under a lease, and changes nothing when it is tried again', async () => {
    const write = { ...driver.nextWrite(), weightPct: 5, leaseMs: 120_000 };
    const first = await world.activities.setWeight(write);
    expect(first).toEqual({ atMs: world.nowMs, weightPct: 5, leaseExpiresAtMs: world.nowMs + 120_000 });
    const live = await world.live();
    expect(live).toMatchObject({ candidate: { configuration: { model: CANDIDATE } }, weight_pct: 5 });
    expect(await world.activities.setWeight(write)).toEqual(first);
    expect(await world.live()).toEqual(live);
  });

  it('is refused when it comes after the change was taken back, and the gateway stays stable', async () => {
    await driver.setWeight(5);
    const late = { ...driver.nextWrite(), weightPct: 25, leaseMs: 120_000 };
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    const live = await world.live();
    await expect(world.activities.setWeight(late)).rejects.toMatchObject(stale);
    expect(await world.live()).toEqual(live);
    expect(live).toMatchObject(stableAlone(3));
  });

  it('is refused under a pair that is not greater than the one of somebody else', async () => {
    await driver.setWeight(5);
    await byHand(world, 9, 1, { model: INCUMBENT });
    const write = { ...driver.nextWrite(), weightPct: 25, leaseMs: 120_000 };
    await expect(world.activities.setWeight(write)).rejects.toMatchObject(stale);
    expect(await world.live()).toMatchObject(stableAlone(1, 9));
  });

  it('never serves a configuration that is not the one admitted', async () => {
    const write = { ...driver.nextWrite(), weightPct: 5, leaseMs: 120_000, candidateHash: 'another' };
    await expect(world.activities.setWeight(write)).rejects.toMatchObject({ type: 'InvalidInput' });
    expect(await world.live()).toMatchObject({ candidate: null, generation: 1 });
  });
});

describe('promoteCandidate', () => {
  it('makes the candidate stable, and changes nothing when it is tried again', async () => {
    await driver.setWeight(100);
    const write = driver.nextWrite();
    await world.activities.promoteCandidate(write);
    const live = await world.live();
    expect(live).toMatchObject({
      stable: { configuration: { model: CANDIDATE }, generation: 2 },
      candidate: null,
    });
    await world.activities.promoteCandidate(write);
    expect(await world.live()).toEqual(live);
  });

  it('is refused when it comes after the change was taken back', async () => {
    await driver.setWeight(100);
    const late = driver.nextWrite();
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    await expect(world.activities.promoteCandidate(late)).rejects.toMatchObject(stale);
    expect(await world.live()).toMatchObject(stableAlone(3));
  });
});

describe('takeBackCandidate', () => {
  it('needs the gateway only, and changes nothing when it is tried again', async () => {
    await driver.setWeight(25);
    const write = driver.takeBackWrite();
    await world.stopDatabase();
    await world.activities.takeBackCandidate(write);
    const live = await world.live();
    expect(live).toMatchObject(stableAlone(2));
    await world.activities.takeBackCandidate(write);
    expect(await world.live()).toEqual(live);
  });

  it('works when nothing had been written yet', async () => {
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject(stableAlone(1));
  });

  it('works after the lease ran out', async () => {
    await driver.setWeight(5);
    world.nowMs += 120_000;
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject(stableAlone(2));
  });

  it('restores what was stable when the promotion had been written', async () => {
    await driver.setWeight(100);
    await world.activities.promoteCandidate(driver.nextWrite());
    const write = driver.takeBackWrite();
    await world.activities.takeBackCandidate(write);
    const live = await world.live();
    expect(live).toMatchObject(stableAlone(4));
    await world.activities.takeBackCandidate(write);
    expect(await world.live()).toEqual(live);
  });

  it('finishes what a first attempt left after its first write', async () => {
    await driver.setWeight(100);
    await world.activities.promoteCandidate(driver.nextWrite());
    const write = driver.takeBackWrite();
    await createRestOrchestrator({ url: world.url }).removeCandidate(write);
    expect(await world.live()).toMatchObject({ stable: { configuration: { model: CANDIDATE } } });
    await world.activities.takeBackCandidate(write);
    expect(await world.live()).toMatchObject(stableAlone(4));
  });

  it('gives up when somebody with a greater generation has taken over, and leaves theirs alone', async () => {
    await driver.setWeight(25);
    await byHand(world, 9, 1, { model: 'gpt-4o-mini-2024-07-18' });
    const live = await world.live();
    await expect(world.activities.takeBackCandidate(driver.takeBackWrite())).rejects.toMatchObject(stale);
    expect(await world.live()).toEqual(live);
  });

  it('goes on trying when a promotion was written and the database is away', async () => {
    await driver.setWeight(100);
    await world.activities.promoteCandidate(driver.nextWrite());
    await world.stopDatabase();
    const write = driver.takeBackWrite();
    const failed: unknown = await world.activities.takeBackCandidate(write).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Error);
    expect(failed).not.toHaveProperty('nonRetryable', true);
    expect(await world.live()).toMatchObject({ candidate: null, generation: 2, revision: write.revision });
  });
});
