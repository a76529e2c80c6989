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

/** Somebody who writes at the gateway under the very generation of the rollout, between two of its writes: the fence does not know them. */
describe('a change by hand in between', () => {
  const THEIRS = 'gpt-4o-mini-2024-07-18';
  /** Serves 25 %, then somebody makes theirs of it, then the rollout's revision goes beyond theirs. */
  const changed = async (made: { readonly model: string; readonly weightPct?: number }) => {
    await driver.setWeight(25);
    await byHand(world, 2, driver.state.revision + 1, made);
    for (let times = 0; times < 5; times += 1) driver.nextWrite();
    return world.live();
  };
  const writes = {
    setWeight: () => {
      const { weightPct: servedPct } = driver.state;
      const { holder } = driver;
      return world.activities.setWeight({
        ...driver.nextWrite(),
        weightPct: 50,
        leaseMs: 120_000,
        servedPct,
        holder,
      });
    },
    'the renewal of a look': () => world.activities.look(driver.lookRequest()),
    promoteCandidate: () =>
      world.activities.promoteCandidate({ ...driver.nextWrite(), holder: driver.holder }),
    takeBackCandidate: () => world.activities.takeBackCandidate(driver.takeBackWrite()),
  };
  const made = {
    'another candidate': { model: THEIRS, weightPct: 40 },
    'another stable configuration': { model: THEIRS },
  };
  const cells = Object.entries(writes).flatMap(([name, write]) =>
    Object.entries(made).map(([what, theirs]) => ({ name, write, what, theirs })),
  );

  it.each(cells)('$name finds $what, writes nothing and gives up', async ({ write, theirs }) => {
    const live = await changed(theirs);
    await expect(write()).rejects.toMatchObject(stale);
    const after = await world.live();
    expect([after.stable, after.candidate, after.weight_pct]).toEqual([
      live.stable,
      live.candidate,
      live.weight_pct,
    ]);
  });

  it.each(['setWeight', 'the renewal of a look'] as const)(
    '%s finds another weight of its own candidate',
    async (name) => {
      const live = await changed({ model: CANDIDATE, weightPct: 90 });
      await expect(writes[name]()).rejects.toMatchObject(stale);
      expect(await world.live()).toEqual(live);
    },
  );

  it('takeBackCandidate takes its own candidate away at whatever weight, and leaves a foreign stable one', async () => {
    await changed({ model: CANDIDATE, weightPct: 90 });
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      candidate: null,
    });
  });

  it('a first weight is not written over what somebody has put there since the admission', async () => {
    await byHand(world, 1, 5, { model: THEIRS, weightPct: 40 });
    const live = await world.live();
    await expect(writes.setWeight()).rejects.toMatchObject(stale);
    expect(await world.live()).toEqual(live);
  });

  it('a greater pair in between is found by every write', async () => {
    await driver.setWeight(25);
    await byHand(world, 9, 1, { model: THEIRS, weightPct: 40 });
    const live = await world.live();
    for (const write of Object.values(writes)) await expect(write()).rejects.toMatchObject(stale);
    expect(await world.live()).toEqual(live);
  });

  it('a promotion whose weight lease has run out promotes nothing', async () => {
    await driver.setWeight(100);
    world.nowMs += 120_000;
    const live = await world.live();
    expect(await writes.promoteCandidate()).toMatchObject({ kind: 'leaseLost' });
    expect(await world.live()).toEqual(live);
  });
});
