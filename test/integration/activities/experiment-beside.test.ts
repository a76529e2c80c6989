/** Everything that asks what is tried beside the stable configuration sees an experiment as it sees a candidate: nothing takes it for "stable alone". */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { serveArms } from './arms-by-hand.ts';
import { admitRequest, Driver, holderOf, withBaseline } from './rollout-driver.ts';
import { adopt, CANDIDATE, createWorld, INCUMBENT, SERVICE, traces, type World } from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const UNRECORDED = /an experiment \(experiment\/by-hand, generation 7\)/u;
const servedArms = async (world: World) => (await world.live()).experiment?.arms.length ?? 0;

it('a service with an experiment on it is not adopted, and nothing of it is recorded', async () => {
  const world = await createWorld(postgres, { adopted: false });
  await serveArms(world, 7, { recorded: false });
  const before = await traces(world);
  await expect(adopt(world)).rejects.toMatchObject({
    type: 'ChangeInFlight',
    message: expect.stringContaining('the experiment experiment/by-hand of generation 7'),
  });
  expect(await traces(world)).toEqual(before);
});

it('a rollout is refused beside an experiment that nobody recorded, and leaves no trace', async () => {
  const world = await createWorld(postgres);
  await withBaseline(world);
  await serveArms(world, 7, { recorded: false });
  const before = await traces(world);
  const refused = { type: 'ChangeInFlight', message: expect.stringMatching(UNRECORDED) as string };
  await expect(world.activities.admitRollout(admitRequest())).rejects.toMatchObject(refused);
  expect(await traces(world)).toEqual(before);
});

it('a rollout replaces the arms of an experiment that died: they are recorded', async () => {
  const world = await createWorld(postgres);
  await serveArms(world, 7, { recorded: true });
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  expect(driver.generation).toBe(8);
  await driver.setWeight(50);
  expect(await world.live()).toMatchObject({
    candidate: { configuration: { model: CANDIDATE } },
    weight_pct: 50,
  });
  expect(await servedArms(world)).toBe(0);
});

it('an experiment that somebody put in the place of a candidate is left alone by its rollout', async () => {
  const world = await createWorld(postgres);
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  await driver.setWeight(50);
  await serveArms(world, driver.generation, { recorded: false, revision: 90 });
  const theirs = {
    type: 'StaleGeneration',
    message: expect.stringContaining('an experiment is served') as string,
  };
  await expect(driver.setWeight(50)).rejects.toMatchObject(theirs);
  driver.state = { ...driver.state, revision: 200 };
  await expect(world.activities.takeBackCandidate(driver.takeBackWrite())).rejects.toMatchObject(theirs);
  expect(await servedArms(world)).toBe(2);
});

it('a promotion is not taken for done while arms are served', async () => {
  const world = await createWorld(postgres);
  const driver = await Driver.admitted(world, { steps: [50, 100] });
  await driver.setWeight(50);
  driver.state = { ...driver.state, phase: 'promoting' };
  await world.activities.promoteCandidate(driver.nextWrite());
  await serveArms(world, driver.generation, { recorded: false, revision: 90, control: CANDIDATE });
  driver.state = { ...driver.state, revision: 200 };
  await expect(world.activities.promoteCandidate(driver.nextWrite())).rejects.toMatchObject({
    type: 'StaleGeneration',
  });
});

it.each([
  ['under an older generation', 7],
  ['under the very generation that the restore has drawn', 2],
])('a restore takes an experiment away that was put there %s', async (_, generation) => {
  const world = await createWorld(postgres);
  const holder = holderOf(`restore/${SERVICE}`);
  const input = { serviceId: SERVICE, to: 'stable', by: 'oncall', reason: 'complaints' };
  const wanted = await world.activities.prepareRestore({ input });
  const seize = { serviceId: SERVICE, holder, gatewayGeneration: 1, nowMs: world.nowMs };
  const drawn = generation === 2 ? (await world.stores.leases.seize(seize)).generation : 2;
  expect(drawn).toBe(2);
  await serveArms(world, generation, { recorded: false });
  const summary = await world.activities.restoreStable({ wanted, holder });
  expect(summary).toMatchObject({ generation: generation === 2 ? 2 : 8, restoredFrom: 1 });
  expect(await world.live()).toMatchObject({
    stable: { configuration: { model: INCUMBENT }, generation: summary.generation },
    candidate: null,
    last_change: { kind: 'applied' },
  });
  expect(await servedArms(world)).toBe(0);
});
