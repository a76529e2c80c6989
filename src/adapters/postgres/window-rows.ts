/**
 * What a batch adds to the windows: events folded in memory, then one upsert. The row lock of the upsert and the
 * database's own merge keep concurrent batches exact.
 */
import type { FeedbackData } from '../../domain/feedback.ts';
import type { Metric, SketchState, WindowStats } from '../../domain/window.ts';
import { emptyStats, mergeStats, observe } from '../../math/index.ts';
import type { Queryable } from './database.ts';

/** Identity of a window. */
export interface WindowKey {
  readonly serviceId: string;
  readonly windowStartMs: number;
  readonly windowMs: number;
  /** `stable`, `candidate`, or an arm of an experiment. */
  readonly arm: string;
  readonly generation: number;
  readonly metric: string;
  readonly taskType: string;
}

/** What is new in one window: every observation, and the first one of each unit among them. */
export interface WindowAddition {
  readonly key: WindowKey;
  all: WindowStats;
  first: WindowStats;
}

/** Metrics whose quantiles are asked for. */
const SKETCHED: ReadonlySet<string> = new Set<Metric>(['latencyMs', 'costUsd']);

/**
 * One event's observations: `quality` only when somebody judged the answer, and of its further metrics those that the service lists.
 * @param listed names in the settings of the service
 */
export function observationsOf(
  data: FeedbackData,
  listed: readonly string[] = [],
): readonly (readonly [string, number])[] {
  const named = listed.flatMap((name): readonly (readonly [string, number])[] => {
    const value = data.metrics?.[name];
    return value === undefined ? [] : [[name, value]];
  });
  const always: readonly (readonly [Metric, number])[] = [
    ['error', data.error ? 1 : 0],
    ['latencyMs', data.latency_ms],
    ['costUsd', data.cost_usd],
    ['inputTokens', data.input_tokens],
    ['outputTokens', data.output_tokens],
  ];
  const quality: readonly (readonly [Metric, number])[] =
    data.quality === null ? [] : [['quality', data.quality]];
  return [...always, ...quality, ...named];
}

/** Additions of one batch by window. */
export class WindowBatch {
  readonly #additions = new Map<string, WindowAddition>();

  /**
   * One observation in the metric's own unit. `firstIn`: the arm in which it is its unit's first, null when it is none. That is another
   * arm than the key's when the unit was moved since its first exposure.
   */
  observe(key: WindowKey, value: number, firstIn: string | null): void {
    const withSketch = SKETCHED.has(key.metric);
    const addition = this.#at(key, withSketch);
    addition.all = observe(addition.all, value);
    if (firstIn === null) return;
    const counted = this.#at({ ...key, arm: firstIn }, withSketch);
    counted.first = observe(counted.first, value);
  }

  /** Statistics of many observations at once. Their units are not known, so none counts as a unit's first. */
  merge(key: WindowKey, stats: WindowStats): void {
    const addition = this.#at(key, stats.sketch !== null);
    addition.all = mergeStats(addition.all, stats);
  }

  /** In one order for all writers, so that two batches never wait for each other in a circle. */
  sorted(): readonly WindowAddition[] {
    return [...this.#additions.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  }

  #at(key: WindowKey, withSketch: boolean): WindowAddition {
    const { serviceId, windowStartMs, windowMs, arm, generation, metric, taskType } = key;
    const text = JSON.stringify([serviceId, windowStartMs, windowMs, arm, generation, metric, taskType]);
    const known = this.#additions.get(text);
    if (known) return known;
    const added = { key, all: emptyStats({ withSketch }), first: emptyStats({ withSketch }) };
    this.#additions.set(text, added);
    return added;
  }
}

const toSketch = (sketch: SketchState | null) =>
  sketch && {
    alpha: sketch.alpha,
    zero_count: sketch.zeroCount,
    first_bucket: sketch.offset,
    counts: sketch.counts,
  };

const MOMENTS = ['count', 'sum', 'sum_of_squares'] as const;
const STATS = [...MOMENTS, 'min', 'max', 'sketch'] as const;
const KEY = ['service_id', 'window_start_ms', 'window_ms', 'arm', 'generation', 'metric', 'task_type'];
const COLUMNS = [...KEY, ...STATS, ...STATS.map((name) => `first_${name}`)];

const additive = (prefix: string): readonly string[] => [
  ...MOMENTS.map((name) => `${prefix}${name} = w.${prefix}${name} + excluded.${prefix}${name}`),
  `${prefix}min = least(w.${prefix}min, excluded.${prefix}min)`,
  `${prefix}max = greatest(w.${prefix}max, excluded.${prefix}max)`,
  `${prefix}sketch = merge_sketches(w.${prefix}sketch, excluded.${prefix}sketch)`,
];

const UPSERT = `
  INSERT INTO metric_windows AS w (${COLUMNS.join(', ')})
  SELECT ${COLUMNS.join(', ')} FROM json_populate_recordset(NULL::metric_windows, $1)
  ON CONFLICT (${KEY.join(', ')})
  DO UPDATE SET ${[...additive(''), ...additive('first_')].join(', ')}`;

/** Adds the batch to the windows, in the caller's transaction. */
export async function addToWindows(tx: Queryable, batch: WindowBatch): Promise<void> {
  const rows = batch.sorted().map(({ key, all, first }) => ({
    service_id: key.serviceId,
    window_start_ms: key.windowStartMs,
    window_ms: key.windowMs,
    arm: key.arm,
    generation: key.generation,
    metric: key.metric,
    task_type: key.taskType,
    count: all.count,
    sum: all.sum,
    sum_of_squares: all.sumOfSquares,
    min: all.min,
    max: all.max,
    sketch: toSketch(all.sketch),
    first_count: first.count,
    first_sum: first.sum,
    first_sum_of_squares: first.sumOfSquares,
    first_min: first.min,
    first_max: first.max,
    first_sketch: toSketch(first.sketch),
  }));
  if (rows.length > 0) await tx.query(UPSERT, [JSON.stringify(rows)]);
}

/** The window of `windowMs` that a time belongs to: it starts at floor(atMs / windowMs) * windowMs. */
export const windowStartMs = (atMs: number, windowMs: number): number =>
  Math.floor(atMs / windowMs) * windowMs;
