// A gateway that keeps no leases: who does, and what happens when nobody renews.
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { pino } from 'pino';
import {
  createLitellmOrchestrator,
  createLitellmProduct,
} from '../../../src/adapters/litellm-orchestrator/index.ts';
import { planText } from '../../../src/cli/commands/plan-view.ts';
import { previewRollout } from '../../../activities/preview-rollout.ts';
import { startWatchdog } from '../../../src/watchdog/index.ts';
import { FAKE_KEY, startLitellmFake, type LitellmFake } from '../orchestrators/litellm-fake.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { admitRequest, BASELINE_MS, Driver, holderOf, withBaseline } from './rollout-driver.ts';
import { BEGIN_MS, CANDIDATE, createWorld, INCUMBENT, SERVICE, type World } from './world.ts';

let postgres: TestPostgres;
let fake: LitellmFake;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  fake = await startLitellmFake([
    {
      model_name: 'chat',
      litellm_params: { model: INCUMBENT, api_key: 'sk-of-the-provider' },
      model_info: { id: 'made-by-hand', db_model: true },
    },
  ]);
  onTestFinished(() => fake.close());
});

const worldWith = (settings: Record<string, unknown> = {}): Promise<World> =>
  createWorld(postgres, {
    orchestrator: { driver: 'litellm', url: fake.url, route: 'chat', ...settings },
    orchestratorFor: (clock) => {
      const driver = createLitellmOrchestrator({ url: fake.url, route: 'chat', key: FAKE_KEY, clock });
      return () => driver;
    },
  });

/** Longer than any pause of a busy machine. */
const PATIENCE_MS = 60_000;

/** Watches on the world's clock, which stands still until a test moves it; `product` is what it is pointed at. */
async function watch(clock: () => number, url = fake.url) {
  const watchdog = await startWatchdog({
    host: '127.0.0.1',
    port: 0,
    targets: [{ serviceId: SERVICE, target: { driver: 'litellm', url, route: 'chat' } }],
    everyMs: 100,
    productOf: ({ url: at }) =>
      createLitellmProduct({ url: at, route: 'chat', key: FAKE_KEY, timeoutMs: PATIENCE_MS }),
    logger: pino({ level: 'silent' }),
    clock,
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await watchdog.close();
  };
  onTestFinished(close);
  /** Waits for a look at the time that the clock tells by now: admission takes no older one. */
  const looked = async (): Promise<void> => {
    await expect
      .poll(async () => (await fetch(`${watchdog.url}/health`)).status, { timeout: PATIENCE_MS })
      .toBe(200);
  };
  await looked();
  return { url: watchdog.url, close, looked };
}

/** A rollout that is admitted when the watchdog has looked at the time of the baseline. */
async function admittedUnder(world: World, watchdog: { looked(): Promise<void> }): Promise<Driver> {
  world.nowMs = BEGIN_MS + BASELINE_MS;
  await watchdog.looked();
  return Driver.admitted(world);
}

describe('admission', () => {
  it('refuses, naming the field, when nobody keeps the lease', async () => {
    const world = await worldWith();
    await withBaseline(world);
    await expect(world.activities.admitRollout(admitRequest())).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/orchestrator\.watchdog: is missing.*unleased: accepted/u),
    });
    const preview = await previewRollout(world.ports, admitRequest().input);
    expect(preview.refusals).toEqual([expect.objectContaining({ field: 'orchestrator.watchdog' })]);
  });

  it('refuses a watchdog that is named and not there', async () => {
    const world = await worldWith({ watchdog: 'http://127.0.0.1:1' });
    await withBaseline(world);
    await expect(world.activities.admitRollout(admitRequest())).rejects.toThrow(
      /orchestrator\.watchdog: .*expected a watchdog that watches/u,
    );
  });

  it('refuses a watchdog that watches another product', async () => {
    const other = await startLitellmFake([
      { model_name: 'chat', litellm_params: { model: 'another' }, model_info: { id: 'x', db_model: true } },
    ]);
    onTestFinished(() => other.close());
    const { url } = await watch(() => BEGIN_MS, other.url);
    const world = await worldWith({ watchdog: url });
    await withBaseline(world);
    await expect(world.activities.admitRollout(admitRequest())).rejects.toThrow(/watches another product/u);
  });

  it('goes unleased only when that was accepted, and says so in the plan, the preview and every notice', async () => {
    const world = await worldWith({ unleased: 'accepted' });
    const driver = await Driver.admitted(world);
    expect(driver.state.plan).toMatchObject({
      leasedBy: 'unleased',
      summary: `model ${INCUMBENT} -> ${CANDIDATE} (unleased)`,
      convergeMs: 300_000,
    });
    const preview = await previewRollout(world.ports, admitRequest().input);
    expect(planText(SERVICE, preview)).toMatch(/Lease: +unleased, as accepted/u);
    await driver.setWeight(5);
    world.nowMs += 2_000;
    const look = await driver.look();
    expect(look.gates?.reports.at(-1)).toMatchObject({ id: 'lease', outcome: 'unknown' });
  });

  it('refuses weights that the product would cut, by name, before anything is written', async () => {
    const world = await worldWith({ unleased: 'accepted' });
    await withBaseline(world);
    const asked = world.activities.admitRollout(admitRequest({ steps: [0.5, 25, 100] }));
    await expect(asked).rejects.toThrow(/steps\[0\]: 0\.5 is given, expected a multiple of 1 %.*litellm/u);
    expect(fake.calls).toEqual([]);
  });
});

it('a rollout that relies on a watchdog: no weight is set while it is away, and a step waits', async () => {
  let world: World | undefined;
  const watchdog = await watch(() => world?.nowMs ?? BEGIN_MS);
  world = await worldWith({ watchdog: watchdog.url });
  const driver = await admittedUnder(world, watchdog);
  expect(driver.state.plan).toMatchObject({ leasedBy: 'watchdog', target: { watchdog: watchdog.url } });
  await driver.setWeight(5);
  await watchdog.close();
  await expect(driver.setWeight(25)).rejects.toMatchObject({
    type: 'OrchestratorUnavailable',
    nonRetryable: false,
    message: expect.stringContaining('no weight is set without its watchdog'),
  });
  const look = await driver.look();
  expect(look.gates?.reports.at(-1)).toMatchObject({ id: 'lease', outcome: 'waiting' });
});

it('a lease that nobody renews ends the candidate, and the rollout that returns applies its step again', async () => {
  let world: World | undefined;
  const watchdog = await watch(() => world?.nowMs ?? BEGIN_MS);
  world = await worldWith({ watchdog: watchdog.url });
  const driver = await admittedUnder(world, watchdog);
  await driver.setWeight(50);
  expect(fake.stored.map(({ litellm_params }) => litellm_params['weight'])).toEqual([50, 50]);

  world.nowMs += driver.state.plan.leaseMs + 1;
  const gateway = world.ports.orchestratorFor(driver.state.plan.target);
  // The write is several calls, and counts as not made until the last of them.
  await expect.poll(async () => (await gateway.read(SERVICE)).candidate, { timeout: PATIENCE_MS }).toBeNull();
  expect(fake.stored).toHaveLength(1);
  expect(fake.stored[0]?.litellm_params).toMatchObject({
    model: INCUMBENT,
    weight: 100,
    api_key: 'sk-of-the-provider',
  });
  await watchdog.looked();
  expect(await driver.look()).toMatchObject({ live: 'leaseLost' });
  await driver.setWeight(50);
  expect(await gateway.read(SERVICE)).toMatchObject({ generation: 2, weight_pct: 50 });
});

it('a restore replaces what somebody changed by hand at such a gateway, and the audit says so', async () => {
  const world = await worldWith({ unleased: 'accepted' });
  const restore = async (runId: string) => {
    const input = { serviceId: SERVICE, to: 'stable', by: 'oncall', reason: 'changed by hand' };
    const wanted = await world.activities.prepareRestore({ input });
    await world.activities.restoreStable({ wanted, holder: holderOf(`restore/${SERVICE}`, runId) });
    return (await world.stores.audit.list(SERVICE))[0]?.detail;
  };
  expect(await restore('run-1')).not.toHaveProperty('replacedByHand');
  Object.assign(fake.stored[0]?.litellm_params ?? {}, { model: CANDIDATE });
  expect(await restore('run-2')).toMatchObject({ replacedByHand: true, reason: 'changed by hand' });
  expect(fake.stored).toMatchObject([{ litellm_params: { model: INCUMBENT } }]);
});
