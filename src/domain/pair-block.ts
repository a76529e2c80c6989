/**
 * What pairs of a shadow add up to, in the form it is stored, merged and judged. Plain JSON: it travels through activity results.
 * It decides nothing.
 */

/**
 * Metrics of a pair: `quality` 0..1, `error` and `slow` 0 or 1 (slow: longer than the limit of its side), `costUsd`; `preference`: what a
 * judge preferred in both orders.
 */
export const PAIR_METRICS = ['quality', 'error', 'slow', 'costUsd', 'preference'] as const;
export type PairMetric = (typeof PAIR_METRICS)[number];

/**
 * One metric of `n` pairs. `s` is the stable side's value and `c` the candidate's: sums, sums of squares, and of the products s c.
 * `greater` and `smaller` count pairs by whether c is above or below s. Of `preference`, s and c are 1 for the side that is
 * preferred, and `disagreed` counts pairs whose two readings differ (they are ties).
 */
export interface PairSums {
  readonly n: number;
  readonly sumS: number;
  readonly sumC: number;
  readonly sumSS: number;
  readonly sumCC: number;
  readonly sumSC: number;
  readonly greater: number;
  readonly smaller: number;
  readonly disagreed: number;
}

/** Pairs that arrived in `[startMs, endMs)`. `no` counts blocks of that length since the epoch. A metric that is absent had none. */
export interface PairBlock {
  readonly no: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly metrics: Readonly<Partial<Record<PairMetric, PairSums>>>;
}
