/** The fleet's pause and freeze windows on real servers: nothing starts, no step goes on, every rollback does. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { admitRequest, Driver, withBaseline } from './rollout-driver.ts';
import { BEGIN_MS, createWorld, SERVICE, type World } from './world.ts';

let postgres: TestPostgres;
let world: World;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  world = await createWorld(postgres);
});

const pause = () => world.stores.fleet.pause({ by: 'ann', reason: 'incident 7', atMs: world.nowMs });
const freeze = async () => {
  const to = new Date(BEGIN_MS + 3_600_000).toISOString();
  const change = { ...world.settings.change, freeze: [{ from: new Date(BEGIN_MS).toISOString(), to }] };
  await world.stores.services.put({ ...world.settings, change });
};

it('a paused fleet lets nothing start, forced or not, and tells who paused it and why', async () => {
  await withBaseline(world);
  await pause();
  for (const force of [false, true]) {
    await expect(world.activities.admitRollout(admitRequest({ force }))).rejects.toMatchObject({
      type: 'PolicyDenied',
      message: `${SERVICE}: the fleet is paused by ann: incident 7`,
    });
  }
  expect(await world.stores.leases.current(SERVICE)).toBeNull();
  await world.stores.fleet.resume();
  expect((await world.activities.admitRollout(admitRequest())).plan.generation).toBe(2);
});

it('a freeze lets nothing start unless somebody forces it', async () => {
  await withBaseline(world);
  await freeze();
  await expect(world.activities.admitRollout(admitRequest())).rejects.toMatchObject({
    type: 'PolicyDenied',
    message: expect.stringMatching(/is frozen until .*"force": true/u) as string,
  });
  expect((await world.activities.admitRollout(admitRequest({ force: true }))).plan.generation).toBe(2);
});

it.each(['pause', 'freeze'] as const)(
  'a %s keeps a proven step where it is until it is over',
  async (which) => {
    const driver = await Driver.admitted(world, { steps: [50, 100] });
    world.nowMs += 1_000;
    await driver.setWeight(50);
    await driver.traffic(20_000, 200);
    await (which === 'pause' ? pause() : freeze());
    const { verdict, gates } = await driver.look();
    expect(verdict.outcome).toBe('healthy');
    expect(gates?.reports.at(-1)).toMatchObject({ id: 'standstill', outcome: 'waiting' });
    expect(driver.state).toMatchObject({ phase: 'soaking', stepIndex: 0, held: null });

    await world.stores.fleet.resume();
    await world.stores.services.put(world.settings);
    await driver.look();
    expect(driver.state).toMatchObject({ phase: 'applying', stepIndex: 1 });
  },
);

it('a write that is due while the fleet is paused waits, and a rollback does not', async () => {
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  await driver.setWeight(50);
  await pause();
  await expect(driver.setWeight(100)).rejects.toMatchObject({
    type: 'GovernanceUnavailable',
    nonRetryable: false,
    message: 'the fleet is paused by ann: incident 7',
  });
  await expect(world.activities.promoteCandidate(driver.nextWrite())).rejects.toMatchObject({
    type: 'GovernanceUnavailable',
  });
  expect((await world.live()).weight_pct).toBe(50);
  await world.activities.takeBackCandidate(driver.takeBackWrite());
  expect((await world.live()).candidate).toBeNull();
});

it.each(['the next step', 'the same step, applied again', 'the promotion'] as const)(
  'a freeze that has begun since the start keeps %s waiting, and no rollback',
  async (what) => {
    const driver = await Driver.admitted(world, { steps: [50, 100] });
    await driver.setWeight(50);
    await freeze();
    const { leaseMs } = driver.state.plan;
    const write = (passesFreeze: boolean) => {
      const of = { ...driver.nextWrite(), passesFreeze };
      if (what === 'the promotion') return world.activities.promoteCandidate(of);
      return world.activities.setWeight({ ...of, leaseMs, weightPct: what === 'the next step' ? 100 : 50 });
    };
    if (what === 'the same step, applied again') world.nowMs += leaseMs;
    const before = await world.live();
    await expect(write(false)).rejects.toMatchObject({
      type: 'GovernanceUnavailable',
      nonRetryable: false,
      message: expect.stringMatching(/is frozen until /u) as string,
    });
    expect(await world.live()).toEqual(before);
    await write(true);
    expect(await world.live()).not.toEqual(before);
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject({
      candidate: null,
      stable: { configuration: before.stable.configuration },
    });
  },
);

it.each(['pause', 'freeze'] as const)(
  'a promotion that was written, and not reported, is reported in a %s that has begun since',
  async (which) => {
    const driver = await Driver.admitted(world, { steps: [50, 100] });
    await driver.setWeight(50);
    const write = { ...driver.nextWrite(), passesFreeze: false };
    await world.activities.promoteCandidate(write);
    const live = await world.live();
    await (which === 'pause' ? pause() : freeze());
    expect(await world.activities.promoteCandidate(write)).toMatchObject({ kind: 'promoted' });
    expect(await world.live()).toEqual(live);
  },
);

it('a promotion that a workflow of before freezes were told of has scheduled is made in one', async () => {
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  await driver.setWeight(50);
  await freeze();
  const { passesFreeze: _untold, ...write } = driver.nextWrite();
  expect(await world.activities.promoteCandidate(write)).toMatchObject({ kind: 'promoted' });
});

it('a cycle decides nothing at a standstill, and says why', async () => {
  await withBaseline(world);
  await pause();
  const input = { serviceId: SERVICE };
  const assessed = await world.activities.assess({ input, workflowId: `cycle/${SERVICE}`, runId: 'run-1' });
  expect(assessed).toMatchObject({
    kind: 'nothingToDo',
    reason: 'the fleet is paused by ann: incident 7',
  });
});

it('a second pause replaces who and why; a resume of nothing is nothing', async () => {
  await pause();
  await world.stores.fleet.pause({ by: 'bob', reason: 'still', atMs: 7 });
  expect(await world.stores.fleet.paused()).toEqual({ by: 'bob', reason: 'still', atMs: 7 });
  await world.stores.fleet.resume();
  await world.stores.fleet.resume();
  expect(await world.stores.fleet.paused()).toBeNull();
});
