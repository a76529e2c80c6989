/** What the database holds after `prove ingest`, held against what was sent. */
import type { Pool } from 'pg';
import type { Cell, Ledger } from './ledger.ts';
import type { Totals } from './senders.ts';

export interface Kept {
  readonly events: number;
  readonly alerts: number;
  /** Different texts that were set aside: a batch over HTTP that is sent again sets the same text aside again. */
  readonly garbage: number;
  /** Messages of the log that are set aside more than once: none may be. */
  readonly twice: number;
}

export async function countKept(pool: Pool): Promise<Kept> {
  const { rows } = await pool.query<Kept>(
    `SELECT (SELECT count(*)::integer FROM feedback_events) AS events,
            (SELECT count(DISTINCT id)::integer FROM alerts) AS alerts,
            (SELECT count(DISTINCT body)::integer FROM ingest_set_aside) AS garbage,
            (SELECT count(*)::integer FROM (SELECT FROM ingest_set_aside WHERE source LIKE 'log/%'
               GROUP BY source HAVING count(*) > 1) AS s) AS twice`,
  );
  return rows[0] ?? { events: 0, alerts: 0, garbage: 0, twice: 0 };
}

interface Row extends Cell {
  readonly key: string;
  readonly first_count: number;
}

/** One line for each window that differs. `except`: a service that no event names. */
export async function compareWindows(
  pool: Pool,
  ledger: Ledger,
  except: string,
): Promise<{ readonly cells: number; readonly surplus: number; readonly differ: readonly string[] }> {
  const { rows } = await pool.query<Row>(
    `SELECT concat_ws('|', service_id, window_start_ms, arm, generation, metric, task_type) AS key,
       count::float8 AS count, sum, sum_of_squares AS "sumOfSquares", first_count::float8 AS first_count
     FROM metric_windows WHERE service_id <> $1`,
    [except],
  );
  const found = new Map(rows.map((row) => [row.key, row]));
  const expected = ledger.cells();
  let surplus = 0;
  const differ: string[] = [];
  for (const key of new Set([...found.keys(), ...expected.keys()])) {
    const [is, must] = [found.get(key), expected.get(key)];
    surplus += Math.max(0, (is?.count ?? 0) - (must?.count ?? 0));
    const same =
      is !== undefined &&
      must !== undefined &&
      is.count === must.count &&
      is.first_count === must.count &&
      is.sum === must.sum &&
      is.sumOfSquares === must.sumOfSquares;
    if (!same) differ.push(`${key}: ${JSON.stringify(is ?? null)}, expected ${JSON.stringify(must ?? null)}`);
  }
  return { cells: expected.size, surplus, differ };
}

/** One line for each metric whose windows do not sum to what the exporters counted. */
export async function compareOtlp(pool: Pool, totals: Totals, service: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ metric: string; count: number; sum: number }>(
    `SELECT metric, sum(count)::float8 AS count, sum(sum) AS sum FROM metric_windows WHERE service_id = $1 GROUP BY metric`,
    [service],
  );
  return Object.entries(totals).flatMap(([metric, { count, sum }]) => {
    const is = rows.find((row) => row.metric === metric);
    const same = is?.sum === sum && (count === undefined || is.count === count);
    return same
      ? []
      : [`${metric}: count ${is?.count}, sum ${is?.sum}, expected count ${count ?? 'any'}, sum ${sum}`];
  });
}
