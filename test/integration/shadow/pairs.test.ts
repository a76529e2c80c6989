/** Copies and pairs over the real gateway, ingest and PostgreSQL. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isCopied } from '../../../src/contract/index.ts';
import type { UpstreamAnswer } from '../../../src/gateway/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { SALT } from '../gateway/support.ts';
import { answering, CANDIDATE, shadowWorld, STABLE, type ShadowWorld } from './support.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const good = (): Promise<Partial<UpstreamAnswer & { kind: 'answered' }>> => Promise.resolve({});
const many = (world: ShadowWorld, count: number, user?: (i: number) => string) =>
  Promise.all(Array.from({ length: count }, (_, i) => world.ask(`r-${i}`, user?.(i))));

/** Every pair of the candidate, whenever it arrived. */
const totals = async (world: ShadowWorld) => {
  const nowNo = Math.floor(Date.now() / 1_000);
  const blocks = await world.stores.pairs.blocks({
    serviceId: 'support-bot',
    generation: 2,
    blockMs: 1_000,
    fromNo: nowNo - 600,
    toNo: nowNo + 1,
  });
  const sum = (metric: 'quality' | 'error' | 'slow' | 'costUsd', field: 'n' | 'sumS' | 'sumC' | 'smaller') =>
    blocks.reduce((total, block) => total + (block.metrics[metric]?.[field] ?? 0), 0);
  return { sum, blocks };
};

/** Everything that was offered is done with. */
const settled = async (world: ShadowWorld, offered: number): Promise<void> => {
  await expect
    .poll(
      async () => {
        const { pairs = 0, dropped = 0, lost = 0, notRecorded = 0 } = await world.copies();
        return pairs + dropped + lost + notRecorded;
      },
      { timeout: 100_000 },
    )
    .toBe(offered);
  await world.flush();
};

it('gives every copied request one pair, and no user the candidate, in 2,000 requests', async () => {
  const world = await shadowWorld(postgres, answering(good), { shadow: { maxInFlight: 5_000 } });
  await world.stores.pairs.freezeLimits('support-bot', 2, { stableMs: 700, candidateMs: 900 });
  for (let batch = 0; batch < 10; batch += 1) {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => world.ask(`${batch}-${i}`)));
    expect(new Set(answers.map(({ model }) => model))).toEqual(new Set([STABLE]));
  }
  await settled(world, 2_000);
  expect(await world.copies()).toMatchObject({ pairs: 2_000, dropped: 0, lost: 0 });
  const { sum } = await totals(world);
  expect(sum('quality', 'n')).toBe(2_000);
  expect(sum('quality', 'smaller')).toBe(2_000);
  expect(sum('quality', 'sumC')).toBeCloseTo(1_400, 6);
  expect(sum('error', 'sumC')).toBe(0);
  expect([sum('slow', 'sumS'), sum('slow', 'sumC')]).toEqual([2_000, 0]);
  const raw = await world.db.query<{ requests: number; events: number }>(
    `SELECT count(DISTINCT data->>'request_id')::int AS requests, count(*)::int AS events FROM feedback_events
     WHERE data->>'type' = 'shadow_pair'`,
  );
  expect(raw).toEqual([{ requests: 2_000, events: 2_000 }]);
  // The candidate's outcomes are in no live window.
  expect(await world.db.query(`SELECT DISTINCT arm, generation::int FROM metric_windows`)).toEqual([
    { arm: 'stable', generation: 1 },
  ]);
});

it('counts a pair that is sent again once', async () => {
  const world = await shadowWorld(postgres, answering(good));
  await many(world, 20);
  await settled(world, 20);
  const stored = await world.db.query<{ source: string; id: string; data: never }>(
    `SELECT source, id, data FROM feedback_events WHERE data->>'type' = 'shadow_pair'`,
  );
  expect(await world.stores.ingest.recordPairs(stored, Date.now())).toEqual({
    stored: 0,
    duplicates: 20,
    unknownService: 0,
  });
  expect((await totals(world)).sum('error', 'n')).toBe(20);
});

it('copies the share that was asked for', async () => {
  const world = await shadowWorld(postgres, answering(good), { copyPct: 20, shadow: { maxInFlight: 5_000 } });
  await many(world, 1_000);
  const ids = Array.from({ length: 1_000 }, (_, i) => `r-${i}`);
  const service = { serviceId: 'support-bot', salt: SALT };
  const copied = ids.filter((id) => isCopied(service, id, 0.2)).length;
  expect(Math.abs(copied / 1_000 - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / 1_000));
  await settled(world, copied);
  // Its copies end with it: no pair comes after this.
  await world.gateway.close();
  expect((await totals(world)).sum('error', 'n')).toBe(copied);
});

it('makes no user wait for a candidate that hangs: copies beyond the bound are dropped and counted', async () => {
  const held: (() => void)[] = [];
  const hanging = answering((model) =>
    model === CANDIDATE ? new Promise((resolve) => void held.push(() => resolve({}))) : good(),
  );
  const world = await shadowWorld(postgres, hanging, { shadow: { maxInFlight: 8 } });
  const answers = await many(world, 300);
  // All are answered, and not one copy has come to its end.
  expect(answers.every(({ status, model }) => status === 200 && model === STABLE)).toBe(true);
  expect([held.length, await world.copies()]).toMatchObject([8, { pairs: 0, dropped: 292 }]);
  for (const release of held) release();
  await settled(world, 300);
  expect((await totals(world)).sum('error', 'n')).toBe(8);
});

it('counts a candidate that does not answer in time as failed: it does not vanish from the comparison', async () => {
  const hanging = answering((model) => (model === CANDIDATE ? new Promise(() => undefined) : good()));
  const world = await shadowWorld(postgres, hanging, { shadow: { timeoutMs: 100 } });
  await many(world, 12);
  await settled(world, 12);
  expect(await world.copies()).toMatchObject({ pairs: 12, timedOut: 12 });
  const { sum } = await totals(world);
  expect([sum('error', 'n'), sum('error', 'sumC'), sum('error', 'sumS')]).toEqual([12, 12, 0]);
});

it('leaves users alone when the candidate fails or breaks', async () => {
  let asked = 0;
  const failing = answering(async (model) => {
    if (model === STABLE) return {};
    asked += 1;
    if (asked % 2 === 0) throw new Error('the upstream is broken');
    return 'failed';
  });
  const world = await shadowWorld(postgres, failing);
  for (let i = 0; i < 20; i += 1)
    expect(await world.ask(`r-${i}`)).toMatchObject({ status: 200, model: STABLE });
  await settled(world, 20);
  expect(await world.copies()).toMatchObject({ pairs: 10, lost: 10 });
  expect((await totals(world)).sum('error', 'sumC')).toBe(10);
});

it('counts only the first pair of a user', async () => {
  const world = await shadowWorld(postgres, answering(good), { unit: 'user' });
  await many(world, 30, (i) => `user-${i % 3}`);
  await settled(world, 30);
  const { sum } = await totals(world);
  expect(sum('error', 'n')).toBe(3);
});
