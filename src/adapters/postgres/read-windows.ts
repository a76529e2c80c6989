/**
 * Sums windows over task types and time into arm windows, counts and sketches in one statement so that both belong to the
 * same moment.
 */
import { METRICS, type Arm, type Metric, type SketchState, type WindowStats } from '../../domain/window.ts';
import type { Queryable } from './database.ts';

/** `unitFirst`: the first observation of each unit; `all`: every one. */
export type Scope = 'unitFirst' | 'all';

/** Which windows to sum. The result has one entry per group, arm and metric that has an observation. */
export interface WindowSelection {
  readonly scope: Scope;
  readonly serviceId: string;
  /** `[fromMs, toMs)`; a window belongs to where it starts. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Groups are floor(start / groupMs). Windows that are longer than a group, or straddle two, are left out. */
  readonly groupMs: number | null;
  /** Only these groups, when given. */
  readonly groups?: readonly number[];
  /** Generation per arm; null means any, an arm that is absent is not read. */
  readonly arms: Readonly<Partial<Record<Arm, number | null>>>;
}

export interface GroupedStats {
  readonly no: number;
  readonly arm: Arm;
  readonly metric: Metric;
  readonly stats: WindowStats;
}

interface Row {
  readonly no: number;
  readonly arm: Arm;
  readonly metric: Metric;
  readonly count: number;
  readonly sum: number;
  readonly sum_of_squares: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly alpha: number | null;
  readonly alphas: number;
  readonly zero_count: number | null;
  /** `[bucket, count]`, rising; null without a sketch or without a bucket. */
  readonly buckets: readonly (readonly [number, number])[] | null;
}

/** Condition for the windows that a selection names; parameters $1 to $7 as in `parametersOf`. */
export const SELECTED = `service_id = $1 AND window_start_ms >= $2 AND window_start_ms < $3
  AND ($4::bigint IS NULL OR $4 % window_ms = 0)
  AND ($5::bigint[] IS NULL OR window_start_ms / $4 = ANY ($5))
  AND EXISTS (SELECT FROM json_each_text($6) AS a WHERE a.key = arm AND (a.value IS NULL OR a.value::bigint = generation))
  AND metric = ANY ($7)`;

export const parametersOf = (selection: WindowSelection): unknown[] => [
  selection.serviceId,
  selection.fromMs,
  selection.toMs,
  selection.groupMs,
  selection.groups ?? null,
  JSON.stringify(selection.arms),
  METRICS,
];

const statement = (prefix: '' | 'first_'): string => `
  WITH chosen AS MATERIALIZED (
    SELECT coalesce(window_start_ms / $4, 0) AS no, arm, metric, ${prefix}count AS count, ${prefix}sum AS sum,
      ${prefix}sum_of_squares AS sum_of_squares, ${prefix}min AS min, ${prefix}max AS max, ${prefix}sketch AS sketch
    FROM metric_windows WHERE ${SELECTED} AND ${prefix}count > 0
  ), moments AS (
    SELECT no, arm, metric, sum(count)::float8 AS count, sum(sum) AS sum, sum(sum_of_squares) AS sum_of_squares,
      min(min) AS min, max(max) AS max, min((sketch).alpha) AS alpha, count(DISTINCT (sketch).alpha) AS alphas,
      sum((sketch).zero_count)::float8 AS zero_count
    FROM chosen GROUP BY no, arm, metric
  ), buckets AS (
    SELECT no, arm, metric, (sketch).first_bucket + (k - 1) AS bucket, sum(n) AS n
    FROM chosen, unnest((sketch).counts) WITH ORDINALITY AS u(n, k)
    WHERE n > 0 GROUP BY no, arm, metric, bucket
  ), sketches AS (
    SELECT no, arm, metric, json_agg(json_build_array(bucket, n) ORDER BY bucket) AS buckets
    FROM buckets GROUP BY no, arm, metric
  )
  SELECT * FROM moments LEFT JOIN sketches USING (no, arm, metric) ORDER BY no, arm, metric`;

const STATEMENTS: Readonly<Record<Scope, string>> = { all: statement(''), unitFirst: statement('first_') };

function toSketch(row: Row): SketchState | null {
  if (row.alpha === null) return null;
  if (row.alphas > 1) throw new Error(`windows of ${row.metric} hold sketches of different accuracy`);
  const zeroCount = row.zero_count ?? 0;
  const first = row.buckets?.[0]?.[0];
  const last = row.buckets?.at(-1)?.[0];
  if (first === undefined || last === undefined) {
    return { alpha: row.alpha, zeroCount, offset: 0, counts: [] };
  }
  const counts = Array.from<number>({ length: last - first + 1 }).fill(0);
  for (const [bucket, n] of row.buckets ?? []) counts[bucket - first] = n;
  return { alpha: row.alpha, zeroCount, offset: first, counts };
}

/** Statistics per group, arm and metric, groups rising. */
export async function readWindows(
  db: Queryable,
  selection: WindowSelection,
): Promise<readonly GroupedStats[]> {
  const rows = await db.query<Row>(STATEMENTS[selection.scope], parametersOf(selection));
  return rows.map((row) => ({
    no: row.no,
    arm: row.arm,
    metric: row.metric,
    stats: {
      count: row.count,
      sum: row.sum,
      sumOfSquares: row.sum_of_squares,
      min: row.min,
      max: row.max,
      sketch: toSketch(row),
    },
  }));
}
