/** Reads windows merged to a length that people ask for, both scopes in one statement. */
import type { WindowStats } from '../../domain/window.ts';
import type { MergedWindows } from '../../ports/merged-windows.ts';
import type { Database } from './database.ts';
import { toSketch, type StoredSketch } from './read-windows.ts';

const sums = (prefix: '' | 'first_'): string =>
  `sum(${prefix}count)::float8 AS ${prefix}count, sum(${prefix}sum) AS ${prefix}sum,
   sum(${prefix}sum_of_squares) AS ${prefix}sum_of_squares, min(${prefix}min) AS ${prefix}min,
   max(${prefix}max) AS ${prefix}max, to_json(sum_sketches(${prefix}sketch)) AS ${prefix}sketch`;

/** Windows that are too long for the length asked for are one group without a start. */
const MERGED = `
  SELECT CASE WHEN $2::bigint % window_ms = 0 THEN window_start_ms - window_start_ms % $2 END AS start_ms,
    arm, metric, count(*) AS rows, ${sums('')}, ${sums('first_')}
  FROM metric_windows
  WHERE service_id = $1 AND window_start_ms >= $3 AND window_start_ms < $4
    AND ($5::text IS NULL OR arm = $5) AND ($6::text IS NULL OR metric = $6)
  GROUP BY 1, 2, 3 ORDER BY 1, arm COLLATE "C", metric COLLATE "C"`;

type Sums<P extends string> = {
  readonly [K in `${P}count` | `${P}sum` | `${P}sum_of_squares`]: number;
} & { readonly [K in `${P}min` | `${P}max`]: number | null } & {
  readonly [K in `${P}sketch`]: StoredSketch | null;
};

interface Row extends Sums<''>, Sums<'first_'> {
  readonly start_ms: number | null;
  readonly arm: string;
  readonly metric: string;
  readonly rows: number;
}

const all = (row: Row): WindowStats => ({
  count: row.count,
  sum: row.sum,
  sumOfSquares: row.sum_of_squares,
  min: row.min,
  max: row.max,
  sketch: toSketch(row.sketch),
});

const unitFirst = (row: Row): WindowStats => ({
  count: row.first_count,
  sum: row.first_sum,
  sumOfSquares: row.first_sum_of_squares,
  min: row.first_min,
  max: row.first_max,
  sketch: toSketch(row.first_sketch),
});

export function createMergedWindows(db: Database): MergedWindows {
  return {
    merged: async ({ serviceId, everyMs, fromMs, toMs, arm, metric }) => {
      const rows = await db.query<Row>(MERGED, [serviceId, everyMs, fromMs, toMs, arm, metric]);
      return {
        windows: rows.flatMap((row) =>
          row.start_ms === null
            ? []
            : [
                {
                  startMs: row.start_ms,
                  arm: row.arm,
                  metric: row.metric,
                  all: all(row),
                  unitFirst: unitFirst(row),
                },
              ],
        ),
        leftOut: rows
          .filter((row) => row.start_ms === null)
          .reduce((sum, { rows: windows }) => sum + windows, 0),
      };
    },
  };
}
