/**
 * TimescaleDB cannot be installed here. Tried are a database without it, and one with stand-ins for its functions, under the names and parameters of its
 * documentation: that we ask for the right thing in the right order, keep nothing that was not tried, and go on without it. Not that TimescaleDB does as it says.
 */
import { Client, type Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { useTimescale } from '../../../deploy/timescale.ts';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import { readRetention } from '../../../src/config/retention-settings.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-03-10T12:30:00Z');
const ALL = { rowsAtOnce: 100, enough: () => false };

let postgres: TestPostgres;
let url: string;
let pool: Pool;
let stores: Stores;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  ({ url, pool } = await postgres.createDatabase({ connections: 1 }));
  stores = createStores(pool);
});

/** `onCreate`: what else creating a hypertable does. Dropping chunks deletes whole weeks. */
async function standIns(onCreate = ''): Promise<void> {
  await pool.query(`
    SET allow_system_table_mods = on;
    CREATE SCHEMA ts;
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
      SELECT 99999, 'timescaledb', 10, oid, false, '2.17.0' FROM pg_namespace WHERE nspname = 'ts';
    CREATE SCHEMA timescaledb_information;
    CREATE TABLE timescaledb_information.hypertables (hypertable_schema name, hypertable_name name);
    CREATE TABLE ts.asked (what text);
    CREATE FUNCTION ts.by_range(column_name name, partition_interval anyelement) RETURNS text LANGUAGE sql
      AS $$ SELECT column_name || ' by ' || partition_interval || ' ' || pg_typeof(partition_interval) $$;
    CREATE FUNCTION ts.create_hypertable(relation regclass, dimension text, create_default_indexes boolean DEFAULT true,
      if_not_exists boolean DEFAULT false, migrate_data boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO ts.asked VALUES (relation || ' ' || dimension || ', indexes ' || create_default_indexes);
      INSERT INTO timescaledb_information.hypertables VALUES ('public', 'metric_windows');
      ${onCreate}
    END $$;
    CREATE FUNCTION ts.drop_chunks(relation regclass, older_than anyelement) RETURNS SETOF text LANGUAGE sql AS $$
      WITH gone AS (DELETE FROM metric_windows WHERE (window_start_ms / 604800000 + 1) * 604800000 <= older_than RETURNING 1)
      SELECT 'chunk' FROM gone $$`);
}

const column = async (sql: string): Promise<readonly unknown[]> => {
  const { rows } = await pool.query<{ it: unknown }>(`SELECT it FROM (${sql}) AS s(it) ORDER BY 1`);
  return rows.map(({ it: value }) => value);
};
const isHypertable = async () =>
  (await column('SELECT hypertable_name FROM timescaledb_information.hypertables')).length > 0;
const record = (id: string, atMs: number) =>
  stores.ingest.recordFeedback([feedbackEvent(id, { timestamp: new Date(atMs).toISOString() })], atMs);

it('a database without it is left alone, and its windows are removed row by row', async () => {
  expect(await useTimescale(pool)).toBeUndefined();
  await record('old', NOW - 400 * DAY);
  expect((await stores.maintenance.removeOld('windows', readRetention({}), NOW, ALL)).rows).toBeGreaterThan(
    0,
  );
});

it('an empty table becomes a hypertable by the week, once, and the trial leaves nothing behind', async () => {
  await standIns();
  expect(await useTimescale(pool)).toBe('metric_windows is a hypertable of TimescaleDB');
  expect(await column('SELECT what FROM ts.asked')).toEqual([
    'metric_windows window_start_ms by 604800000 bigint, indexes false',
  ]);
  expect(await column('SELECT count(*)::int FROM metric_windows')).toEqual([0]);
  expect(await useTimescale(pool)).toBeUndefined();
});

it('chunks that are too old for every service go as a whole, the rest of what is old row by row', async () => {
  await standIns();
  await useTimescale(pool);
  await record('old', NOW - 400 * DAY);
  await record('just old', NOW - 365 * DAY - 60_000);
  await record('young', NOW);
  const perEvent = ((await column('SELECT count(*)::int FROM metric_windows'))[0] as number) / 3;
  const { rows } = await stores.maintenance.removeOld('windows', readRetention({}), NOW, ALL);
  expect(rows).toBe(perEvent);
  expect(await column('SELECT count(*)::int FROM metric_windows')).toEqual([perEvent]);
});

it('a table with rows stays as it is, and the statement that moves them is told', async () => {
  await standIns();
  await record('here', NOW);
  expect(await useTimescale(pool)).toMatch(/has rows and stays a plain table.*migrate_data => true\);$/u);
  expect(await isHypertable()).toBe(false);
});

it('a table with rows is not locked to be left alone: ingest goes on, and is not waited for', async () => {
  await standIns();
  await record('here', NOW);
  const writer = new Client({ connectionString: url });
  await writer.connect();
  onTestFinished(() => writer.end());
  await writer.query('BEGIN; LOCK TABLE metric_windows IN ROW EXCLUSIVE MODE');
  expect(await useTimescale(pool)).toMatch(/has rows and stays a plain table/u);
});

it.each([
  ['refuses', `RAISE EXCEPTION 'no licence';`, /is not used.*no licence/u],
  [
    'loses what is written',
    `CREATE FUNCTION ts.lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER lose BEFORE INSERT ON metric_windows FOR EACH ROW EXECUTE FUNCTION ts.lose();`,
    /is not used.*a trial wrote .* and read/u,
  ],
])(
  'an extension that %s is not used: the table is the plain one, and ingest writes to it',
  async (_what, sql, told) => {
    await standIns(sql);
    expect(await useTimescale(pool)).toMatch(told);
    expect(await isHypertable()).toBe(false);
    expect(await record('goes on', NOW)).toMatchObject({ stored: 1 });
    expect(await column(`SELECT count(*)::int FROM metric_windows WHERE metric = 'error'`)).toEqual([1]);
  },
);
