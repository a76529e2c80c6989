// A batch in one statement and one in steps store the same; an event counts once, whenever and on whichever of the two ways it comes again.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { migrate, MIGRATIONS_DIR, requireMigrated } from '../../../deploy/migrate.ts';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { feedbackEvent, randomFeedback } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

const DAY_MS = 86_400_000;
const PERIOD_MS = 7 * DAY_MS;
/** Early in a period of identities. */
const NOW = 2_930 * PERIOD_MS + 3_600_000;
const NOTHING = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

let postgres: TestPostgres;
let pool: Pool;
let stores: Stores;

async function database(): Promise<{ readonly pool: Pool; readonly stores: Stores }> {
  const made = await postgres.createDatabase({ connections: 8 });
  const on = createStores(made.pool);
  await on.services.put(testSettings('support-bot', { rollout: { block: '10s', look: '10s' } }));
  return { pool: made.pool, stores: on };
}

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => void ({ pool, stores } = await database()));

const eventsAt = (atMs: number, count = 400, seed = 1) =>
  randomFeedback(seed, count, { startMs: atMs - 50_000, spanMs: 40_000 });

const windowsOf = async (of: Pool) =>
  (
    await of.query<{ sum: number; first_sum: number }>(
      `SELECT service_id, window_start_ms, window_ms, arm, generation, metric, task_type, count, round(sum::numeric, 6) AS sum,
         min, max, sketch, first_count, round(first_sum::numeric, 6) AS first_sum, first_min, first_max, first_sketch
       FROM metric_windows ORDER BY 1, 2, 3, 4, 5, 6, 7`,
    )
  ).rows;

const count = async (of = pool): Promise<number> =>
  (
    await of.query<{ n: number }>(
      `SELECT coalesce(sum(count), 0)::int AS n FROM metric_windows WHERE metric = 'error'`,
    )
  ).rows[0]?.n ?? 0;

it('stores the same in one statement and in steps', async () => {
  const events = eventsAt(NOW);
  const [first, ...others] = events;
  expect(await stores.ingest.recordFeedback(events, NOW)).toMatchObject({ stored: 400, duplicates: 0 });
  const other = await database();
  await other.stores.ingest.recordFeedback([first!], NOW);
  // With the first among them again the statement does nothing, and the batch goes in steps.
  expect(await other.stores.ingest.recordFeedback(events, NOW)).toMatchObject({
    stored: others.length,
    duplicates: 1,
  });
  expect(await windowsOf(other.pool)).toEqual(await windowsOf(pool));
  const raw =
    'SELECT source, id, day, service_id, exposed_at_ms, service_known, data FROM feedback_events ORDER BY id';
  const rows = (await pool.query<{ id: string; exposed_at_ms: string; data: object }>(raw)).rows;
  expect((await other.pool.query(raw)).rows).toEqual(rows);
  for (const { id, data, exposed_at_ms } of rows) {
    const event = events.find((each) => each.id === id)!;
    expect(data).toEqual(event.data);
    expect(Number(exposed_at_ms)).toBe(Date.parse(event.data.timestamp));
  }
});

it('keeps the line that was sent as it is, and reads it back', async () => {
  const event = feedbackEvent('näme', { timestamp: new Date(NOW).toISOString() });
  const sent = { specversion: '1.0', type: 'x', source: event.source, id: event.id, data: event.data };
  await stores.ingest.recordFeedback([{ ...event, line: Buffer.from(JSON.stringify(sent)) }], NOW);
  const { rows } = await pool.query('SELECT source, id, data FROM feedback_events');
  expect(rows).toEqual([{ source: event.source, id: 'näme', data: event.data }]);
});

it('puts aside what could not be read with the batch in one statement, and nothing of either when the position was moved', async () => {
  const setAside = [{ source: 's', reason: 'r', body: 'b' }];
  const move = { group: 'g', topic: 't', partition: 0, topicId: null, from: null, to: 5 };
  const batch = { ...NOTHING, feedback: eventsAt(NOW), setAside };
  expect(await stores.ingest.recordEvents(batch, NOW, move)).toMatchObject({ stored: 400 });
  const again = { ...batch, feedback: eventsAt(NOW, 10, 2) };
  expect(await stores.ingest.recordEvents(again, NOW, { ...move, from: 4, to: 9 })).toEqual({
    kind: 'moved',
  });
  expect((await pool.query('SELECT FROM ingest_set_aside')).rowCount).toBe(1);
  expect(await count()).toBe(400);
});

it('counts an event once across periods, also when it comes with another time, and from a process whose clock is behind', async () => {
  const events = eventsAt(NOW - 60_000);
  const later = NOW + PERIOD_MS;
  const anew = (atMs: number) =>
    events.map((event) => ({
      ...event,
      data: { ...event.data, timestamp: new Date(atMs).toISOString() },
    }));
  expect(await stores.ingest.recordFeedback(events, NOW)).toMatchObject({ stored: 400 });
  expect(await stores.ingest.recordFeedback(anew(later), later)).toMatchObject({
    stored: 0,
    duplicates: 400,
  });
  const fresh = eventsAt(later, 100, 2);
  expect(await stores.ingest.recordFeedback(fresh, NOW + DAY_MS)).toMatchObject({ stored: 100 });
  expect(await stores.ingest.recordFeedback(fresh, later)).toMatchObject({ stored: 0, duplicates: 100 });
  const { rows } = await pool.query('SELECT period, count(*)::int AS n FROM event_ids GROUP BY 1 ORDER BY 1');
  expect(rows).toEqual([
    { period: 2_930, n: 400 },
    { period: 2_931, n: 100 },
  ]);
});

it('counts each event once when two processes meet at the turn of a period', async () => {
  const before = 2_931 * PERIOD_MS - 5;
  const batches = Array.from({ length: 30 }, (_, i) =>
    eventsAt(before, 60, Math.floor(i / 3)).map((event) => ({
      ...event,
      id: `${Math.floor(i / 3)}-${event.id}`,
    })),
  );
  const another = createStores(pool);
  const recorded = await Promise.all(
    batches.flatMap((batch, i) => [
      stores.ingest.recordFeedback(batch, before),
      another.ingest.recordFeedback(batch, before + (i > 4 ? 10 : 0)),
    ]),
  );
  expect(recorded.reduce((sum, { stored }) => sum + stored, 0)).toBe(600);
  expect(await count()).toBe(600);
});

it('folds into other blocks from the batch after the settings have changed', async () => {
  await stores.ingest.recordFeedback(eventsAt(NOW), NOW);
  await createStores(pool).services.put(
    testSettings('support-bot', { rollout: { block: '20s', look: '20s' } }),
  );
  await stores.ingest.recordFeedback(eventsAt(NOW, 100, 2), NOW);
  const { rows } = await pool.query(
    `SELECT window_ms, sum(count)::int AS n FROM metric_windows WHERE metric = 'error' GROUP BY 1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { window_ms: 10_000, n: 400 },
    { window_ms: 20_000, n: 100 },
  ]);
});

const plainOf = (on: Stores, events: readonly FeedbackEvent[]) => {
  const plain = on.ingest.plainBatch();
  for (const event of events) plain.add(event);
  return plain;
};

it('stores what was folded beside what has to be looked at, as it stores all of it unfolded', async () => {
  const usual = eventsAt(NOW);
  const users = eventsAt(NOW, 60, 2).map((event, i) => ({
    ...event,
    data: { ...event.data, unit: { kind: 'user' as const, id: `u-${i % 20}` } },
  }));
  const strangers = eventsAt(NOW, 5, 3).map((event) => ({
    ...event,
    data: { ...event.data, service: 'stranger' },
  }));
  const plain = plainOf(stores, [...usual, ...usual.slice(0, 3), ...strangers]);
  const feedback = [...users, users[0]!, usual[7]!];
  expect(await stores.ingest.recordEvents({ ...NOTHING, plain, feedback }, NOW)).toEqual({
    kind: 'recorded',
    stored: 465,
    duplicates: 5,
    unknownService: 5,
  });
  const other = await database();
  await other.stores.ingest.recordFeedback([...users, ...usual, ...strangers], NOW);
  expect(await windowsOf(other.pool)).toEqual(await windowsOf(pool));
  const { rows } = await pool.query(
    `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids FROM feedback_events`,
  );
  expect(rows).toEqual([{ n: 465, ids: 465 }]);
});

it('stores nothing of what was folded when an event of it came before, alone and beside others', async () => {
  const events = eventsAt(NOW);
  await stores.ingest.recordFeedback(events.slice(0, 1), NOW);
  const move = { group: 'g', topic: 't', partition: 0, topicId: null, from: null, to: 5 };
  const others = eventsAt(NOW, 20, 2);
  for (const feedback of [[], others]) {
    const batch = { ...NOTHING, plain: plainOf(stores, events), feedback };
    expect(await stores.ingest.recordEvents(batch, NOW, move)).toEqual({ kind: 'again' });
    expect([await count(), await stores.log.positions('g', [move])]).toEqual([1, []]);
  }
  const whole = { ...NOTHING, feedback: [...events, ...others] };
  expect(await stores.ingest.recordEvents(whole, NOW, move)).toMatchObject({ stored: 419, duplicates: 1 });
});

it('stores nothing that was folded into blocks which a service no longer has, whoever has learned of it', async () => {
  await stores.ingest.recordFeedback(eventsAt(NOW, 5, 9), NOW);
  const [early, late] = [plainOf(stores, eventsAt(NOW, 50, 2)), plainOf(stores, eventsAt(NOW, 50, 3))];
  await stores.services.put(testSettings('support-bot', { rollout: { block: '20s', look: '20s' } }));
  expect(await stores.ingest.recordEvents({ ...NOTHING, plain: early }, NOW)).toEqual({ kind: 'again' });
  expect(await stores.ingest.recordFeedback(eventsAt(NOW, 50, 2), NOW)).toMatchObject({ stored: 50 });
  const beside = eventsAt(NOW, 5, 4).map((event) => ({
    ...event,
    data: { ...event.data, metrics: { x: 1 } },
  }));
  expect(await stores.ingest.recordEvents({ ...NOTHING, plain: late, feedback: beside }, NOW)).toEqual({
    kind: 'again',
  });
  expect(await count()).toBe(55);
});

it('keeps apart services and task types that are spelled alike', async () => {
  const [one, other] = eventsAt(NOW, 2).map((event, i) => ({
    ...event,
    data: {
      ...event.data,
      service: i ? 'c' : 'b|c',
      task_type: i ? 'a|b' : 'a',
      generation: 1,
      arm: 'stable',
    },
  }));
  await stores.ingest.recordFeedback([one!, other!], NOW);
  const { rows } = await pool.query(`SELECT DISTINCT service_id, task_type FROM metric_windows ORDER BY 1`);
  expect(rows).toEqual([
    { service_id: 'b|c', task_type: 'a' },
    { service_id: 'c', task_type: 'a|b' },
  ]);
});

it.each([
  [
    'a time zone that PostgreSQL does not know',
    { timestamp: new Date(NOW).toISOString().replace('Z', '+23:00') },
  ],
  ['a time to the last digit', { timestamp: `2026-02-26T01:00:00.${'1'.repeat(200)}Z` }],
])('keeps every event of a day readable beside one with %s', async (_, more) => {
  await stores.ingest.recordFeedback([feedbackEvent('a', more), ...eventsAt(NOW, 3)], NOW);
  const { rows } = await pool.query<{ id: string; exposed_at_ms: string }>(
    'SELECT id, exposed_at_ms, data FROM feedback_events',
  );
  expect(rows).toHaveLength(4);
  expect(Number(rows.find(({ id }) => id === 'a')?.exposed_at_ms)).toBe(Date.parse(more.timestamp));
});

it('keeps every event of a day readable beside a metric with texts that PostgreSQL cannot hold', async () => {
  const given = { '\0key': 'a\0b', more: ['\uD800', '\\u0000', '\u{1F600}'] };
  const data = {
    service: 'support-bot',
    timestamp: new Date(NOW).toISOString(),
    arm: 'stable',
    generation: 1,
  };
  const stats = { count: 1, sum: 1, sumOfSquares: 1, min: 1, max: 1, sketch: null };
  const metric = { source: 's', id: 'm', data: { ...data, metric: 'x', task_type: 'all', given }, stats };
  await stores.ingest.recordEvents({ ...NOTHING, metrics: [metric] }, NOW);
  const { rows } = await pool.query<{ given: object }>(`SELECT data->'given' AS given FROM feedback_events`);
  expect(rows).toEqual([{ given: { '\uFFFDkey': 'a\uFFFDb', more: ['\uFFFD', '\\u0000', '\u{1F600}'] } }]);
});

it('blames no event for a schema or a right that is not there: the batch is to come again', async () => {
  await stores.ingest.recordFeedback(eventsAt(NOW, 3), NOW);
  await pool.query('ALTER FUNCTION add_to_windows(json) RENAME TO elsewhere');
  await expect(stores.ingest.recordFeedback(eventsAt(NOW, 5, 2), NOW)).rejects.toMatchObject({
    type: 'StoreUnavailable',
    message: expect.stringContaining('add_to_windows'),
  });
  await pool.query('ALTER FUNCTION elsewhere(json) RENAME TO add_to_windows');
  expect(await stores.ingest.recordFeedback(eventsAt(NOW, 5, 2), NOW)).toMatchObject({ stored: 5 });
  await pool.query('DELETE FROM schema_migrations WHERE version = 14');
  await expect(requireMigrated(pool)).rejects.toThrow('lacks 0014_event_ids_and_chunks.sql');
});

it('inserts nothing that it has to take back again once repeats are usual', async () => {
  const inserted = async () => {
    await pool.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await pool.query<{ n: number }>(
      `SELECT coalesce(sum(n_tup_ins), 0)::int AS n FROM pg_stat_user_tables WHERE relname LIKE 'event_ids_%'`,
    );
    return rows[0]?.n ?? 0;
  };
  const withOneKnown = (seed: number) => [...eventsAt(NOW, 99, seed), ...eventsAt(NOW, 1)];
  await stores.ingest.recordFeedback(eventsAt(NOW, 1), NOW);
  for (let seed = 2; seed < 7; seed += 1) {
    const batch = { ...NOTHING, plain: plainOf(stores, withOneKnown(seed)) };
    expect(await stores.ingest.recordEvents(batch, NOW)).toEqual({ kind: 'again' });
  }
  expect(await count()).toBe(1);
  await expect.poll(inserted).toBeLessThanOrEqual(101);
});

it('takes no batch that another store has made', async () => {
  const foreign = { ...NOTHING, plain: { add: () => undefined } };
  await expect(stores.ingest.recordEvents(foreign, NOW)).rejects.toThrow('plainBatch() of this store');
});

it('makes a partition again that somebody has dropped', async () => {
  await stores.ingest.recordFeedback(eventsAt(NOW), NOW);
  const { rows } = await pool.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits
     WHERE inhparent IN ('feedback_chunks'::regclass, 'event_ids'::regclass)`,
  );
  for (const { name } of rows) await pool.query(`DROP TABLE ${name}`);
  expect(await stores.ingest.recordFeedback(eventsAt(NOW, 50, 2), NOW)).toMatchObject({ stored: 50 });
});

it('brings the raw events of an older database over, with what was seen', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'migrations-'));
  const { url } = await postgres.createDatabase();
  const old = url.replace(/[^/]+$/u, 'older');
  await pool.query('CREATE DATABASE older');
  try {
    for (const file of readdirSync(MIGRATIONS_DIR).filter((name) => name < '0014'))
      cpSync(join(MIGRATIONS_DIR, file), join(dir, file));
    await migrate(old, { dir });
    const before = new (pool.constructor as typeof Pool)({ connectionString: old });
    const events = eventsAt(NOW, 30).map((event, i) => ({ ...event, source: `/gäteway/${i % 3}` }));
    for (const { source, id, data } of events) {
      const day = data.timestamp.slice(0, 10);
      await before.query('SELECT ensure_feedback_partition($1::date)', [day]);
      await before.query('INSERT INTO feedback_events VALUES ($1, $2, $3, $4, $5, $6, true, $7)', [
        source, id, day, data.service, Date.parse(data.timestamp), NOW, JSON.stringify(data),
      ]); // prettier-ignore
    }
    const raw = 'SELECT * FROM feedback_events ORDER BY source, id';
    const { rows } = await before.query<{ source: string }>(raw);
    // An older process that is still at it: what it commits while the migration waits comes over, too.
    const older = await before.connect();
    await older.query('BEGIN');
    await older.query(
      `INSERT INTO feedback_events SELECT source, 'last', day, service_id, exposed_at_ms, received_at_ms, true,
         '{"type":"x","given":"\\u0000 \\\\u0000 \\ud800","timestamp":"2026-03-01T12:00:00+23:00"}'
       FROM feedback_events LIMIT 1`,
    );
    const migrated = migrate(old);
    const waits = `SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = 'older')`;
    await expect.poll(async () => (await before.query(waits)).rowCount).toBe(1);
    await older.query('COMMIT');
    older.release();
    await migrated;
    const after = (await before.query<{ id: string; data: object }>(raw)).rows;
    expect(after.filter(({ id }) => id !== 'last')).toEqual(rows);
    expect(after.find(({ id }) => id === 'last')?.data).toMatchObject({ given: '\uFFFD \\u0000 \uFFFD' });
    const again = [...events, { ...events[0]!, source: String(rows[0]?.source), id: 'last' }];
    expect(await createStores(before).ingest.recordFeedback(again, NOW + 1_000)).toMatchObject({
      stored: 0,
      duplicates: 31,
    });
    await before.end();
  } finally {
    rmSync(dir, { recursive: true });
  }
});
