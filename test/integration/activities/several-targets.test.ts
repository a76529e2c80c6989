/**
 * One service over four real targets: prompts and limits behind gateways of their own, a cache that reads a file, and the route. A gateway
 * is killed before every single call of an apply, a promotion and a compensation, and comes back later.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  chooseByGeneration,
  configurationFileSchema,
} from '../../../src/adapters/file-orchestrator/index.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { gatewayTargetOf } from '../../../src/domain/supporting-target.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { openTerminal, DATABASE } from '../cli/terminal.ts';
import { admitRequest, Driver, holderOf, withBaseline } from './rollout-driver.ts';
import {
  driversOver,
  MortalGateway,
  startSupporting,
  type Hook,
  type Supporting,
} from '../../support/supporting-targets.ts';
import { adopt, BEGIN_MS, byHand, CANDIDATE, createWorld, INCUMBENT, SERVICE, type World } from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const CHANGE = { model: CANDIDATE, systemPrompt: 'be brief', settings: { rpm: 50, cacheTtlSeconds: 600 } };
const STABLE = { model: INCUMBENT, system_prompt: 'be kind', rpm: '100', cacheTtlSeconds: '60' };
const TRIED = { model: CANDIDATE, system_prompt: 'be brief', rpm: '50', cacheTtlSeconds: '600' };

let supporting: Supporting;
let world: World;
let hook: Hook;
/** The world's clock, once there is a world. */
let clock: () => number;

beforeEach(async () => {
  clock = () => BEGIN_MS;
  hook = async () => undefined;
  supporting = await startSupporting(SERVICE, INCUMBENT, () => clock());
  onTestFinished(() => supporting.close());
  world = await createWorld(postgres, {
    settings: { targets: supporting.targets },
    orchestratorFor: (worldClock) => {
      clock = worldClock;
      return driversOver(clock, (url, what) => hook(url, what));
    },
  });
});

const whole = (): Promise<LiveConfiguration> =>
  world.ports.orchestratorFor(gatewayTargetOf(world.settings)).read(SERVICE);

const nameOf = (url: string): string =>
  supporting.targets.find((target) => target.url === url)?.name ?? 'route';

/** Names of targets and writes, in the order in which they were asked. */
function logWrites(): string[] {
  const log: string[] = [];
  hook = async (url, what) => {
    if (what !== 'read' && what !== 'validate') log.push(`${nameOf(url)} ${what}`);
  };
  return log;
}

describe('a rollout over several targets', () => {
  it('is adopted as one configuration, and goes through them in order', async () => {
    expect(await world.stores.configurations.stable(SERVICE)).toMatchObject({ body: STABLE });
    const driver = await Driver.admitted(world, { change: CHANGE });
    expect(driver.state.plan.summary).toBe(
      `model ${INCUMBENT} -> ${CANDIDATE}, systemPrompt changed, rpm 100 -> 50, cacheTtlSeconds 60 -> 600`,
    );
    const log = logWrites();
    await driver.setWeight(5);
    expect(log).toEqual(['prompts', 'limits', 'cache', 'route'].map((name) => `${name} setCandidate`));
    expect(await whole()).toMatchObject({
      stable: { configuration: STABLE },
      candidate: { configuration: TRIED, generation: 2 },
      weight_pct: 5,
    });
    await driver.traffic(4_000, 40);
    expect(await driver.look()).toMatchObject({ live: 'ours' });
    log.length = 0;
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(log).toEqual(['route', 'cache', 'limits', 'prompts'].map((name) => `${name} removeCandidate`));
    expect(await whole()).toMatchObject({ stable: { configuration: STABLE }, candidate: null });
  });

  it('has its cache serve each request by the generation that the route chose', async () => {
    const driver = await Driver.admitted(world, { change: CHANGE });
    await driver.setWeight(5);
    const text = await readFile(join(supporting.cacheFolder, `${SERVICE}.json`), 'utf8');
    const file = configurationFileSchema.parse(JSON.parse(text));
    const ttl = (generation: number, atMs: number) =>
      chooseByGeneration(file, generation, atMs)['cacheTtlSeconds'];
    expect([ttl(2, world.nowMs), ttl(1, world.nowMs), ttl(7, world.nowMs)]).toEqual(['600', '60', '60']);
    expect(ttl(2, world.nowMs + driver.state.plan.leaseMs)).toBe('60');
  });

  it('is refused for a key that no target owns, naming those that one does', async () => {
    await withBaseline(world);
    const change = { settings: { cacheTtl: 5 } };
    await expect(world.activities.admitRollout(admitRequest({ change }))).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining(
        'change.settings.cacheTtl: 5 is given, expected a key that a target of this service owns: rpm (limits), cacheTtlSeconds (cache)',
      ),
    });
  });

  it('applies the step again when the lease ran out at one of them', async () => {
    const driver = await Driver.admitted(world, { change: CHANGE });
    await driver.setWeight(5);
    const cache = world.ports.orchestratorFor({ driver: 'file', url: supporting.targets[2]?.url ?? '' });
    await cache.setCandidate({
      ...driver.nextWrite(),
      configuration: { model: CANDIDATE, cacheTtlSeconds: '600' },
      weightPct: 0,
      leaseMs: 1_000,
    });
    world.nowMs += 1_500;
    expect(await driver.look()).toMatchObject({ live: 'leaseLost' });
    expect(driver.state.phase).toBe('applying');
    await driver.setWeight(5);
    expect(await whole()).toMatchObject({ candidate: { configuration: TRIED } });
  });

  it('ends superseded when one was changed by hand; that one stays, the others go back', async () => {
    const driver = await Driver.admitted(world, { change: CHANGE });
    await driver.setWeight(5);
    const limits = world.ports.orchestratorFor({ driver: 'rest', url: supporting.limits.url });
    await limits.setStable({
      serviceId: SERVICE,
      generation: 9,
      revision: 1,
      idempotencyKey: 'by hand',
      configuration: { model: INCUMBENT, rpm: '7' },
    });
    const stale = { type: 'StaleGeneration', nonRetryable: true };
    await expect(driver.look()).rejects.toMatchObject(stale);
    await expect(world.activities.takeBackCandidate(driver.takeBackWrite())).rejects.toMatchObject(stale);
    expect(await whole()).toMatchObject({
      stable: { configuration: { ...STABLE, rpm: '7' } },
      candidate: null,
      generation: 9,
    });
  });
});

/** What is done to the targets, from where, and how it may end. */
const WAYS = [
  { way: 'apply', before: [], run: 'setWeight' },
  { way: 'the promotion', before: [5, 100], run: 'promoteCandidate' },
  { way: 'the compensation', before: [5], run: 'takeBackCandidate' },
  { way: 'the compensation of a promotion', before: [5, 100], promoted: true, run: 'takeBackCandidate' },
] as const;

describe.each(WAYS)('with one target killed before each call of $way', ({ before, run, ...more }) => {
  it.each(['limits', 'route'])('of %s', async (victim) => {
    const route = await MortalGateway.start(() => clock());
    onTestFinished(() => route.close());
    await route.create(SERVICE, { model: INCUMBENT });
    const isSupporting = (url: string) => supporting.targets.some((target) => target.url === url);
    world = await createWorld(postgres, {
      settings: { targets: supporting.targets },
      orchestratorFor: (worldClock) => {
        clock = worldClock;
        const find = driversOver(clock, (url, what) => hook(url, what));
        // The world's own gateway stays out of it: a mortal one is the route.
        return (target) => find({ ...target, url: isSupporting(target.url) ? target.url : route.url });
      },
    });
    const mortal = victim === 'limits' ? supporting.limits : route;
    await withBaseline(world);
    const admission = await world.activities.admitRollout(admitRequest({ change: CHANGE }));
    const failures: unknown[] = [];
    let through = false;
    for (let callNo = 0; !through; callNo += 1) {
      // Every point is a change of its own: the same one, under the next generation.
      const plan = { ...admission.plan, generation: admission.plan.generation + callNo };
      const record = {
        serviceId: SERVICE,
        generation: plan.generation,
        body: TRIED,
        hash: plan.candidateHash,
      };
      await world.stores.configurations.record({ ...record, status: 'trying', source: 'test' }, world.nowMs);
      let revision = 0;
      const write = () => {
        revision += 1;
        return {
          serviceId: plan.serviceId,
          target: plan.target,
          generation: plan.generation,
          stableHash: plan.stableHash,
          ...(plan.parts && { parts: plan.parts }),
          stableGeneration: plan.stableGeneration,
          candidateHash: plan.candidateHash,
          revision,
          idempotencyKey: `rollout/${SERVICE}/${plan.generation}/${revision}`,
          reason: 'complaints',
        };
      };
      const { leaseMs } = plan;
      for (const weightPct of before) await world.activities.setWeight({ ...write(), weightPct, leaseMs });
      if ('promoted' in more) await world.activities.promoteCandidate(write());
      const last = write();
      let calls = 0;
      hook = async () => {
        calls += 1;
        if (calls === callNo + 1) await mortal.kill();
      };
      const attempt = () =>
        run === 'setWeight'
          ? world.activities.setWeight({ ...last, weightPct: 5, leaseMs })
          : world.activities[run](last);
      const failed: unknown = await attempt().then(
        () => null,
        (error: unknown) => error,
      );
      through = calls <= callNo;
      hook = async () => undefined;
      if (failed !== null) failures.push(failed);
      await mortal.revive();
      // What the workflow does in the end is the same at every point: the next try finishes it.
      await attempt();
      const live = await whole();
      const ends = {
        setWeight: { stable: STABLE, candidate: TRIED },
        promoteCandidate: { stable: TRIED, candidate: undefined },
        takeBackCandidate: { stable: STABLE, candidate: undefined },
      }[run];
      expect([live.stable.configuration, live.candidate?.configuration]).toEqual([
        ends.stable,
        ends.candidate,
      ]);
      revision += 1;
      await world.activities.takeBackCandidate(write());
      expect(await whole()).toMatchObject({ stable: { configuration: STABLE }, candidate: null });
    }
    expect(failures.length).toBeGreaterThan(1);
    for (const failed of failures) {
      expect(failed).toMatchObject({ type: 'OrchestratorUnavailable', nonRetryable: false });
    }
  });
});

describe('without the workflow', () => {
  const RESTORE = holderOf(`restore/${SERVICE}`, 'restore-1');

  it('restoreConfiguration frees the route at once while the limits are away, and them when they are back', async () => {
    const driver = await Driver.admitted(world, { change: CHANGE });
    await driver.setWeight(50);
    const wanted = {
      serviceId: SERVICE,
      target: gatewayTargetOf(world.settings),
      generation: 1,
      hash: driver.state.plan.stableHash,
      holder: driver.holder,
      takesBack: true,
      by: 'oncall',
      reason: 'complaints',
    };
    await supporting.limits.kill();
    await expect(world.activities.restoreStable({ wanted, holder: RESTORE })).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
      message: expect.stringContaining('limits'),
    });
    expect(await world.live()).toMatchObject({
      candidate: null,
      stable: { configuration: { model: INCUMBENT } },
    });
    await supporting.limits.revive();
    await world.activities.restoreStable({ wanted, holder: RESTORE });
    expect(await whole()).toMatchObject({
      stable: { configuration: STABLE },
      candidate: null,
      generation: 3,
    });
  });

  it('rollback --direct covers all, route first, and names the one that is away', async () => {
    const driver = await Driver.admitted(world, { change: CHANGE });
    await driver.setWeight(50);
    const direct = ['rollback', SERVICE, '--direct', '--by', 'oncall', '--reason', 'complaints'] as const;
    await supporting.limits.kill();
    const failed = await openTerminal(world.ports, { nowMs: Date.now }).type(
      ...direct,
      '--timeout',
      '1s',
      ...DATABASE,
    );
    expect(failed.exit).not.toBe(0);
    expect(failed.err).toMatch(/route: verified.*limits: .*NOT verified/su);
    await supporting.limits.revive();
    const log = logWrites();
    const { exit, json } = await openTerminal(world.ports).json(...direct, ...DATABASE);
    expect(exit).toBe(0);
    expect(log).toEqual(['route', 'cache', 'limits', 'prompts'].map((name) => `${name} removeCandidate`));
    expect(json).toMatchObject({
      after: { candidate: null },
      also: [
        { name: 'cache', after: { candidate: null } },
        { name: 'limits', after: { candidate: null } },
        { name: 'prompts', after: { candidate: null } },
      ],
    });
    expect(await whole()).toMatchObject({ stable: { configuration: STABLE }, candidate: null });
    await expect(driver.look()).rejects.toMatchObject({ type: 'StaleGeneration' });
  });

  it('is not adopted while a target serves something that it does not own', async () => {
    const limits = world.ports.orchestratorFor({ driver: 'rest', url: supporting.limits.url });
    await limits.setStable({
      serviceId: SERVICE,
      generation: 1,
      revision: 1,
      idempotencyKey: 'by hand',
      configuration: { model: INCUMBENT, rpm: '100', colour: 'red' },
    });
    await expect(adopt(world)).rejects.toMatchObject({
      type: 'ChangeInFlight',
      message: expect.stringContaining('the target limits serves colour, model, rpm, expected model, rpm'),
    });
  });

  it('a target that is named later brings the keys that it serves, and the next change counts from there', async () => {
    const plain = await createWorld(postgres, {
      orchestratorFor: (worldClock) => {
        clock = worldClock;
        return driversOver(clock);
      },
    });
    expect(await plain.stores.configurations.stable(SERVICE)).toMatchObject({ body: { model: INCUMBENT } });
    const targets = supporting.targets.map((target) => ({ ...target, keys: [...target.keys] }));
    const named: World = { ...plain, settings: { ...plain.settings, targets } };
    await adopt(named);
    expect(await plain.stores.configurations.stable(SERVICE)).toMatchObject({ body: STABLE, generation: 2 });
    await adopt(named);
    expect(await plain.stores.configurations.stable(SERVICE)).toMatchObject({ generation: 2 });
    const driver = await Driver.admitted(plain, { change: { settings: { rpm: 50 } } });
    expect(driver.state.plan).toMatchObject({ summary: 'rpm 100 -> 50', generation: 3, stableGeneration: 2 });
  });

  it('a route that somebody changed by hand is found by the next admission, never overwritten', async () => {
    await byHand(world, 5, 1, { model: 'gpt-4o-mini-2024-07-18' });
    await withBaseline(world);
    await expect(world.activities.admitRollout(admitRequest({ change: CHANGE }))).rejects.toMatchObject({
      type: 'ChangeInFlight',
    });
  });
});
