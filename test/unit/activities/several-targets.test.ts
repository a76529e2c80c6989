/** A change of several targets: applied in order, undone in reverse, and never left half done, whatever fails where. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promoteCandidate, setWeight, takeBackCandidate } from '../../../activities/control.ts';
import { setShadow } from '../../../activities/shadow.ts';
import { createCompositeOrchestrator } from '../../../src/adapters/composite-orchestrator/index.ts';
import { joinLive } from '../../../src/adapters/composite-orchestrator/join.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { Failure, type FailureType } from '../../../src/domain/failure.ts';
import { servesStableAlone } from '../../../src/domain/live-change.ts';
import {
  ALL_PROMOTED,
  ALL_STABLE,
  ALL_TRIED,
  CANDIDATE,
  LEASE_MS,
  SeveralTargets,
  STABLE,
} from './several-targets-world.ts';

const weight = (world: SeveralTargets, weightPct: number) =>
  setWeight(world.ports, { ...world.next(), weightPct, leaseMs: LEASE_MS });

const takeBack = async (world: SeveralTargets) => {
  const write = { ...world.next(), reason: 'complaints' };
  world.next();
  return takeBackCandidate(world.ports, write);
};

const failing =
  (type: FailureType, ...whats: readonly string[]) =>
  (what: string) =>
    whats.includes(what) ? ({ when: 'before', type } as const) : null;

describe('a change of several targets', () => {
  it('reaches the route last, and each target by its own keys; supporting ones draw nobody', async () => {
    const world = new SeveralTargets();
    await weight(world, 5);
    expect(world.log).toEqual(['cache candidate', 'limits candidate', 'route candidate']);
    expect(world.cache.live.candidate?.configuration).toEqual({ model: 'new', cacheTtlSeconds: '600' });
    expect(world.limits.live.candidate?.configuration).toEqual({ model: 'new', rpm: '50' });
    expect(world.route.live.candidate?.configuration).toEqual({ model: 'new', temperature: '0.2' });
    expect(world.targets.map(({ live }) => live.weight_pct)).toEqual([0, 0, 5]);
    expect(await world.composite.read('support-bot')).toMatchObject({
      stable: { configuration: STABLE },
      candidate: { configuration: CANDIDATE, generation: 2 },
      weight_pct: 5,
      generation: 2,
      revision: 1,
    });
  });

  it('of a shadow: the route alone copies, and the others, which cannot, hold the candidate under its lease', async () => {
    const world = new SeveralTargets();
    world.cache.copies = false;
    world.limits.copies = false;
    await setShadow(world.ports, { ...world.next(), copyPct: 20, leaseMs: LEASE_MS });
    expect(world.served()).toEqual(ALL_TRIED);
    expect(world.targets.map(({ live }) => [live.weight_pct, live.copy_pct ?? 0])).toEqual([
      [0, 0],
      [0, 0],
      [0, 20],
    ]);
    expect(world.targets.map(({ live }) => live.lease_expires_at)).toEqual(
      world.targets.map(() => world.nowMs + LEASE_MS),
    );
    await takeBack(world);
    expect(world.served()).toEqual(ALL_STABLE);
  });

  it.each([0, 1, 3])(
    'that a run of before a reset has written, and renewed %i times, is taken away by one that has written nothing',
    async (renewals) => {
      const world = new SeveralTargets();
      const first = world.next();
      await setWeight(world.ports, { ...first, weightPct: 5, leaseMs: LEASE_MS });
      for (let done = 0; done < renewals; done += 1) await weight(world, 5);
      // It knows nothing of the run before: its one write has the pair of that run's first.
      await takeBackCandidate(world.ports, { ...first, reason: 'complaints', untouched: true });
      expect(world.served()).toEqual(ALL_STABLE);
    },
  );

  it('is taken back in reverse, with neither database nor the targets after the route', async () => {
    const world = new SeveralTargets();
    await weight(world, 50);
    world.databaseIsAway = true;
    world.log.length = 0;
    await takeBack(world);
    expect(world.log).toEqual(['route remove', 'limits remove', 'cache remove']);
    expect(world.served()).toEqual(ALL_STABLE);
  });

  it('frees the route at once while the cache is away, and the cache when it is back', async () => {
    const world = new SeveralTargets();
    await weight(world, 50);
    world.limits.fault = failing('OrchestratorUnavailable', 'read', 'remove');
    const write = { ...world.next(), reason: 'complaints' };
    await expect(takeBackCandidate(world.ports, write)).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
      message: expect.stringContaining('limits'),
    });
    expect(world.served()).toEqual({ ...ALL_STABLE, limits: '2 beside old' });
    world.limits.fault = () => null;
    await takeBackCandidate(world.ports, write);
    expect(world.served()).toEqual(ALL_STABLE);
  });

  it('writes nothing anywhere while a target cannot be read', async () => {
    const world = new SeveralTargets();
    world.limits.fault = failing('OrchestratorUnavailable', 'read');
    await expect(weight(world, 5)).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
    expect(world.log).toEqual([]);
  });

  it('does not reach the route when a supporting target answers and does not serve it', async () => {
    const world = new SeveralTargets();
    const silent = world.limits.live;
    world.limits.setCandidate = () => Promise.resolve(silent);
    await expect(weight(world, 5)).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
    expect(world.log).toEqual(['cache candidate']);
  });

  it.each([
    ['a refusal', 'OrchestratorRejected'],
    ['a greater pair', 'StaleGeneration'],
  ] as const)('undoes the steps before in reverse at once after %s at a later one', async (_what, type) => {
    const world = new SeveralTargets();
    world.route.fault = failing(type, 'candidate');
    await expect(weight(world, 5)).rejects.toMatchObject({ type });
    expect(world.log).toEqual([
      'cache candidate',
      'limits candidate',
      'route remove',
      'limits remove',
      'cache remove',
    ]);
    expect(world.served()).toEqual(ALL_STABLE);
    // The workflow takes back next, under the same pairs.
    await takeBack(world);
    expect(world.served()).toEqual(ALL_STABLE);
  });

  it('is left as it is by a try that fails after the rollout has gone on', async () => {
    const world = new SeveralTargets();
    const late = { ...world.next(), weightPct: 5, leaseMs: LEASE_MS };
    await setWeight(world.ports, late);
    world.next();
    await weight(world, 25);
    world.log.length = 0;
    await expect(setWeight(world.ports, late)).rejects.toMatchObject({ type: 'StaleGeneration' });
    expect(world.log).toEqual([]);
    expect([world.served(), world.route.live.weight_pct]).toEqual([ALL_TRIED, 25]);
  });

  it('is finished by the next try when a target was away for a while', async () => {
    const world = new SeveralTargets();
    await weight(world, 100);
    const write = { ...world.next(), leaseExpiresAtMs: world.nowMs + LEASE_MS };
    world.route.fault = failing('OrchestratorUnavailable', 'stable');
    await expect(promoteCandidate(world.ports, write)).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
    });
    world.route.fault = () => null;
    await promoteCandidate(world.ports, write);
    expect(world.served()).toEqual(ALL_PROMOTED);
  });

  it('begins in no pause', async () => {
    const world = new SeveralTargets();
    await weight(world, 100);
    world.fleetIsPaused = true;
    await expect(promoteCandidate(world.ports, world.next())).rejects.toMatchObject({
      type: 'GovernanceUnavailable',
    });
    expect(world.served()).toEqual(ALL_TRIED);
  });

  /** A promotion that has reached all but the route, when the fleet is paused. */
  const halfPromotedInAPause = async () => {
    const world = new SeveralTargets();
    await weight(world, 100);
    const write = { ...world.next(), leaseExpiresAtMs: world.nowMs + LEASE_MS };
    world.route.fault = failing('OrchestratorUnavailable', 'stable');
    await expect(promoteCandidate(world.ports, write)).rejects.toBeInstanceOf(Failure);
    world.fleetIsPaused = true;
    return { world, write };
  };

  it('is finished in a pause that has begun while it was half done', async () => {
    const { world, write } = await halfPromotedInAPause();
    world.route.fault = () => null;
    await promoteCandidate(world.ports, write);
    expect(world.served()).toEqual(ALL_PROMOTED);
  });

  it('goes back in such a pause at the end of the lease', async () => {
    const { world, write } = await halfPromotedInAPause();
    world.nowMs += LEASE_MS;
    await expect(promoteCandidate(world.ports, write)).rejects.toMatchObject({
      type: 'OrchestratorRejected',
    });
    expect(world.served()).toEqual(ALL_STABLE);
  });

  it('goes back whole when the promotion is not whole by the end of the lease', async () => {
    const world = new SeveralTargets();
    await weight(world, 100);
    const write = { ...world.next(), leaseExpiresAtMs: world.nowMs + LEASE_MS };
    world.limits.fault = failing('OrchestratorUnavailable', 'stable');
    await expect(promoteCandidate(world.ports, write)).rejects.toBeInstanceOf(Failure);
    expect(world.served()).toEqual({ ...ALL_TRIED, cache: 'new alone' });
    world.nowMs += LEASE_MS;
    world.log.length = 0;
    await expect(promoteCandidate(world.ports, write)).rejects.toMatchObject({
      type: 'OrchestratorRejected',
    });
    expect(world.served()).toEqual(ALL_STABLE);
    expect(world.log).toEqual(['route remove', 'limits remove', 'cache remove', 'cache stable']);
  });

  it('leaves what somebody changed by hand, and takes back the others', async () => {
    const world = new SeveralTargets();
    await weight(world, 50);
    await world.cache.setStable({
      serviceId: 'support-bot',
      generation: 9,
      revision: 1,
      idempotencyKey: 'by hand',
      configuration: { model: 'old', cacheTtlSeconds: '5' },
    });
    await expect(takeBack(world)).rejects.toMatchObject({ type: 'StaleGeneration' });
    expect(world.served()).toEqual(ALL_STABLE);
    expect(world.cache.live).toMatchObject({
      generation: 9,
      stable: { configuration: { cacheTtlSeconds: '5' } },
    });
  });
});

describe('what several targets serve, told as one', () => {
  it('is no recorded configuration while one of them lacks the candidate, and says why it does', async () => {
    const world = new SeveralTargets();
    await weight(world, 50);
    await world.limits.removeCandidate({ generation: 2, revision: 2 });
    const live = await world.composite.read('support-bot');
    expect(live.candidate?.configuration).toMatchObject({ 'limits.candidate': 'none' });
    expect(live.last_change.kind).toBe('rolledBack');
  });

  it('says that a lease ran out when it did so at one of them', async () => {
    const world = new SeveralTargets();
    await weight(world, 50);
    world.nowMs += LEASE_MS / 2;
    const renewed = { ...world.next(), weightPct: 50, leaseMs: LEASE_MS, configuration: CANDIDATE };
    await world.composite.setCandidate(renewed);
    await world.limits.setCandidate({
      ...renewed,
      revision: 9,
      configuration: { model: 'new', rpm: '50' },
      weightPct: 0,
      leaseMs: 1_000,
    });
    world.nowMs += 1_000;
    const live = await world.composite.read('support-bot');
    expect(live.candidate?.configuration).toMatchObject({ 'limits.candidate': 'none' });
    expect(live.last_change.kind).toBe('leaseExpired');
    await setWeight(world.ports, { ...world.next(), revision: 10, weightPct: 50, leaseMs: LEASE_MS });
    expect(world.served()).toEqual(ALL_TRIED);
  });

  it('tells an experiment on any of them, and claims to serve none itself', async () => {
    const world = new SeveralTargets();
    const experiment = {
      id: 'by-hand',
      salt: 'salt',
      exposed_pct: 50,
      generation: 7,
      arms: ['control', 'other'].map((id) => ({ id, weight: 0.5, configuration: { model: 'old' } })),
    };
    const cache = { ...world.cache.live, experiment, lease_expires_at: 9 };
    const target = { name: 'cache', keys: ['cacheTtlSeconds'] };
    const joined = joinLive(world.route.live, [{ target, live: cache }]);
    expect([servesStableAlone(joined), joined.experiment, joined.lease_expires_at]).toEqual([
      false,
      experiment,
      9,
    ]);
    const also = [{ ...target, driver: 'rest' as const, url: 'http://cache' }];
    const composite = createCompositeOrchestrator({ driver: 'rest', url: 'http://route', also }, ({ url }) =>
      createRestOrchestrator({ url }),
    );
    expect(composite.capabilities).toMatchObject({ leased: true, sticky: true, shadow: true });
    expect(composite.capabilities).not.toHaveProperty('experimentArms');
    expect(composite).not.toHaveProperty('setExperiment');
  });

  it('names keys of which no target, or the wrong one, is the owner', async () => {
    const world = new SeveralTargets();
    await world.cache.setStable({
      serviceId: 'support-bot',
      generation: 3,
      revision: 0,
      idempotencyKey: 'by hand',
      configuration: { model: 'another', cacheTtlSeconds: '60', colour: 'red' },
    });
    expect((await world.composite.read('support-bot')).stable.configuration).toEqual({
      ...STABLE,
      'cache.model': 'another',
      'cache.colour': 'red',
    });
  });
});

/** One failure: at which target, at which of its calls, before or after it was done, and for how many calls. */
const faults = fc.array(
  fc.record({
    target: fc.integer({ min: 0, max: 2 }),
    call: fc.integer({ min: 0, max: 30 }),
    calls: fc.integer({ min: 1, max: 6 }),
    when: fc.constantFrom('before' as const, 'after' as const),
    type: fc.constantFrom<FailureType>('OrchestratorUnavailable', 'OrchestratorUnavailable', 'Unauthorized'),
  }),
  { maxLength: 6 },
);

/** As Temporal and the workflow do: a retried failure is tried again, a few times, and then everything is taken back. */
async function step(
  world: SeveralTargets,
  tries: number,
  run: () => Promise<unknown>,
  isFinal = (failure: Failure) => failure.final,
): Promise<boolean> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    try {
      await run();
      return true;
    } catch (error) {
      if (!(error instanceof Failure) || isFinal(error)) return false;
      world.nowMs += 60_000;
    }
  }
  return false;
}

it('ends all promoted or all back, whatever fails where, and traffic never meets a target that lacks its generation', async () => {
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(faults, fc.integer({ min: 0, max: 3 }), async (planned, rollBackAfter) => {
      const world = new SeveralTargets();
      world.targets.forEach((target, no) => {
        let calls = 0;
        target.fault = () => {
          calls += 1;
          return (
            planned.find(
              (each) => each.target === no && calls > each.call && calls <= each.call + each.calls,
            ) ?? null
          );
        };
        target.changed = () => {
          const { candidate, weight_pct: weightPct } = world.route.live;
          if (!candidate || weightPct === 0) return;
          for (const { live } of [world.cache, world.limits]) {
            expect([live.candidate?.generation, live.stable.generation]).toContain(2);
          }
        };
      });
      const steps = [5, 50, 100].slice(0, rollBackAfter);
      let good = true;
      for (const weightPct of steps) {
        const write = { ...world.next(), weightPct, leaseMs: LEASE_MS };
        good &&= await step(world, 4, () => setWeight(world.ports, write));
      }
      const promoting = { ...world.next(), leaseExpiresAtMs: world.nowMs + 120_000 };
      good &&= rollBackAfter === 3 && (await step(world, 6, () => promoteCandidate(world.ports, promoting)));
      world.log.length = 0;
      if (!good) {
        const write = { ...world.next(), reason: 'complaints' };
        world.next();
        const isFinal = ({ type }: Failure) => type === 'StaleGeneration';
        const isBack = await step(world, 100, () => takeBackCandidate(world.ports, write), isFinal);
        if (!isBack) throw new Error('the compensation gave up');
      }
      expect(world.served()).toEqual(good ? ALL_PROMOTED : ALL_STABLE);
      const end = good ? 'promoted' : rollBackAfter === 3 ? 'back after three steps' : 'back earlier';
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }),
    { numRuns: 300, seed: 5 },
  );
  expect(
    Math.min(...['promoted', 'back after three steps', 'back earlier'].map((end) => ends.get(end) ?? 0)),
  ).toBeGreaterThan(10);
}, 60_000);
