/**
 * Sums windows over task types and time into arm windows, counts and sketches in one statement so that both belong to the
 * same moment.
 */
import { METRICS, type Arm, type Metric, type SketchState, type WindowStats } from '../../domain/window.ts';
import type { Queryable } from './database.ts';
import { CONTROLS, CONTROLS_FIRST } from './experiment-controls.ts';

/** `unitFirst`: the first observation of each unit; `all`: every one. */
export type Scope = 'unitFirst' | 'all';

/** Which windows to sum. The result has one entry per group, arm and metric that has an observation. */
export interface WindowSelection<M extends string = Metric> {
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
  /** The product's own metrics unless others are named. */
  readonly metrics?: readonly M[];
  /** Counts controls of experiments with the stable arm, of one generation those with its configuration. */
  readonly withControls?: boolean;
}

export interface GroupedStats<M extends string = Metric> {
  readonly no: number;
  readonly arm: Arm;
  readonly metric: M;
  readonly stats: WindowStats;
}

/** The statistics of a row. */
export interface StatsRow {
  readonly count: number;
  readonly sum: number;
  readonly sum_of_squares: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly sketch: StoredSketch | null;
}

interface Row<M extends string> extends StatsRow {
  readonly no: number;
  readonly arm: Arm;
  readonly metric: M;
}

/** `quantile_sketch` as JSON. */
export interface StoredSketch {
  readonly alpha: number;
  readonly zero_count: number;
  readonly first_bucket: number;
  readonly counts: readonly number[];
}

/** `stable` and `candidate` at their generations. */
const ARMS_OF_CHANGE = `arm = ANY ($6)
  AND generation = CASE arm WHEN 'stable' THEN coalesce($7::bigint, generation) ELSE coalesce($8::bigint, generation) END`;

const selected = (arms: string): string => `service_id = $1 AND window_start_ms >= $2 AND window_start_ms < $3
  AND ($4::bigint IS NULL OR $4 % window_ms = 0)
  AND ($5::bigint[] IS NULL OR window_start_ms / $4 = ANY ($5))
  AND ${arms}
  AND metric = ANY ($9)`;

/** Condition for the windows that a selection names, without controls; parameters $1 to $9 as in `parametersOf`. */
export const SELECTED = selected(ARMS_OF_CHANGE);

export const parametersOf = ({ arms, ...selection }: WindowSelection<string>): unknown[] => [
  selection.serviceId,
  selection.fromMs,
  selection.toMs,
  selection.groupMs,
  selection.groups ?? null,
  Object.keys(arms),
  arms.stable ?? null,
  arms.candidate ?? null,
  selection.metrics ?? METRICS,
];

const statement = (prefix: '' | 'first_', where: string): string => `
  SELECT coalesce(window_start_ms / $4, 0) AS no, CASE arm WHEN 'candidate' THEN arm ELSE 'stable' END AS arm, metric,
    sum(${prefix}count)::float8 AS count,
    sum(${prefix}sum) AS sum, sum(${prefix}sum_of_squares) AS sum_of_squares,
    min(${prefix}min) AS min, max(${prefix}max) AS max, to_json(sum_sketches(${prefix}sketch)) AS sketch
  FROM metric_windows WHERE ${where} AND ${prefix}count > 0
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

const PREFIX = { all: '', unitFirst: 'first_' } as const;

/** A sketch out of a row. */
export const toSketch = (stored: StoredSketch | null): SketchState | null =>
  stored && {
    alpha: stored.alpha,
    zeroCount: stored.zero_count,
    offset: stored.first_bucket,
    counts: stored.counts,
  };

export const toStats = (row: StatsRow): WindowStats => ({
  count: row.count,
  sum: row.sum,
  sumOfSquares: row.sum_of_squares,
  min: row.min,
  max: row.max,
  sketch: toSketch(row.sketch),
});

/** Statistics per group, arm and metric, groups rising. */
export async function readWindows<M extends string = Metric>(
  db: Queryable,
  selection: WindowSelection<M>,
): Promise<readonly GroupedStats<M>[]> {
  const controls = selection.scope === 'all' ? CONTROLS : CONTROLS_FIRST;
  const where = selection.withControls ? selected(`(${ARMS_OF_CHANGE} OR ${controls})`) : SELECTED;
  const rows = await db.query<Row<M>>(statement(PREFIX[selection.scope], where), parametersOf(selection));
  return rows.map((row) => ({
    no: row.no,
    arm: row.arm,
    metric: row.metric,
    stats: toStats(row),
  }));
}
