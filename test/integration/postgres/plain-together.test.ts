// Batches of several partitions that are stored in one statement: as if each had been stored by itself.
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import type { LogMove, Recorded } from '../../../src/ports/event-batch.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { randomFeedback, seededRandom } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

const NOW = 1_772_366_400_000;
const NOTHING = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

let postgres: TestPostgres;
let pool: Pool;
let stores: Stores;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => void ({ pool, stores } = await database()));

async function database(): Promise<{ readonly pool: Pool; readonly stores: Stores }> {
  const made = await postgres.createDatabase({ connections: 8 });
  const on = createStores(made.pool);
  await on.services.put(testSettings('support-bot', { rollout: { block: '10s', look: '10s' } }));
  return { pool: made.pool, stores: on };
}

const eventsOf = (seed: number, count = 200): FeedbackEvent[] =>
  randomFeedback(seed, count, { startMs: NOW - 50_000, spanMs: 40_000 }).map((event) => ({
    ...event,
    id: `${seed}-${event.id}`,
  }));

const moveOf = (partition: number, from: number | null, to: number): LogMove => ({
  group: 'g',
  topic: 't',
  partition,
  topicId: null,
  from,
  to,
});

/** As ingest does it: folded, with the move of its partition. */
function record(on: Stores, events: readonly FeedbackEvent[], move: LogMove): Promise<Recorded> {
  const plain = on.ingest.plainBatch();
  for (const event of events) plain.add(event);
  return on.ingest.recordEvents({ ...NOTHING, plain }, NOW, move);
}

const windowsOf = async (of: Pool) =>
  (
    await of.query(
      `SELECT service_id, window_start_ms, arm, generation, metric, task_type, count, round(sum::numeric, 6) AS sum,
         round(sum_of_squares::numeric, 3) AS squares, min, max, sketch, first_count, round(first_sum::numeric, 6) AS first_sum,
         first_min, first_max, first_sketch
       FROM metric_windows ORDER BY 1, 2, 3, 4, 5, 6`,
    )
  ).rows;

/** Position and transaction of each partition. */
const positionsOf = async (of: Pool) =>
  (
    await of.query<{ partition: number; next: number; written: string }>(
      'SELECT partition, next_offset::int AS next, xmin::text AS written FROM event_log_offsets ORDER BY 1',
    )
  ).rows;

it('stores what comes of several partitions at once in one transaction, as one after the other', async () => {
  await record(stores, eventsOf(0), moveOf(0, null, 1));
  const batches = [1, 2, 3, 4].map((no) => eventsOf(no));
  const recorded = await Promise.all(
    batches.map((batch, no) => record(stores, batch, moveOf(no + 1, null, 7))),
  );
  expect(recorded).toMatchObject(batches.map(() => ({ kind: 'recorded', stored: 200, duplicates: 0 })));
  const positions = await positionsOf(pool);
  expect(positions.map(({ next }) => next)).toEqual([1, 7, 7, 7, 7]);
  expect(new Set(positions.map(({ written }) => written)).size).toBe(2);

  const other = await database();
  for (const [no, batch] of [eventsOf(0), ...batches].entries())
    await record(other.stores, batch, moveOf(no, null, 1));
  expect(await windowsOf(other.pool)).toEqual(await windowsOf(pool));
  const raw = 'SELECT id, service_id, exposed_at_ms, data FROM feedback_events ORDER BY id';
  expect((await other.pool.query(raw)).rows).toEqual((await pool.query(raw)).rows);
});

it('stores all others when the position of one was moved, or an event of one came before', async () => {
  await record(stores, eventsOf(0), moveOf(0, null, 1));
  const recorded = await Promise.all([
    record(stores, eventsOf(1), moveOf(0, 1, 5)),
    record(stores, eventsOf(2), moveOf(1, 3, 5)),
    record(stores, [...eventsOf(3), eventsOf(0)[0]!], moveOf(2, null, 5)),
    record(stores, eventsOf(1), moveOf(3, null, 5)),
    record(stores, eventsOf(4), moveOf(4, null, 5)),
  ]);
  expect(recorded.map(({ kind }) => kind)).toEqual(['recorded', 'moved', 'again', 'again', 'recorded']);
  expect((await positionsOf(pool)).map(({ partition, next }) => [partition, next])).toEqual([
    [0, 5],
    [4, 5],
  ]);
  const { rows } = await pool.query(`SELECT sum(count)::int AS n FROM metric_windows WHERE metric = 'error'`);
  expect(rows).toEqual([{ n: 600 }]);
});

it('counts each event once when two processes store the same ones, some of them twice, in any order', async () => {
  const another = createStores(pool);
  const random = seededRandom(1);
  const all = eventsOf(0, 3_000);
  const processes = [stores, another].map((on, process) =>
    [0, 1, 2, 3].map(async (no) => {
      const partition = 4 * process + no;
      let from: number | null = null;
      for (let round = 1; round <= 12; round++) {
        const start = Math.floor(random() * 2_900);
        // What cannot be stored as it was folded is read again, as ingest does.
        const events = all.slice(start, start + 100);
        const move = moveOf(partition, from, round);
        const recorded = await record(on, events, move);
        const kept =
          recorded.kind === 'again'
            ? await on.ingest.recordEvents({ ...NOTHING, feedback: events }, NOW, move)
            : recorded;
        expect(kept.kind).toBe('recorded');
        from = round;
      }
    }),
  );
  await Promise.all(processes.flat());
  const { rows } = await pool.query<{ counted: number; ids: number; raw: number }>(
    `SELECT (SELECT sum(count)::int FROM metric_windows WHERE metric = 'error') AS counted,
       (SELECT count(*)::int FROM event_ids) AS ids, (SELECT count(DISTINCT id)::int FROM feedback_events) AS raw`,
  );
  const [{ counted, ids, raw } = { counted: 0, ids: 1, raw: 2 }] = rows;
  expect([counted, raw]).toEqual([ids, ids]);
  expect(ids).toBeGreaterThan(2_000);
  expect((await positionsOf(pool)).map(({ next }) => next)).toEqual(Array.from({ length: 8 }, () => 12));
});
