import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import type { LeaseHolder } from '../../../src/ports/stores.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

let postgres: TestPostgres;
let stores: Stores;
let serviceId = '';
let tests = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  stores = createStores((await postgres.createDatabase({ connections: 30 })).pool);
});
afterAll(() => postgres.stop());
beforeEach(() => (serviceId = `service-${++tests}`));

const holder = (workflowId: string, runId = 'run-1', firstRunId = 'run-1'): LeaseHolder => ({
  workflowId,
  firstRunId,
  runId,
});
const request = (who: LeaseHolder, gatewayGeneration = 0) => ({
  serviceId,
  holder: who,
  gatewayGeneration,
  nowMs: 1_000,
});

it('hands out one more than the greater of database and gateway, and never falls when the gateway forgets', async () => {
  const generations: number[] = [];
  for (const gateway of [0, 0, 7, 3, 0, 100, 1]) {
    const who = holder('rollout/a');
    const result = await stores.leases.acquire(request(who, gateway));
    if (result.kind === 'acquired') generations.push(result.generation);
    await stores.leases.release(serviceId, who);
  }
  expect(generations).toEqual([1, 2, 8, 9, 10, 101, 102]);
});

it('gives the lease to exactly one of thirty that ask at once, and names the winner to the others', async () => {
  for (let round = 0; round < 10; round++) {
    const asked = Array.from({ length: 30 }, (_, i) => holder(`rollout/${i}`));
    const results = await Promise.all(asked.map((who) => stores.leases.acquire(request(who))));
    const winners = asked.filter((_, i) => results[i]?.kind === 'acquired');
    expect(winners).toHaveLength(1);
    const winner = winners[0]!;
    const named = results.flatMap((result) => (result.kind === 'held' ? [result.by.holder] : []));
    expect(named).toEqual(Array.from({ length: 29 }, () => winner));
    expect(await stores.leases.current(serviceId)).toMatchObject({ holder: winner, generation: round + 1 });
    await stores.leases.release(serviceId, winner);
  }
});

it('answers the same run the same generation, and a reset run a new one', async () => {
  const first = await stores.leases.acquire(request(holder('rollout/a')));
  expect(await stores.leases.acquire(request(holder('rollout/a'), 50))).toEqual(first);
  expect(await stores.leases.acquire(request(holder('rollout/a', 'reset')))).toEqual({
    kind: 'acquired',
    generation: 2,
  });
});

it('holds the lease against a new start of the same workflow id, until it is replaced as a whole', async () => {
  const old = holder('rollout/a', 'run-9', 'run-1');
  await stores.leases.acquire(request(old));
  const next = holder('rollout/a', 'run-b', 'run-b');
  expect(await stores.leases.acquire(request(next))).toMatchObject({ kind: 'held', by: { holder: old } });
  const wrongRun = { ...request(next), replace: { ...old, runId: 'run-1' } };
  expect(await stores.leases.acquire(wrongRun)).toMatchObject({ kind: 'held' });
  expect(await stores.leases.acquire({ ...request(next), replace: old })).toEqual({
    kind: 'acquired',
    generation: 2,
  });
});

it('moves from parent to child in one step: nobody can come between', async () => {
  const parent = holder('cycle/a');
  await stores.leases.acquire(request(parent));
  const child = holder('rollout/a', 'child', 'child');
  const inheriting = { ...request(child), inheritFrom: { workflowId: 'cycle/a', firstRunId: 'run-1' } };
  const others = Array.from({ length: 15 }, (_, i) => holder(`rollout/other-${i}`));
  const [inherited, ...refused] = await Promise.all([
    stores.leases.acquire(inheriting),
    ...others.map((who) => stores.leases.acquire(request(who))),
  ]);
  expect(inherited).toEqual({ kind: 'acquired', generation: 2 });
  expect(refused.every((result) => result.kind === 'held')).toBe(true);
  await stores.leases.release(serviceId, parent);
  expect(await stores.leases.current(serviceId)).toMatchObject({ holder: child, generation: 2 });
  expect(await stores.leases.acquire(inheriting)).toEqual(inherited);
});

it('lets an emergency restore seize it, tells from whom also when asked again, and keeps the old holder out', async () => {
  const old = holder('rollout/a');
  await stores.leases.acquire(request(old));
  const restore = holder('restore/a');
  const seized = await stores.leases.seize(request(restore, 5));
  expect(seized).toMatchObject({ generation: 6, from: { holder: old, generation: 1 } });
  expect(await stores.leases.seize(request(restore, 9))).toEqual(seized);
  expect(await stores.leases.acquire(request(old))).toMatchObject({ kind: 'held', by: { holder: restore } });
  await stores.leases.release(serviceId, old);
  expect(await stores.leases.current(serviceId)).toMatchObject({ holder: restore });
});

it('renews the run at continue-as-new only for the workflow that holds it', async () => {
  await stores.leases.acquire(request(holder('rollout/a')));
  await stores.leases.renewRun(serviceId, holder('rollout/b', 'run-2'));
  expect(await stores.leases.current(serviceId)).toMatchObject({ holder: { runId: 'run-1' } });
  await stores.leases.renewRun(serviceId, holder('rollout/a', 'run-2'));
  expect(await stores.leases.acquire(request(holder('rollout/a', 'run-2')))).toEqual({
    kind: 'acquired',
    generation: 1,
  });
});

it('renews the run only from the one that it went on from: a reset of a continued run does not take the lease of the run that it was', async () => {
  await stores.leases.acquire(request(holder('rollout/a')));
  await stores.leases.renewRun(serviceId, holder('rollout/a', 'run-2'), 'run-1');
  await stores.leases.renewRun(serviceId, holder('rollout/a', 'run-2'), 'run-1');
  expect(await stores.leases.current(serviceId)).toMatchObject({ holder: { runId: 'run-2' } });
  await stores.leases.renewRun(serviceId, holder('rollout/a', 'reset-of-run-2'), 'run-1');
  expect(await stores.leases.current(serviceId)).toMatchObject({ holder: { runId: 'run-2' } });
});

it('is given back under its own generation: a late try leaves what came next under the same first run', async () => {
  await stores.leases.acquire(request(holder('rollout/a')));
  await stores.leases.release(serviceId, holder('rollout/a'), 1);
  expect(await stores.leases.current(serviceId)).toBeNull();
  const next = holder('rollout/a', 'run-2');
  expect(await stores.leases.acquire(request(next))).toEqual({ kind: 'acquired', generation: 2 });
  await stores.leases.release(serviceId, holder('rollout/a'), 1);
  expect(await stores.leases.current(serviceId)).toMatchObject({ holder: next, generation: 2 });
  await stores.leases.release(serviceId, holder('rollout/a'));
  expect(await stores.leases.current(serviceId)).toBeNull();
});

it('never hands out a generation twice while many seize, acquire and release at once', async () => {
  const seen: number[] = [];
  const one = async (i: number) => {
    const who = holder(`w/${i}`);
    if (i % 3 === 0) {
      seen.push((await stores.leases.seize(request(who, i % 7))).generation);
    } else {
      const result = await stores.leases.acquire(request(who, i % 5));
      if (result.kind === 'acquired') seen.push(result.generation);
    }
    await stores.leases.release(serviceId, who);
  };
  await Promise.all(Array.from({ length: 90 }, (_, i) => one(i)));
  expect(seen.length).toBeGreaterThanOrEqual(30);
  expect(new Set(seen).size).toBe(seen.length);
});
