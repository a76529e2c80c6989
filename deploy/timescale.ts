// Windows as a hypertable of TimescaleDB, where the database has that extension. Nothing depends on it: without it, or when it does not do as ingest needs, the
// table stays the plain one that it was, and why is said.
import { Client, type Pool } from 'pg';

/** A chunk holds a week, as is usual with TimescaleDB. */
const CHUNK_MS = 604_800_000;

/** How long the table may be waited for: ingest waits behind us. */
const LOCK_TIMEOUT = '2s';

type Queryable = Pick<Client, 'query'>;

/**
 * Makes `metric_windows` a hypertable when the extension is installed in this database and the table is empty: a table with rows would be locked for as long as they
 * take to move. Before it is kept it is tried with the statement that ingest writes by, in two chunks, in the same transaction. A second call does nothing. Answers what
 * it did or why it did not, in words; undefined without the extension, and when the table is one already. Never throws for what the extension does.
 */
export async function useTimescale(target: Pool | string): Promise<string | undefined> {
  if (typeof target !== 'string') {
    const client = await target.connect();
    try {
      return await use(client);
    } finally {
      client.release();
    }
  }
  const client = new Client({ connectionString: target, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function use(client: Queryable): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'timescaledb'`,
  );
  const schema = rows[0]?.schema;
  if (schema === undefined) return undefined;
  await client.query('BEGIN');
  try {
    const said = await convert(client, schema);
    await client.query('COMMIT');
    return said;
  } catch (error) {
    await client.query('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    return `TimescaleDB is there and is not used, metric_windows stays a plain table: ${reason}`;
  }
}

async function convert(client: Queryable, schema: string): Promise<string | undefined> {
  const is = await client.query(
    `SELECT FROM timescaledb_information.hypertables
     WHERE hypertable_name = 'metric_windows' AND hypertable_schema = current_schema()`,
  );
  if (is.rows.length > 0) return undefined;
  const make = (more: string): string =>
    `SELECT ${schema}.create_hypertable('metric_windows', ${schema}.by_range('window_start_ms', ${CHUNK_MS}::bigint), ${more})`;
  const hasRows = async () => (await client.query('SELECT FROM metric_windows LIMIT 1')).rows.length > 0;
  const statement = make('create_default_indexes => false, migrate_data => true');
  const stays = `TimescaleDB is there, and metric_windows has rows and stays a plain table. To move them, which locks it meanwhile: ${statement};`;
  // As a rule it has: ingest is not stopped to be told so.
  if (await hasRows()) return stays;
  await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  await client.query('LOCK TABLE metric_windows IN ACCESS EXCLUSIVE MODE');
  if (await hasRows()) return stays;
  await client.query(make('create_default_indexes => false'));
  await tryOut(client, schema);
  return 'metric_windows is a hypertable of TimescaleDB';
}

const TRIAL = {
  service_id: 'trial',
  window_ms: 60_000,
  arm: 'stable',
  generation: 0,
  metric: 'latencyMs',
  task_type: 'trial',
  count: 1,
  sum: 2,
  sum_of_squares: 4,
  min: 2,
  max: 2,
  sketch: { alpha: 0.01, zero_count: 0, first_bucket: 35, counts: [1] },
};

/** Two windows, each written twice as ingest writes them, read, and dropped with their chunks. Throws when anything is not as on a plain table. */
async function tryOut(client: Queryable, schema: string): Promise<void> {
  const starts = [0, 10 * CHUNK_MS];
  const windows = JSON.stringify(starts.map((window_start_ms) => ({ ...TRIAL, window_start_ms })));
  await client.query('SELECT add_to_windows($1::json)', [windows]);
  await client.query('SELECT add_to_windows($1::json)', [windows]);
  const { rows } = await client.query<{ found: unknown }>(
    `SELECT json_agg(json_build_array(window_start_ms, count, sum, first_count, (sketch).counts, (first_sketch).counts)
       ORDER BY window_start_ms) AS found FROM metric_windows`,
  );
  const [found, expected] = [
    JSON.stringify(rows[0]?.found),
    JSON.stringify(starts.map((start) => [start, 2, 4, 2, [2], [2]])),
  ];
  if (found !== expected) throw new Error(`a trial wrote ${expected} and read ${found}`);
  await client.query(`SELECT ${schema}.drop_chunks('metric_windows', older_than => $1::bigint)`, [
    20 * CHUNK_MS,
  ]);
  const left = await client.query('SELECT FROM metric_windows');
  if (left.rows.length > 0)
    throw new Error(`a trial dropped its chunks and ${left.rows.length} rows were left`);
}
