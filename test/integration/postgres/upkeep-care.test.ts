/** What the upkeep must not get wrong: dates as others print them, rows that change under it, changes that never ended, and how far it reads. */
import type { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import { databaseOver } from '../../../src/adapters/postgres/database.ts';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import { recordStreams } from '../../../src/adapters/postgres/otlp-streams.ts';
import type { OldRows } from '../../../src/ports/maintenance.ts';
import type { Place } from '../../../src/state/maintenance.ts';
import { ALL, DAY, HOUR, KEPT, NOW, useUpkeep, type UpkeepDatabase } from './support/upkeep.ts';

const LITTLE = { rowsAtOnce: 100, enough: () => true };

let pool: Pool;
let stores: Stores;
let column: UpkeepDatabase['column'];
let postgres: UpkeepDatabase['postgres'];

/** One connection, so that a setting of it holds for all that follows. */
useUpkeep((made) => void ({ pool, stores, column, postgres } = made), { connections: 1 });

const remove = (what: OldRows, portion = ALL) => stores.maintenance.removeOld(what, KEPT, NOW, portion);

/** Entries of an index that a piece of work has read. */
async function entriesRead(index: string, work: () => Promise<unknown>): Promise<number> {
  const read = async (): Promise<number> => {
    await pool.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await pool.query<{ n: string }>(
      'SELECT idx_tup_read AS n FROM pg_stat_user_indexes WHERE indexrelname = $1',
      [index],
    );
    return Number(rows[0]?.n);
  };
  await pool.query('SET enable_seqscan = off; SET enable_bitmapscan = off');
  const before = await read();
  await work();
  return (await read()) - before;
}

it('the store tells its own time', async () => {
  const beforeMs = Date.now();
  const theirsMs = await stores.maintenance.nowMs();
  expect(theirsMs).toBeGreaterThan(beforeMs - 5_000);
  expect(theirsMs).toBeLessThan(Date.now() + 5_000);
});

describe('partitions', () => {
  it('are found however the connection prints dates', async () => {
    await stores.maintenance.makePartitions([NOW, NOW + DAY]);
    const listed = await stores.maintenance.partitions();
    expect(listed).toHaveLength(2);
    for (const style of ['German', 'SQL, DMY', 'Postgres, MDY']) {
      await pool.query(`SET datestyle = '${style}'`);
      expect(await stores.maintenance.partitions()).toEqual(listed);
    }
    expect(await stores.maintenance.makePartitions([NOW, NOW + 2 * DAY])).toBe(1);
  });

  it('of which nobody can tell what they hold are told by name; one for all the rest is left out', async () => {
    await pool.query('CREATE TABLE rest PARTITION OF feedback_chunks DEFAULT');
    expect(await stores.maintenance.partitions()).toEqual([]);
    await pool.query(
      `CREATE TABLE odd PARTITION OF feedback_chunks FOR VALUES FROM (MINVALUE) TO ('2020-01-01')`,
    );
    await expect(stores.maintenance.partitions()).rejects.toThrow(
      "odd: partition of feedback_chunks FOR VALUES FROM (MINVALUE) TO ('2020-01-01'), expected DEFAULT or a time",
    );
    expect(await stores.maintenance.makePartitions([NOW])).toBe(1);
  });
});

describe('a portion', () => {
  const insertWindows = (service: string, length: number, count: number, firstMs: number) =>
    pool.query(
      `INSERT INTO metric_windows (service_id, window_start_ms, window_ms, arm, generation, metric, task_type,
         count, sum, sum_of_squares, first_count, first_sum, first_sum_of_squares)
       SELECT $1, $2::bigint + i * $3::bigint, $3::bigint, 'stable', 1, 'error', 'any', 1, 0, 0, 1, 0, 0
       FROM generate_series(0, $4::int - 1) AS i`,
      [service, firstMs, length, count],
    );
  const START = Math.floor((NOW - 300 * DAY) / HOUR) * HOUR;

  it('of windows that are merged goes on where the one before has stopped, and reads nothing merged again', async () => {
    await insertWindows('a', HOUR, 2_000, START);
    for (const service of ['a', 'b']) await insertWindows(service, 60_000, 120, START + 2_000 * HOUR);
    const places: (Place | undefined)[] = [];
    let rows = 0;
    const first = await stores.maintenance.mergeWindows(KEPT, NOW, LITTLE);
    const read = await entriesRead('metric_windows_pkey', async () => {
      for (
        let done = first;
        ;
        done = await stores.maintenance.mergeWindows(KEPT, NOW, { ...LITTLE, from: done.next! })
      ) {
        rows += done.rows;
        places.push(done.next);
        if (!done.more) break;
      }
    });
    expect(rows).toBe(240);
    expect(places).toEqual([
      { serviceId: 'a', fromMs: START + 2_001 * HOUR },
      { serviceId: 'a', fromMs: START + 2_002 * HOUR },
      { serviceId: 'b', fromMs: 0 },
      { serviceId: 'b', fromMs: START + 2_001 * HOUR },
      { serviceId: 'b', fromMs: START + 2_002 * HOUR },
      undefined,
    ]);
    expect(read).toBeLessThan(1_000);
  });

  it('ends between two services of which nothing is to be merged', async () => {
    for (const service of ['a', 'b', 'c']) await insertWindows(service, HOUR, 2, START);
    const done = await stores.maintenance.mergeWindows(KEPT, NOW, LITTLE);
    expect(done).toEqual({ rows: 0, more: true, next: { serviceId: 'b', fromMs: 0 } });
    const last = await stores.maintenance.mergeWindows(KEPT, NOW, {
      ...LITTLE,
      from: { serviceId: 'c', fromMs: 0 },
    });
    expect(last).toEqual({ rows: 0, more: false });
  });

  it('of blocks reads those that go alone, of every length that there is', async () => {
    const cutoff = NOW - 365 * DAY;
    for (const length of [60_000, HOUR]) {
      await pool.query(
        `INSERT INTO rollout_blocks SELECT 'a', 1, $1::int, $2::bigint + i, 1, '{}' FROM generate_series(-3, 3000) AS i`,
        [length, Math.ceil(cutoff / length)],
      );
    }
    await pool.query('ANALYZE rollout_blocks');
    const read = await entriesRead('rollout_blocks_pkey', async () =>
      expect(await remove('rolloutBlocks')).toEqual({ rows: 6, more: false }),
    );
    expect(read).toBeLessThan(100);
    expect(await column(`SELECT count(*)::int FROM rollout_blocks WHERE no * block_ms < ${cutoff}`)).toEqual([
      0,
    ]);
    expect(await column('SELECT count(*)::int FROM rollout_blocks')).toEqual([6_002]);
  });
});

it('units of a change whose end nobody wrote down go as if it had ended after 60 days', async () => {
  const at = async (table: 'experiments' | 'rollouts', generation: number, startedMs: number) => {
    const key = table === 'experiments' ? 'name' : 'step_index, weight_pct';
    const value = table === 'experiments' ? "'n'" : '0, 5';
    await pool.query(
      `INSERT INTO ${table} (workflow_id, run_id, service_id, generation, phase, started_at_ms, state, ${key})
       VALUES ('w', $1, 'a', $2, 'any', $3, '{}', ${value})`,
      [String(generation), generation, startedMs],
    );
  };
  for (const generation of [1, 2, 3]) {
    await pool.query(
      `INSERT INTO experiment_units (service_id, generation, unit_kind, unit_id, arm, first_exposed_at_ms, task_type)
       VALUES ('a', $1, 'user', 'u', 'control', 0, 'any')`,
      [generation],
    );
    await pool.query(`INSERT INTO shadow_units VALUES ('a', $1, 'user', 'u')`, [generation]);
  }
  for (const table of ['experiments', 'rollouts'] as const) {
    await at(table, 1, NOW - 96 * DAY);
    await at(table, 2, NOW - 97 * DAY);
    await at(table, 3, NOW - 94 * DAY);
  }
  await pool.query(`INSERT INTO change_leases VALUES ('a', 'w', 'f', 'r', 2, 0, NULL)`);
  expect([await remove('experimentUnits'), await remove('shadowUnits')]).toMatchObject([
    { rows: 1 },
    { rows: 1 },
  ]);
  for (const table of ['experiment_units', 'shadow_units']) {
    expect(await column(`SELECT generation::int FROM ${table}`)).toEqual([2, 3]);
  }
});

it('a dead letter is kept from its refusal on, however long it had waited', async () => {
  const letter = {
    topicId: null,
    key: null,
    headers: {},
    timestampMs: null,
    partition: 0,
    reason: 'no JSON',
    value: null,
  };
  const deadLetters = [{ ...letter, topic: 't', offset: 1 }];
  const batch = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters };
  await stores.ingest.recordEvents(batch, Date.now() - 60 * DAY);
  const refuse = () => Promise.resolve([{ kind: 'refused' as const, reason: 'too large' }]);
  expect(await stores.log.handOver({ limit: 1, bytes: 1_000, notOf: [] }, refuse)).toBe(1);
  const removeAt = (nowMs: number) => stores.maintenance.removeOld('deadLetters', KEPT, nowMs, ALL);
  expect(await removeAt(Date.now() + KEPT.notes - DAY)).toEqual({ rows: 0, more: false });
  expect(await removeAt(Date.now() + KEPT.notes + DAY)).toEqual({ rows: 1, more: false });
});

it('an OTLP stream that comes back is not forgotten while its point is counted', async () => {
  const { pool: other } = await postgres.createDatabase({ connections: 2 });
  const { maintenance } = createStores(other);
  const point = {
    streamKey: 's',
    serviceId: 'a',
    generation: 1,
    arm: 'stable',
    metric: 'error',
    taskType: 'any',
    atMs: NOW,
  } as const;
  await other.query('INSERT INTO otlp_streams VALUES ($1, $2, $3)', ['s', '{"value":5}', NOW - 100 * DAY]);
  const seen: unknown[] = [];
  await databaseOver(other).transaction(async (tx) => {
    let statements = 0;
    const slow: typeof tx = {
      query: async (text, values) => {
        const rows = await tx.query(text, values);
        // Between the first statement and the next one the upkeep comes by.
        if ((statements += 1) === 1) await maintenance.removeOld('otlpStreams', KEPT, NOW, ALL);
        return rows as never;
      },
    };
    const advance = (state: unknown) => (seen.push(state), { state: { value: 6 }, added: null });
    await recordStreams(slow, [point], advance, NOW);
  });
  expect(seen).toEqual([{ value: 5 }]);
  const { rows } = await other.query('SELECT state FROM otlp_streams');
  expect(rows).toEqual([{ state: { value: 6 } }]);
});
