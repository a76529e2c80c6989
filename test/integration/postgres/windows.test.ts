import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import { countAbove } from '../../../src/math/index.ts';
import type { Block } from '../../../src/domain/window.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { expectSame } from '../../support/expect-window.ts';
import { feedbackEvent, randomFeedback } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

const START = Date.parse('2026-03-01T11:59:40Z');
const NOW = START + 600_000;
const BLOCK_MS = 10_000;

let postgres: TestPostgres;
let stores: Stores;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  stores = createStores((await postgres.createDatabase({ connections: 8 })).pool);
  await stores.services.put(testSettings('support-bot', { rollout: { block: '10s', look: '10s' } }));
});

const blockNo = (event: FeedbackEvent) => Math.floor(Date.parse(event.data.timestamp) / BLOCK_MS);

const ask = (events: readonly FeedbackEvent[]) => {
  const numbers = events.map(blockNo);
  return { fromNo: Math.min(...numbers), toNo: Math.max(...numbers) };
};

async function readBlocks(events: readonly FeedbackEvent[], generation = 2): Promise<readonly Block[]> {
  return stores.windows.blocks({ serviceId: 'support-bot', generation, blockMs: BLOCK_MS, ...ask(events) });
}

describe('windows of feedback', () => {
  it('equal an independent count after concurrent, repeated and overlapping batches', async () => {
    const events = randomFeedback(1, 1_200, { startMs: START, spanMs: 95_000 });
    const batches = Array.from({ length: 12 }, (_, i) => events.slice(i * 100, i * 100 + 150));
    const results = await Promise.all(
      [...batches, ...batches].map((batch) => stores.ingest.recordFeedback(batch, NOW)),
    );
    expect(results.reduce((sum, result) => sum + result.stored, 0)).toBe(1_200);
    expect(results.reduce((sum, result) => sum + result.duplicates, 0)).toBe(2 * (11 * 150 + 100) - 1_200);

    const blocks = await readBlocks(events);
    expect(blocks.map((block) => block.no)).toEqual([...new Set(events.map(blockNo))].sort((a, b) => a - b));
    for (const block of blocks) {
      expect([block.startMs, block.endMs]).toEqual([block.no * BLOCK_MS, (block.no + 1) * BLOCK_MS]);
      const inBlock = events.filter((event) => blockNo(event) === block.no);
      for (const arm of ['stable', 'candidate'] as const) {
        expectSame(
          block.arms[arm],
          inBlock.filter((event) => event.data.arm === arm),
        );
      }
    }
  });

  it('sum up over time, per arm and generation, fine windows into coarser blocks', async () => {
    const events = randomFeedback(2, 600, { startMs: START, spanMs: 120_000 });
    await stores.ingest.recordFeedback(events, NOW);
    const fromMs = Math.floor(START / 60_000) * 60_000;
    const stable = events.filter((event) => event.data.arm === 'stable');
    const minute = await stores.windows.blocks({
      serviceId: 'support-bot',
      generation: 2,
      blockMs: 60_000,
      fromNo: fromMs / 60_000,
      toNo: fromMs / 60_000 + 3,
    });
    const inMinute = (block: Block) => (event: FeedbackEvent) =>
      Math.floor(Date.parse(event.data.timestamp) / 60_000) === block.no;
    expect(minute).toHaveLength(3);
    for (const block of minute) expectSame(block.arms.stable, stable.filter(inMinute(block)));

    const range = { serviceId: 'support-bot', arm: 'stable', fromMs, toMs: fromMs + 300_000 } as const;
    const any = await stores.windows.summary({ ...range, generation: null });
    expectSame(any.all, stable);
    expectSame(any.unitFirst, stable);
    expect(await stores.windows.summary({ ...range, generation: 2 })).toEqual({ all: {}, unitFirst: {} });
  });

  it('belong to floor(exposure / block), to the millisecond', async () => {
    const edge = Date.parse('2026-03-01T12:00:10.000Z');
    const at = (id: string, ms: number) => feedbackEvent(id, { timestamp: new Date(ms).toISOString() });
    const events = [at('before', edge - 1), at('on', edge), at('last', edge + BLOCK_MS - 1)];
    await stores.ingest.recordFeedback(events, NOW);
    const blocks = await readBlocks(events);
    expect(blocks.map((block) => [block.no, block.arms.stable.error?.count])).toEqual([
      [edge / BLOCK_MS - 1, 1],
      [edge / BLOCK_MS, 2],
    ]);
  });

  it('leave out another generation of the candidate, and take the stable arm whatever its generation', async () => {
    const events = [
      feedbackEvent('a', { arm: 'candidate', generation: 2 }),
      feedbackEvent('b', { arm: 'candidate', generation: 3 }),
      feedbackEvent('c', { arm: 'stable', generation: 1 }),
      feedbackEvent('d', { arm: 'stable', generation: 3 }),
    ];
    await stores.ingest.recordFeedback(events, NOW);
    const [block] = await readBlocks(events, 2);
    expect(block?.arms.candidate.error?.count).toBe(1);
    expect(block?.arms.stable.error?.count).toBe(2);
  });

  it('keep traffic of a service nobody registered, in minutes, and say so', async () => {
    const events = randomFeedback(3, 50, { startMs: START, spanMs: 30_000, service: 'stranger' });
    expect(await stores.ingest.recordFeedback(events, NOW)).toEqual({
      stored: 50,
      duplicates: 0,
      unknownService: 50,
    });
    const { all } = await stores.windows.summary({
      serviceId: 'stranger',
      arm: 'stable',
      generation: null,
      fromMs: START - 60_000,
      toMs: NOW,
    });
    expectSame(
      all,
      events.filter((event) => event.data.arm === 'stable'),
    );
  });

  it('count an id once, even when it comes again with another time', async () => {
    const first = feedbackEvent('same');
    const again = feedbackEvent('same', { timestamp: '2026-03-03T12:00:00.000Z' });
    const results = await Promise.all(
      [first, again, first, again].map((event) => stores.ingest.recordFeedback([event, event], NOW)),
    );
    expect(results.reduce((sum, result) => sum + result.stored, 0)).toBe(1);
  });
});

describe('sticky units', () => {
  const user = (id: string, second: number, more: Partial<FeedbackEvent['data']> = {}) =>
    feedbackEvent(id, {
      unit: { kind: 'user', id: 'ada' },
      timestamp: new Date(START + second * 1_000).toISOString(),
      ...more,
    });

  it('count their first exposure once per generation, and their first label also when it comes later', async () => {
    const events = [
      user('2', 2, { quality: 0, latency_ms: 200 }),
      user('1', 1, { quality: null, latency_ms: 100 }),
      user('3', 3, { quality: 1, latency_ms: 300 }),
      user('4', 4, { arm: 'candidate', generation: 2, latency_ms: 400 }),
    ];
    await stores.ingest.recordFeedback(events, NOW);
    await stores.ingest.recordFeedback([user('5', 5, { latency_ms: 500 })], NOW);
    const range = { serviceId: 'support-bot', generation: null, fromMs: START - 60_000, toMs: NOW };
    const stable = await stores.windows.summary({ ...range, arm: 'stable' });
    expect(stable.all.latencyMs).toMatchObject({ count: 4, sum: 1_100 });
    expect(stable.unitFirst.latencyMs).toMatchObject({ count: 1, sum: 100 });
    expect(stable.unitFirst.quality).toMatchObject({ count: 1, sum: 0 });
    const candidate = await stores.windows.summary({ ...range, arm: 'candidate' });
    expect(candidate.unitFirst.latencyMs).toMatchObject({ count: 1, sum: 400 });
  });

  const counted = async (arm: 'stable' | 'candidate', generation: number) => {
    const range = { serviceId: 'support-bot', fromMs: START - 60_000, toMs: START + 3 * 3_600_000 };
    const { unitFirst } = await stores.windows.summary({ ...range, arm, generation });
    return [unitFirst.error?.count ?? 0, unitFirst.quality?.count ?? 0];
  };

  it('count anew at each weight that was set, in both arms alike, from the first window that began after it', async () => {
    await stores.ingest.recordFeedback([user('1', 1), user('2', 2)], NOW);
    expect(await counted('stable', 1)).toEqual([1, 1]);
    // Set 3 s into a window of 10 s: what comes after it in that window is of neither epoch.
    const epoch = { serviceId: 'support-bot', key: 'w/2/1', atMs: START + 23_000, every: 'step' as const };
    await stores.windows.countUnitsAnew(epoch);
    await stores.windows.countUnitsAnew({ ...epoch, atMs: epoch.atMs + 30_000 });
    await stores.ingest.recordFeedback([user('3', 24)], NOW);
    expect(await counted('stable', 1)).toEqual([1, 1]);
    await stores.ingest.recordFeedback([user('3a', 21)], NOW);
    expect(await counted('stable', 1)).toEqual([2, 2]);
    await stores.ingest.recordFeedback([user('4', 31), user('5', 45), user('6', 65)], NOW);
    expect(await counted('stable', 1)).toEqual([3, 3]);
    // A step later the user is the candidate's, and is counted there once.
    await stores.windows.countUnitsAnew({ ...epoch, key: 'w/2/2', atMs: START + 100_000 });
    const moved = { arm: 'candidate', generation: 2 } as const;
    await stores.ingest.recordFeedback([user('7', 101, moved), user('8', 130, moved)], NOW);
    expect([await counted('stable', 1), await counted('candidate', 2)]).toEqual([
      [3, 3],
      [1, 1],
    ]);
  });

  it('count once an hour while no change is under way, and once a step however long it lasts', async () => {
    await stores.ingest.recordFeedback([user('1', 1), user('2', 30), user('3', 3_000)], NOW);
    expect(await counted('stable', 1)).toEqual([2, 2]);
    const epoch = { serviceId: 'support-bot', key: 'a', atMs: START + 4_000_000, every: 'step' as const };
    await stores.windows.countUnitsAnew(epoch);
    await stores.ingest.recordFeedback([user('4', 4_020), user('5', 7_500)], NOW);
    expect(await counted('stable', 1)).toEqual([3, 3]);
    await stores.windows.countUnitsAnew({ ...epoch, key: 'b', atMs: START + 7_600_000, every: 'hour' });
    await stores.ingest.recordFeedback([user('6', 7_620), user('7', 7_700)], NOW);
    expect(await counted('stable', 1)).toEqual([4, 4]);
  });

  it('count each unit once when many writers see it at the same moment', async () => {
    const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
    const batches = Array.from({ length: 16 }, (_, b) =>
      users.map((id) => ({
        ...feedbackEvent(`${b}-${id}`, { unit: { kind: 'user', id }, quality: b % 2 ? 1 : null }),
        source: `/gateway/${b}`,
      })),
    );
    await Promise.all(batches.map((batch) => stores.ingest.recordFeedback(batch, NOW)));
    const { unitFirst, all } = await stores.windows.summary({
      serviceId: 'support-bot',
      arm: 'stable',
      generation: 1,
      fromMs: START - 60_000,
      toMs: NOW,
    });
    expect([all.error?.count, all.quality?.count]).toEqual([640, 320]);
    expect([unitFirst.error?.count, unitFirst.quality?.count]).toEqual([40, 40]);
  });
});

describe('late evidence', () => {
  it('is what arrived for folded blocks since, and nothing else', async () => {
    const early = randomFeedback(4, 400, { startMs: START, spanMs: 40_000 });
    const late = randomFeedback(5, 90, { startMs: START, spanMs: 60_000 });
    await stores.ingest.recordFeedback(early, NOW);
    const folded = (await readBlocks(early)).slice(0, 3);
    const lateSince = async () => (await stores.windows.lateSince('support-bot', 2, BLOCK_MS, []))[0];
    expect(await stores.windows.lateSince('support-bot', 2, BLOCK_MS, [])).toEqual([null]);
    await stores.windows.markFolded('support-bot', 2, folded);
    expect(await lateSince()).toBeNull();

    await stores.ingest.recordFeedback(late, NOW);
    // A second mark of the same block keeps what was folded first.
    await stores.windows.markFolded('support-bot', 2, await readBlocks(early));
    const numbers = new Set(folded.map((block) => block.no));
    const added = late.filter((event) => numbers.has(blockNo(event)));
    expect(added.length).toBeGreaterThan(20);
    const difference = await lateSince();
    expect(difference?.no).toBe(folded[0]?.no);
    expect(difference?.endMs).toBe(folded.at(-1)?.endMs);
    for (const arm of ['stable', 'candidate'] as const) {
      const ofArm = added.filter((event) => event.data.arm === arm);
      const stats = difference?.arms[arm];
      expect(stats?.error?.count).toBe(ofArm.length);
      expect(stats?.quality?.sum).toBe(ofArm.reduce((sum, event) => sum + (event.data.quality ?? 0), 0));
      expect(stats?.latencyMs?.sketch && countAbove(stats.latencyMs.sketch, 0)).toBe(ofArm.length);
    }
    expect(await stores.windows.lateSince('support-bot', 3, BLOCK_MS, [])).toEqual([null]);
  });

  it('is told apart by stretch: a block belongs to the one during which it began', async () => {
    const early = randomFeedback(4, 400, { startMs: START, spanMs: 60_000 });
    const late = randomFeedback(5, 300, { startMs: START, spanMs: 40_000 });
    await stores.ingest.recordFeedback(early, NOW);
    const folded = await readBlocks(early);
    await stores.windows.markFolded('support-bot', 2, folded);
    // The second stretch begins within the second block, which is still the first stretch's; in the last one nothing comes late.
    const fromMs = [START + 5_000, START + 15_000, START + 30_000, START + 50_000];
    const lateSince = (stretches: readonly number[]) =>
      stores.windows.lateSince('support-bot', 2, BLOCK_MS, stretches);
    expect(await lateSince(fromMs)).toEqual([null, null, null, null]);

    await stores.ingest.recordFeedback(late, NOW);
    const found = await lateSince(fromMs);
    const bounds = [START, START + 20_000, START + 30_000, START + 40_000];
    expect(found.map((each) => each?.startMs ?? null)).toEqual([START, START + 20_000, START + 30_000, null]);
    for (const [i, difference] of found.slice(0, 3).entries()) {
      const within = late.filter(({ data }) => {
        const atMs = Date.parse(data.timestamp);
        return atMs >= bounds[i]! && atMs < bounds[i + 1]!;
      });
      for (const arm of ['stable', 'candidate'] as const) {
        const ofArm = within.filter((event) => event.data.arm === arm);
        expect(ofArm.length).toBeGreaterThan(5);
        expect(difference?.arms[arm].error?.count).toBe(ofArm.length);
      }
    }
    const [all] = await lateSince([]);
    expect(all?.arms.stable.error?.count).toBe(
      found.reduce((sum, each) => sum + (each?.arms.stable.error?.count ?? 0), 0),
    );
  });
});
