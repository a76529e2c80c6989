import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver, holderOf, ROLLOUT } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, INCUMBENT, SERVICE, type World } from './world.ts';

let postgres: TestPostgres;
let world: World;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => void (world = await createWorld(postgres)));

const RESTORE = holderOf(`restore/${SERVICE}`);

const prepare = (to: 'previous' | 'stable' | number) =>
  world.activities.prepareRestore({
    input: { serviceId: SERVICE, to, by: 'oncall', reason: 'complaints' },
  });

const restore = async (to: 'previous' | 'stable' | number, runId: string) =>
  world.activities.restoreStable({ wanted: await prepare(to), holder: holderOf(RESTORE.workflowId, runId) });

const statuses = async () =>
  (await world.stores.configurations.list(SERVICE)).map(({ generation, status }) => [generation, status]);

const seize = async () =>
  world.stores.leases.seize({
    serviceId: SERVICE,
    holder: RESTORE,
    gatewayGeneration: (await world.live()).generation,
    nowMs: world.nowMs,
  });

/** The candidate becomes stable as generation 2, and the lease is given back. */
async function promoted(): Promise<Driver> {
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  await driver.setWeight(50);
  driver.state = { ...driver.state, phase: 'promoting' };
  await world.activities.promoteCandidate(driver.nextWrite());
  driver.happened({ kind: 'promoted', atMs: world.nowMs });
  await world.activities.finishRollout({ state: driver.state, holder: ROLLOUT });
  return driver;
}

describe('with nothing in flight', () => {
  it('`previous` is the configuration before the stable one; it comes back as a new generation', async () => {
    await promoted();
    expect(await prepare('previous')).toMatchObject({ generation: 1, holder: null });
    const summary = await restore('previous', 'run-1');
    expect(summary).toMatchObject({ generation: 3, restoredFrom: 1, tookOverFrom: null });
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT }, generation: 3 },
      candidate: null,
    });
    expect(await statuses()).toEqual([
      [3, 'stable'],
      [2, 'rolledBack'],
      [1, 'retired'],
    ]);
    expect(await world.stores.leases.current(SERVICE)).toBeNull();
    const [entry] = await world.stores.audit.list(SERVICE);
    expect(entry).toMatchObject({ actor: 'oncall', detail: { reason: 'complaints', generation: 3 } });
  });

  it('`previous` a second time never brings back what was taken back', async () => {
    await promoted();
    await restore('previous', 'run-1');
    await restore('previous', 'run-2');
    expect((await world.live()).stable.configuration).toEqual({ model: INCUMBENT });
  });

  it('`previous` passes over what was restored as stable in between, and taken back since', async () => {
    await promoted();
    await restore('stable', 'run-1');
    await restore('previous', 'run-2');
    expect((await world.live()).stable.configuration).toEqual({ model: INCUMBENT });
    expect(await statuses()).toEqual([
      [4, 'stable'],
      [3, 'rolledBack'],
      [2, 'retired'],
      [1, 'retired'],
    ]);
    await restore('previous', 'run-3');
    expect((await world.live()).stable.configuration).toEqual({ model: INCUMBENT });
  });

  it('a generation number that takes back: what it replaces counts as found wanting', async () => {
    await promoted();
    const input = { serviceId: SERVICE, to: 1, takesBack: true, by: 'watch', reason: 'late labels' };
    const wanted = await world.activities.prepareRestore({ input });
    expect(wanted).toMatchObject({ generation: 1, takesBack: true, notify: world.settings.notify });
    await world.activities.restoreStable({ wanted, holder: RESTORE });
    expect(await statuses()).toEqual([
      [3, 'stable'],
      [2, 'rolledBack'],
      [1, 'retired'],
    ]);
  });

  it('a generation number names any recorded one, and an unknown one lists them', async () => {
    await promoted();
    await restore('previous', 'run-1');
    expect(await restore(2, 'run-2')).toMatchObject({ generation: 4, restoredFrom: 2 });
    expect((await world.live()).stable.configuration).toEqual({ model: CANDIDATE });
    await expect(prepare(77)).rejects.toMatchObject({
      type: 'InvalidInput',
      nonRetryable: true,
      message: expect.stringMatching(/77.*4 \(stable\), 3 \(retired\), 2 \(rolledBack\), 1 \(retired\)/u),
    });
  });

  it('`stable` undoes what somebody set at the gateway by hand', async () => {
    await byHand(world, 40, 3, { model: CANDIDATE });
    expect(await restore('stable', 'run-1')).toMatchObject({ generation: 41, restoredFrom: 1 });
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      generation: 41,
    });
  });

  it('refuses an unknown service and a wrong target, with every problem', async () => {
    const input = { serviceId: 'sales-bot', to: 'stable', by: 'oncall', reason: 'complaints' };
    await expect(world.activities.prepareRestore({ input })).rejects.toMatchObject({
      type: 'UnknownService',
    });
    const wrong = { serviceId: SERVICE, to: 'before', reason: 'complaints' };
    await expect(world.activities.prepareRestore({ input: wrong })).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/^(?=.*\bto\b)(?=.*\bby\b)/su),
    });
  });
});

describe('restoreStable', () => {
  it('tried again after it was done: the same answer, and nothing is written', async () => {
    await promoted();
    const request = { wanted: await prepare('previous'), holder: RESTORE };
    const first = await world.activities.restoreStable(request);
    const [live, before] = [await world.live(), await statuses()];
    world.nowMs += 60_000;
    expect(await world.activities.restoreStable(request)).toMatchObject(first);
    expect(await world.live()).toEqual(live);
    expect(await statuses()).toEqual(before);
    expect(await world.stores.leases.current(SERVICE)).toBeNull();
  });

  it('takes the service over from a rollout, whose late write is refused and whose candidate counts as taken back', async () => {
    const wanted = await prepare('stable');
    const driver = await Driver.admitted(world, { steps: [50, 100] });
    await driver.setWeight(50);
    const late = { ...driver.nextWrite(), weightPct: 100, leaseMs: 120_000 };
    expect(await world.activities.restoreStable({ wanted, holder: RESTORE })).toMatchObject({
      generation: 3,
      tookOverFrom: ROLLOUT.workflowId,
    });
    const live = await world.live();
    expect(live).toMatchObject({ stable: { configuration: { model: INCUMBENT } }, candidate: null });
    await expect(world.activities.setWeight(late)).rejects.toMatchObject({ type: 'StaleGeneration' });
    await expect(world.activities.takeBackCandidate(driver.takeBackWrite())).rejects.toMatchObject({
      type: 'StaleGeneration',
    });
    expect(await world.live()).toEqual(live);
    driver.happened({ kind: 'superseded', atMs: world.nowMs, why: 'a restore' });
    await world.activities.finishRollout({ state: driver.state, holder: ROLLOUT });
    expect(await statuses()).toEqual([
      [3, 'stable'],
      [2, 'rolledBack'],
      [1, 'retired'],
    ]);
  });

  it('draws a newer generation when somebody went beyond its own since an earlier try', async () => {
    const wanted = await prepare('stable');
    expect(await seize()).toMatchObject({ generation: 2 });
    await byHand(world, 50, 1, { model: CANDIDATE });
    expect(await world.activities.restoreStable({ wanted, holder: RESTORE })).toMatchObject({
      generation: 51,
    });
    expect((await world.live()).stable.configuration).toEqual({ model: INCUMBENT });
  });

  it('writes above a greater revision of its own generation', async () => {
    const wanted = await prepare('stable');
    const { generation } = await seize();
    await byHand(world, generation, 7, { model: CANDIDATE });
    await world.activities.restoreStable({ wanted, holder: RESTORE });
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      generation,
      revision: 8,
    });
  });
});
