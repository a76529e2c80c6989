/** Reads windows merged to a length that people ask for, both scopes in one statement. */
import type { MergedWindows } from '../../ports/merged-windows.ts';
import type { Database } from './database.ts';
import { toStats, type StatsRow } from './read-windows.ts';

/** As a column of its own: a row of it is a `StatsRow`. */
const sums = (prefix: '' | 'first_', name: string): string =>
  `json_build_object('count', sum(${prefix}count), 'sum', sum(${prefix}sum), 'sum_of_squares', sum(${prefix}sum_of_squares),
   'min', min(${prefix}min), 'max', max(${prefix}max), 'sketch', sum_sketches(${prefix}sketch)) AS ${name}`;

/** Windows that are too long for the length asked for are one group without a start. */
const MERGED = `
  SELECT CASE WHEN $2::bigint % window_ms = 0 THEN window_start_ms - window_start_ms % $2 END AS start_ms,
    arm, metric, count(*) AS rows, ${sums('', 'every')}, ${sums('first_', 'first')}
  FROM metric_windows
  WHERE service_id = $1 AND window_start_ms >= $3 AND window_start_ms < $4
    AND ($5::text IS NULL OR arm = $5) AND ($6::text IS NULL OR metric = $6)
    -- What a baseline counts of the control of an experiment is shown with the control.
    AND NOT (arm = 'stable' AND count = 0)
  GROUP BY 1, 2, 3 ORDER BY 1, arm COLLATE "C", metric COLLATE "C"`;

interface Row {
  readonly start_ms: number | null;
  readonly arm: string;
  readonly metric: string;
  readonly rows: number;
  readonly every: StatsRow;
  readonly first: StatsRow;
}

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
                  all: toStats(row.every),
                  unitFirst: toStats(row.first),
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
