/** What the database holds after `prove ingest`, as it lies there. It compares nothing. */
import type { Pool, PoolClient } from 'pg';
import { identityOf, type Figures } from './ledger.ts';

type Queryable = Pick<Pool | PoolClient, 'query'>;

interface Identity {
  readonly source: string;
  readonly id: string;
}

const identities = async (db: Queryable, table: 'feedback_events' | 'alerts'): Promise<readonly string[]> => {
  const { rows } = await db.query<Identity>(`SELECT source, id FROM ${table}`);
  return rows.map(({ source, id }) => identityOf(source, id));
};

/** Each event and alert as often as it is there. */
export const eventsOf = (db: Queryable) => identities(db, 'feedback_events');
export const alertsOf = (db: Queryable) => identities(db, 'alerts');

/** What was set aside: a message of the log by its place in it, what came over HTTP by its text. */
export async function asideOf(db: Queryable): Promise<{ readonly log: string[]; readonly http: string[] }> {
  const { rows } = await db.query<{ source: string; body: string }>(
    'SELECT source, body FROM ingest_set_aside',
  );
  return {
    log: rows.filter(({ source }) => source.startsWith('log/')).map(({ source }) => source.slice(4)),
    http: rows.filter(({ source }) => !source.startsWith('log/')).map(({ body }) => body),
  };
}

/** How many rows there are of each: what a wait looks at. */
export async function countKept(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ kept: number }>(
    `SELECT (SELECT count(*) FROM feedback_events)::float8 + (SELECT count(*) FROM alerts)
       + (SELECT count(*) FROM ingest_set_aside) AS kept`,
  );
  return rows[0]?.kept ?? 0;
}

export async function lettersWaiting(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ n: number }>('SELECT count(*)::integer AS n FROM dead_letters');
  return rows[0]?.n ?? 0;
}

const sketched = (column: string): string =>
  `CASE WHEN (${column}).alpha IS NOT NULL THEN
     (${column}).zero_count + (SELECT coalesce(sum(n), 0) FROM unnest((${column}).counts) AS n) END::float8`;

const SIDES = ['', 'first_'].map(
  (side) => `${side}count::float8, ${side}sum, ${side}sum_of_squares, ${side}min, ${side}max,
     ${sketched(`${side}sketch`)} AS ${side}sketched`,
);

const byKey = (rows: readonly (Record<string, number | null> & { readonly key: never })[]) =>
  new Map<string, Figures>(rows.map(({ key, ...figures }) => [key, figures]));

/** `except`: a service that is counted otherwise. */
export async function windowsOf(db: Queryable, except: string): Promise<ReadonlyMap<string, Figures>> {
  const { rows } = await db.query(
    `SELECT concat_ws('|', service_id, window_start_ms, arm, generation, metric, task_type) AS key, ${SIDES.join(', ')}
     FROM metric_windows WHERE service_id <> $1 AND window_ms = 60000`,
    [except],
  );
  return byKey(rows);
}

const PAIR_SUMS = [
  'pairs',
  'stable_sum',
  'candidate_sum',
  'stable_squares',
  'candidate_squares',
  'products',
  'greater',
  'smaller',
  'disagreed',
];

/** All windows of a service, generation and metric together. */
export async function pairsOf(db: Queryable): Promise<ReadonlyMap<string, Figures>> {
  const { rows } = await db.query(
    `SELECT concat_ws('|', service_id, generation, metric) AS key,
       ${PAIR_SUMS.map((name) => `sum(${name})::float8 AS ${name}`).join(', ')}
     FROM shadow_pair_windows GROUP BY 1`,
  );
  return byKey(rows);
}

/** Of one service, by metric over all its windows. */
export async function totalsOf(db: Queryable, service: string): Promise<ReadonlyMap<string, Figures>> {
  const { rows } = await db.query(
    `SELECT metric AS key, sum(count)::float8 AS count, sum(sum) AS sum FROM metric_windows
     WHERE service_id = $1 GROUP BY metric`,
    [service],
  );
  return byKey(rows);
}
