/**
 * What one metric of one arm did during one window of time, in the form it is stored, merged and judged.
 * Plain JSON: it travels through activity results. It decides nothing.
 */

/** The two arms of a change. `stable` is control (a), `candidate` is treatment (b); every difference is b - a. */
export const ARMS = ['stable', 'candidate'] as const;
export type Arm = (typeof ARMS)[number];

/**
 * Metrics that windows hold. `quality` 0..1, `error` 0 or 1, `latencyMs`, `costUsd` and tokens >= 0, one observation
 * per request; only the first one of a unit counts towards the unit-first figures.
 */
export const METRICS = ['quality', 'error', 'latencyMs', 'costUsd', 'inputTokens', 'outputTokens'] as const;
export type Metric = (typeof METRICS)[number];

/**
 * DDSketch (Masson, Rim, Lee, VLDB 2019) as JSON: bucket `i` holds values in (gamma^(i-1), gamma^i] with
 * gamma = (1+alpha)/(1-alpha). `counts[k]` belongs to bucket `offset + k`. Values below the smallest trackable one are `zeroCount`.
 */
export interface SketchState {
  readonly alpha: number;
  readonly zeroCount: number;
  readonly offset: number;
  readonly counts: readonly number[];
}

/** Counts and moments of a set of observations. `sketch` is null for metrics that need no quantile. */
export interface WindowStats {
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly sketch: SketchState | null;
}

/** One arm in one block: the unit-first statistics of each metric that arrived. A metric that is absent did not arrive. */
export type ArmWindow = Readonly<Partial<Record<Metric, WindowStats>>>;

/**
 * Both arms over the same stretch of exposure time, `[startMs, endMs)` since the Unix epoch. `no` counts blocks of
 * `endMs - startMs` since the epoch, so it is the same number whoever computes it.
 */
export interface Block {
  readonly no: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly arms: Readonly<Record<Arm, ArmWindow>>;
}
