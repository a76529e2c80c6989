/**
 * What a look at a large experiment costs the database: a week of minutes, three arms, 200,000 users of which half are labelled, and as many
 * raw events in the week before. Each read is timed as the median of a few; `scannedTables` says how many tables a look read as a whole (none should be).
 */
import type pg from 'pg';
import { createStores } from '../../src/adapters/postgres/index.ts';
import { feedbackEvent } from '../support/feedback.ts';
import { startPostgres } from '../support/postgres.ts';
import { testSettings } from '../support/settings.ts';
import type { Bench } from './bench.ts';

const SERVICE = 'support-bot';
const GENERATION = 2;
const UNITS = 200_000;
const WEEK_MS = 7 * 86_400_000;
const LOOK_MS = 15 * 60_000;
const START_MS = Date.parse('2026-03-08T00:00:00Z');
const RUNS = 5;

/** Fills the tables set by set: through ingest it would take minutes, and it is the reads that are measured. */
async function fill(pool: pg.Pool): Promise<void> {
  await pool.query(
    `INSERT INTO experiment_units
     SELECT $1, $2, 'user', 'user-' || i, (ARRAY['control', 'a', 'b'])[1 + i % 3], at, 'question', CASE i % 3 WHEN 0 THEN 'eu' END,
       CASE i % 2 WHEN 0 THEN (i / 2 % 5) / 4.0 END, CASE i % 2 WHEN 0 THEN at + (i % 50) * 1000 END
     FROM generate_series(1, $3::int) AS i, LATERAL (SELECT $4::bigint + (i::bigint * 7919 % $5::bigint) AS at) AS t`,
    [SERVICE, GENERATION, UNITS, START_MS, WEEK_MS],
  );
  await pool.query(
    `INSERT INTO metric_windows
     SELECT $1, $2::bigint + m * 60000, 60000, arm, $3, metric, task, 20, 10, 6, 0, 1, s, 10, 5, 3, 0, 1, s
     FROM generate_series(0, $4::bigint / 60000 - 1) AS m, unnest(ARRAY['control', 'a', 'b', 'stable']) AS arm,
       unnest(ARRAY['quality', 'error', 'latencyMs', 'costUsd', 'inputTokens', 'outputTokens']) AS metric,
       unnest(ARRAY['question', 'summary']) AS task,
       LATERAL (SELECT CASE WHEN metric IN ('latencyMs', 'costUsd')
         THEN ROW(0.01, 0, 300, array_fill(1::bigint, ARRAY[20]))::quantile_sketch END AS s) AS sketch`,
    [SERVICE, START_MS, GENERATION, WEEK_MS],
  );
  await pool.query(
    `INSERT INTO experiment_providers
     SELECT $1, $2, $3::bigint + m * 60000, 60000, arm, json_build_object('model', arm)
     FROM generate_series(0, $4::bigint / 60000 - 1) AS m, unnest(ARRAY['control', 'a', 'b']) AS arm`,
    [SERVICE, GENERATION, START_MS, WEEK_MS],
  );
  for (let day = 0; day < 7; day += 1) {
    await pool.query('SELECT ensure_feedback_partition($1::date)', [
      new Date(START_MS - WEEK_MS + day * 86_400_000).toISOString().slice(0, 10),
    ]);
  }
  const data = JSON.stringify(
    feedbackEvent('x', { timestamp: 'TIME', unit: { kind: 'user', id: 'USER' } }).data,
  );
  await pool.query(
    `INSERT INTO feedback_chunks
     SELECT (to_timestamp(at / 1000.0) AT TIME ZONE 'UTC')::date AS day, $1, min(at), max(at), max(at), true, count(*),
       string_agg(json_build_object('source', '/gateway', 'id', 'e' || i, 'data', replace(
         replace($2, 'USER', 'user-' || i), 'TIME', to_char(to_timestamp(at / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::json)::text, E'\\n')
     FROM generate_series(1, $3::int) AS i, LATERAL (SELECT $4::bigint + (i::bigint * 7919 % $5::bigint) AS at) AS t
     GROUP BY 1, i % 500`,
    [SERVICE, data, UNITS, START_MS - WEEK_MS, WEEK_MS],
  );
  await pool.query('ANALYZE');
}

async function medianMs(read: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i += 1) {
    const startedMs = performance.now();
    await read();
    times.push(performance.now() - startedMs);
  }
  return Math.round((times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0) * 10) / 10;
}

/** Tables read as a whole since the last call. */
async function scannedTables(pool: pg.Pool): Promise<readonly string[]> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ relname: string; seq_scan: number }>(
    `SELECT relname, seq_scan::float8 FROM pg_stat_user_tables WHERE seq_scan > 0 AND n_live_tup > 1000 ORDER BY 1`,
  );
  await pool.query('SELECT pg_stat_reset()');
  return rows.map(({ relname }) => relname);
}

export const experimentReads: Bench = {
  summary: 'what a look at a large experiment costs the database',
  run: async ({ onProgress }) => {
    const postgres = await startPostgres();
    try {
      const { pool } = await postgres.createDatabase({ connections: 1 });
      const { services, experimentWindows } = createStores(pool);
      await services.put(testSettings(SERVICE));
      onProgress(`${UNITS} units, as many raw events before, and the windows of a week`);
      await fill(pool);
      await scannedTables(pool);
      const of = { serviceId: SERVICE, generation: GENERATION };
      const fromMs = START_MS + 3 * 86_400_000;
      const look = { ...of, fromMs, toMs: fromMs + LOOK_MS, periodFromMs: START_MS, pieceMs: 60_000 };
      const figures: Record<string, number> = {
        windowMs: await medianMs(() => experimentWindows.experimentWindows(look)),
        scoresMs: await medianMs(() => experimentWindows.experimentScores(look)),
      };
      const scanned = await scannedTables(pool);
      figures['scannedTables'] = scanned.length;
      figures['wholeWindowMs'] = await medianMs(() =>
        experimentWindows.experimentWindows({
          ...look,
          fromMs: START_MS,
          toMs: START_MS + WEEK_MS,
          pieceMs: null,
        }),
      );
      figures['segmentsMs'] = await medianMs(() =>
        experimentWindows.experimentSegments({ ...of, by: 'region' }),
      );
      figures['prePeriodMs'] = await medianMs(() =>
        experimentWindows.prePeriod({ ...of, startMs: START_MS, beforeMs: WEEK_MS }),
      );
      const table = Object.entries(figures).map(([name, value]) => [name, String(value)]);
      return {
        table: [['read', 'ms'], ...table, ['read as a whole by a look', scanned.join(' ') || 'none']],
        figures,
      };
    } finally {
      await postgres.stop();
    }
  },
};
