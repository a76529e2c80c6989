/**
 * What a batch adds to the windows: events folded in memory, then one upsert. The row lock of the upsert and the
 * database's own merge keep concurrent batches exact.
 */
import type { FeedbackData } from '../../domain/feedback.ts';
import type { Metric, SketchState, WindowStats } from '../../domain/window.ts';
import { addAllToSketch, emptySketch, mergeStats } from '../../math/index.ts';
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

/** What is new in one window: every observation, and the first one of each unit among them; null when those are all of them. */
export interface WindowAddition {
  readonly key: WindowKey;
  readonly all: WindowStats;
  readonly first: WindowStats | null;
}

/** Metrics whose quantiles are asked for. */
const SKETCHED: ReadonlySet<string> = new Set<Metric>(['latencyMs', 'costUsd']);

/**
 * Gives one event's observations to `take`: `quality` only when somebody judged the answer, and of its further metrics those that the service lists.
 * @param listed names in the settings of the service
 */
export function eachObservation(
  data: FeedbackData,
  listed: readonly string[],
  take: (metric: string, value: number) => void,
): void {
  const always = (metric: Metric, value: number): void => take(metric, value);
  always('error', data.error ? 1 : 0);
  always('latencyMs', data.latency_ms);
  always('costUsd', data.cost_usd);
  always('inputTokens', data.input_tokens);
  always('outputTokens', data.output_tokens);
  if (data.quality !== null) always('quality', data.quality);
  for (const name of listed) {
    const value = data.metrics?.[name];
    if (value !== undefined) take(name, value);
  }
}

/** What a key holds beside the metric: looked up once for all metrics of an event. */
export type WindowPlace = Omit<WindowKey, 'metric'>;

/**
 * As `mergeStats`. Where only one side keeps a sketch, such as of a gauge and a histogram of one name, it is of that side, as when the
 * database merges two batches.
 */
function mergeAny(a: WindowStats, b: WindowStats): WindowStats {
  if ((a.sketch === null) === (b.sketch === null)) return mergeStats(a, b);
  return { ...mergeStats({ ...a, sketch: null }, { ...b, sketch: null }), sketch: a.sketch ?? b.sketch };
}

/** Observations as they come. The sketch is made once, at the end: made anew for each observation it would be copied each time. */
class Gathering {
  #count = 0;
  #sum = 0;
  #sumOfSquares = 0;
  #min = Infinity;
  #max = -Infinity;
  readonly #sketched: number[] | null;
  #merged: WindowStats | null = null;

  constructor(withSketch: boolean) {
    this.#sketched = withSketch ? [] : null;
  }

  observe(value: number): void {
    this.#count += 1;
    this.#sum += value;
    this.#sumOfSquares += value * value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#sketched?.push(value);
  }

  /** Another one with what came so far. */
  copy(): Gathering {
    const copy = new Gathering(this.#sketched !== null);
    copy.absorb(this);
    return copy;
  }

  merge(stats: WindowStats): void {
    this.#merged = this.#merged === null ? stats : mergeAny(this.#merged, stats);
  }

  /** Adds what another one has gathered. */
  absorb(other: Gathering): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#sumOfSquares += other.#sumOfSquares;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    for (const value of other.#sketched ?? []) this.#sketched?.push(value);
    if (other.#merged !== null) this.merge(other.#merged);
  }

  /** Throws RangeError where a value cannot be held, as `observe` of the statistics does. */
  stats(withSketch: boolean): WindowStats {
    if (!Number.isFinite(this.#sum)) throw new RangeError(`value must be a finite number, got ${this.#sum}`);
    const empty = this.#count === 0;
    const own: WindowStats = {
      count: this.#count,
      sum: this.#sum,
      sumOfSquares: this.#sumOfSquares,
      min: empty ? null : this.#min,
      max: empty ? null : this.#max,
      sketch: withSketch ? addAllToSketch(emptySketch(), this.#sketched ?? []) : null,
    };
    if (this.#merged === null) return own;
    return empty ? this.#merged : mergeAny(own, this.#merged);
  }
}

/** Every observation, and the first ones apart from when on they are not all. */
class Gathered {
  readonly withSketch: boolean;
  readonly all: Gathering;
  #first: Gathering | null = null;

  constructor(withSketch: boolean) {
    this.withSketch = withSketch;
    this.all = new Gathering(withSketch);
  }

  /** Null: all of them are first ones. */
  get first(): Gathering | null {
    return this.#first;
  }

  firstApart(): Gathering {
    this.#first ??= this.all.copy();
    return this.#first;
  }

  observe(value: number, isFirst: boolean): void {
    const first = isFirst ? this.#first : this.firstApart();
    this.all.observe(value);
    if (isFirst) first?.observe(value);
  }

  absorb(other: Gathered): void {
    if (this.#first !== null || other.#first !== null) this.firstApart().absorb(other.#first ?? other.all);
    this.all.absorb(other.all);
  }
}

/** The windows of one place, by metric. */
export class PlaceBatch {
  readonly #metrics = new Map<string, Gathered>();

  /** Every observation in the metric's own unit; `isFirst`: its unit's first, too. */
  observe(metric: string, value: number, isFirst: boolean): void {
    (this.#metrics.get(metric) ?? this.#at(metric, SKETCHED.has(metric))).observe(value, isFirst);
  }

  /** The first observation of a unit that is counted in another arm than the one it came from: here it counts as first only. */
  observeFirst(metric: string, value: number): void {
    this.#at(metric, SKETCHED.has(metric)).firstApart().observe(value);
  }

  /** Statistics of many observations at once. Their units are not known, so none counts as a unit's first. */
  merge(metric: string, stats: WindowStats): void {
    const gathered = this.#at(metric, stats.sketch !== null);
    gathered.firstApart();
    gathered.all.merge(stats);
  }

  absorb(other: PlaceBatch): void {
    for (const [metric, gathered] of other.#metrics) this.#at(metric, gathered.withSketch).absorb(gathered);
  }

  additions(place: WindowPlace): readonly WindowAddition[] {
    return [...this.#metrics.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([metric, { withSketch, all, first }]) => ({
        key: { ...place, metric },
        all: all.stats(withSketch),
        first: first?.stats(withSketch) ?? null,
      }));
  }

  #at(metric: string, withSketch: boolean): Gathered {
    const known = this.#metrics.get(metric);
    if (known) return known;
    const made = new Gathered(withSketch);
    this.#metrics.set(metric, made);
    return made;
  }
}

/** Additions of one batch by window. */
export class WindowBatch {
  readonly #places = new Map<string, { readonly place: WindowPlace; readonly batch: PlaceBatch }>();

  at(place: WindowPlace): PlaceBatch {
    const { serviceId, windowStartMs: start, windowMs, arm, generation, taskType } = place;
    const text = `${start}|${windowMs}|${generation}|${arm.length}:${arm}${serviceId.length}:${serviceId}${taskType}`;
    const known = this.#places.get(text);
    if (known) return known.batch;
    const batch = new PlaceBatch();
    this.#places.set(text, { place, batch });
    return batch;
  }

  absorb(other: WindowBatch): void {
    for (const { place, batch } of other.#places.values()) this.at(place).absorb(batch);
  }

  /** In one order for all writers, so that two batches never wait for each other in a circle. */
  sorted(): readonly WindowAddition[] {
    return [...this.#places.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { place, batch }]) => batch.additions(place));
  }
}

const toSketch = (sketch: SketchState | null) =>
  sketch && {
    alpha: sketch.alpha,
    zero_count: sketch.zeroCount,
    first_bucket: sketch.offset,
    counts: sketch.counts,
  };

/** Rows of metric_windows as `add_to_windows` takes them. */
export const toRows = (batch: WindowBatch): readonly Readonly<Record<string, unknown>>[] =>
  batch.sorted().map(({ key, all, first }) => ({
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
    ...(first !== null && {
      first_count: first.count,
      first_sum: first.sum,
      first_sum_of_squares: first.sumOfSquares,
      first_min: first.min,
      first_max: first.max,
      first_sketch: toSketch(first.sketch),
    }),
  }));

/** Adds the batch to the windows, in the caller's transaction. */
export async function addToWindows(tx: Queryable, batch: WindowBatch): Promise<void> {
  const rows = toRows(batch);
  if (rows.length > 0) await tx.query('SELECT add_to_windows($1::json)', [JSON.stringify(rows)]);
}

/** The window of `windowMs` that a time belongs to: it starts at floor(atMs / windowMs) * windowMs. */
export const windowStartMs = (atMs: number, windowMs: number): number =>
  Math.floor(atMs / windowMs) * windowMs;
