/** The backup route on a real gateway and a real database: with a change in flight, and with none. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { receiveMessage } from '../../../src/state/rollout/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { admitRequest, Driver, holderOf, withBaseline } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, INCUMBENT, SERVICE, traces, type World } from './world.ts';

const BACKUP = 'gpt-4o-mini-2024-07-18';
const LEASE_MS = 120_000;
const anomaly = {
  name: 'anomaly',
  by: 'sentinel',
  anomalyType: 'provider_outage',
  severity: 'critical',
  security: false,
  affectedServices: [SERVICE],
} as const;
const stale = { type: 'StaleGeneration', nonRetryable: true };

let postgres: TestPostgres;
let world: World;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  world = await createWorld(postgres, { settings: { candidates: { backup: BACKUP } } });
});

describe('with a change in flight', () => {
  let driver: Driver;
  beforeEach(async () => {
    driver = await Driver.admitted(world);
    await driver.setWeight(25);
  });

  const routeWrite = () => {
    const route = driver.state.plan.backup;
    if (!route) throw new Error('the plan of this test has a backup route');
    return { ...driver.nextWrite(), route, leaseMs: LEASE_MS };
  };
  const onBackup = (revision: number) => ({
    stable: { configuration: { model: INCUMBENT }, generation: 1 },
    candidate: { configuration: { model: BACKUP } },
    weight_pct: 100,
    generation: 2,
    revision,
  });

  it('serves the backup model to everybody in place of the candidate, without the stable configuration being touched', async () => {
    const write = routeWrite();
    const first = await world.activities.routeToBackup(write);
    expect(first).toEqual({ atMs: world.nowMs, leaseExpiresAtMs: world.nowMs + LEASE_MS });
    expect(await world.live()).toMatchObject(onBackup(2));
    expect(await world.activities.routeToBackup(write)).toEqual(first);
    world.nowMs += 60_000;
    await world.activities.routeToBackup(routeWrite());
    expect(await world.live()).toMatchObject({ ...onBackup(3), lease_expires_at: world.nowMs + LEASE_MS });
  });

  it('is taken back from there with the gateway alone', async () => {
    await world.activities.routeToBackup(routeWrite());
    await world.stopDatabase();
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      candidate: null,
    });
  });

  it('goes back to stable by itself when nobody renews, and is routed again by who returns', async () => {
    await world.activities.routeToBackup(routeWrite());
    world.nowMs += LEASE_MS;
    expect(await world.live()).toMatchObject({ candidate: null, last_change: { kind: 'leaseExpired' } });
    await world.activities.routeToBackup(routeWrite());
    expect(await world.live()).toMatchObject(onBackup(3));
  });

  it('is left alone when somebody has taken the candidate away, or the service over', async () => {
    const write = routeWrite();
    const gateway = world.ports.orchestratorFor(driver.state.plan.target);
    await gateway.removeCandidate({ ...write, reason: 'by hand' });
    await expect(world.activities.routeToBackup(routeWrite())).rejects.toMatchObject(stale);
    await byHand(world, 9, 1, { model: INCUMBENT });
    await expect(world.activities.routeToBackup(routeWrite())).rejects.toMatchObject(stale);
    expect(await world.live()).toMatchObject({ candidate: null, generation: 9 });
  });

  it('comes too late after a rollback, and the gateway stays stable', async () => {
    const late = routeWrite();
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    await expect(world.activities.routeToBackup(late)).rejects.toMatchObject(stale);
    expect(await world.live()).toMatchObject({
      candidate: null,
      stable: { configuration: { model: INCUMBENT } },
    });
  });

  it('waits while the fleet is paused, but a lease that runs is renewed', async () => {
    await world.stores.fleet.pause({ by: 'ann', reason: 'release day', atMs: world.nowMs });
    const paused = { type: 'GovernanceUnavailable', nonRetryable: false };
    await expect(world.activities.routeToBackup(routeWrite())).rejects.toMatchObject(paused);
    await world.stores.fleet.resume();
    await world.activities.routeToBackup(routeWrite());
    await world.stores.fleet.pause({ by: 'ann', reason: 'release day', atMs: world.nowMs });
    await world.activities.routeToBackup(routeWrite());
  });

  it('works when the promotion had been written, and that is undone with it', async () => {
    await driver.setWeight(100);
    await world.activities.promoteCandidate(driver.nextWrite());
    await world.activities.routeToBackup(routeWrite());
    await world.activities.routeToBackup(routeWrite());
    expect(await world.live()).toMatchObject({
      candidate: { configuration: { model: BACKUP } },
      weight_pct: 100,
    });
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject({
      candidate: null,
      stable: { configuration: { model: INCUMBENT } },
    });
  });

  it('that was served and then held for refused is neither looked at nor renewed, until its lease has ended', async () => {
    await world.activities.routeToBackup(routeWrite());
    await expect(driver.look()).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
    world.nowMs += LEASE_MS;
    expect(await driver.look()).toMatchObject({ live: 'leaseLost' });
  });

  it('folds none of its traffic into the evidence: what both arms did is all that counts', async () => {
    await driver.traffic(10_000, 40);
    await driver.look();
    const before = driver.state.evidence;
    const sinceMs = world.nowMs;
    const high = { ...anomaly, severity: 'high' } as const;
    driver.state = receiveMessage(driver.state, high, sinceMs).state;
    await world.activities.routeToBackup(routeWrite());
    // The backup model fails at everything: half of it would be harm within seconds.
    await driver.world.feed({
      arm: 'candidate',
      generation: driver.generation,
      count: 800,
      fromMs: sinceMs,
      toMs: sinceMs + 20_000,
      quality: 0,
      errors: 1,
    });
    world.nowMs = sinceMs + 20_000;
    driver.happened({ kind: 'backupServed', atMs: sinceMs, leaseExpiresAtMs: null });
    driver.state = receiveMessage(driver.state, { name: 'resume', by: 'ann' }, world.nowMs).state;
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    driver.happened({ kind: 'backupLeft', atMs: world.nowMs });
    world.nowMs += 1_000;
    await driver.setWeight(25);
    world.nowMs += 5_000;
    const found = await driver.look();
    expect(found.verdict.outcome).not.toBe('harm');
    expect(found.evidence.guardrails).toEqual(before.guardrails);
  });
});

it('traffic of the backup model is no baseline of what was promoted after it', async () => {
  const driver = await Driver.admitted(world);
  await driver.setWeight(100);
  await world.activities.promoteCandidate(driver.nextWrite());
  const range = { arm: 'candidate', generation: driver.generation } as const;
  const [fromMs, toMs] = [world.nowMs, world.nowMs + 10_000];
  await world.feed({ ...range, count: 400, fromMs, toMs, quality: 0 });
  await world.feed({ ...range, count: 400, fromMs: toMs, toMs: toMs + 10_000, quality: 0.9 });
  world.nowMs = toMs + 20_000;
  const apart = [{ fromNo: Math.floor(fromMs / 1_000), toNo: Math.floor(toMs / 1_000) - 1 }];
  const state = { ...driver.state, phase: 'ended', outcome: 'promoted', apart } as const;
  await world.activities.finishRollout({ state, holder: driver.holder });
  const next = holderOf(`rollout/${SERVICE}`, 'run-2');
  const { evidence } = await world.activities.admitRollout(
    admitRequest({ change: { model: BACKUP }, force: true }, next),
  );
  expect(evidence.frozen.quality).toBeGreaterThan(0.8);
});

describe('at admission', () => {
  it('a backup model that the gateway does not take is found out', async () => {
    const other = await createWorld(postgres, { settings: { candidates: { backup: 'no-such-model' } } });
    await expect(Driver.admitted(other)).rejects.toThrow(
      /candidates\.backup, model: "no-such-model" is given/u,
    );
  });

  it.each([
    ['what is tried', CANDIDATE],
    ['what is served', INCUMBENT],
  ])('a backup model that is %s is no way out', async (_what, backup) => {
    const other = await createWorld(postgres, { settings: { candidates: { backup } } });
    expect((await Driver.admitted(other)).state.plan.backup).toBeNull();
  });
});

describe('with nothing in flight', () => {
  const holder = holderOf(`cycle/${SERVICE}`);
  const request = (runId = 'run-1') => ({
    input: { serviceId: SERVICE, trigger: 'event' },
    anomaly,
    holder: { ...holder, firstRunId: runId, runId },
  });
  const served = {
    stable: { configuration: { model: BACKUP }, generation: 2 },
    candidate: null,
    revision: 1,
  };

  it('puts the service on its backup model as a recorded configuration, once, and gives the lease back', async () => {
    const response = await world.activities.respondToIncident(request());
    expect(response).toMatchObject({ kind: 'routed', notice: { kind: 'held', generation: 2 } });
    expect(await world.live()).toMatchObject(served);
    expect(await world.stores.configurations.stable(SERVICE)).toMatchObject({
      generation: 2,
      source: `backup/${SERVICE}`,
      body: { model: BACKUP },
    });
    expect(await world.stores.leases.current(SERVICE)).toBeNull();
    expect((await world.stores.audit.list(SERVICE))[0]).toMatchObject({
      action: 'backupRoute',
      actor: 'sentinel',
    });
    expect(await world.activities.respondToIncident(request('run-2'))).toMatchObject({ kind: 'left' });
    expect(await world.live()).toMatchObject(served);
  });

  it('repeats the same write when it is tried again after its first answer got lost', async () => {
    const real = { ...world.ports.configurations };
    let failed = false;
    Object.assign(world.ports.configurations, {
      promote: (...args: Parameters<typeof real.promote>) => {
        if (failed) return real.promote(...args);
        failed = true;
        return Promise.reject(new Error('the database went away'));
      },
    });
    await expect(world.activities.respondToIncident(request())).rejects.toThrow('went away');
    expect(await world.live()).toMatchObject(served);
    expect(await world.activities.respondToIncident(request())).toMatchObject({ kind: 'routed' });
    expect(await world.live()).toMatchObject(served);
    expect(await world.stores.configurations.stable(SERVICE)).toMatchObject({ generation: 2 });
  });

  it('is ended by people with restoreConfiguration {"to":"previous"}, and cycles leave it alone until then', async () => {
    await world.activities.respondToIncident(request());
    const assessed = await world.activities.assess({
      input: { serviceId: SERVICE },
      workflowId: holder.workflowId,
      runId: 'run-1',
    });
    expect(assessed).toMatchObject({
      kind: 'nothingToDo',
      reason: expect.stringContaining('backup route') as string,
    });
    const input = { serviceId: SERVICE, to: 'previous', by: 'oncall', reason: 'over' };
    const wanted = await world.activities.prepareRestore({ input });
    await world.activities.restoreStable({ wanted, holder: holderOf(`restore/${SERVICE}`) });
    expect(await world.stores.configurations.get(SERVICE, 2)).toMatchObject({ status: 'superseded' });
    expect(await world.stores.configurations.stable(SERVICE)).toMatchObject({ generation: 3 });
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT }, generation: 3 },
    });
  });

  it.each([
    ['in mode off', { mode: 'off', candidates: { backup: BACKUP } }, 'mode off'],
    ['without a backup model', { candidates: {} }, 'names no backup model'],
    ['that is served by it', { candidates: { backup: INCUMBENT } }, 'served by its backup model'],
    [
      'in a freeze window',
      {
        candidates: { backup: BACKUP },
        change: {
          freeze: [{ from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z', reason: 'holidays' }],
        },
      },
      'holidays',
    ],
  ])('leaves a service %s alone, and says why', async (_what, settings, why) => {
    const other = await createWorld(postgres, { settings });
    const before = await traces(other);
    const response = await other.activities.respondToIncident(request());
    expect([response.kind, response.reason]).toEqual(['left', expect.stringContaining(why)]);
    expect(await traces(other)).toEqual(before);
  });

  it('touches nothing when the gateway serves what nobody recorded', async () => {
    await byHand(world, 5, 1, { model: 'by-hand' });
    await expect(world.activities.respondToIncident(request())).rejects.toMatchObject({
      type: 'ChangeInFlight',
    });
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: 'by-hand' } },
      generation: 5,
    });
  });

  it('leaves nothing held when the gateway does not take the model', async () => {
    const other = await createWorld(postgres, { settings: { candidates: { backup: 'no-such-model' } } });
    await expect(other.activities.respondToIncident(request())).rejects.toMatchObject({ nonRetryable: true });
    expect(await other.stores.leases.current(SERVICE)).toBeNull();
    expect(await other.stores.configurations.stable(SERVICE)).toMatchObject({ generation: 1 });
    await withBaseline(other);
  });
});
