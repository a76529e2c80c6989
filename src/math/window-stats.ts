/**
 * Counts and moments of a set of observations, folded one by one or merged window by window. Decides nothing.
 */
import type { WindowStats } from '../domain/window.ts';
import { addToSketch, emptySketch, mergeSketches } from './ddsketch.ts';

/** Statistics of nothing; `withSketch` for metrics whose quantiles are asked for (latency, cost). */
export const emptyStats = ({ withSketch }: { readonly withSketch: boolean }): WindowStats => ({
  count: 0,
  sum: 0,
  sumOfSquares: 0,
  min: null,
  max: null,
  sketch: withSketch ? emptySketch() : null,
});

/**
 * The statistics with one more observation, in the metric's own unit.
 * @throws RangeError naming `value` when it is not finite, or when a sketch is kept and cannot hold it (negative, above 1e15).
 */
export const observe = (stats: WindowStats, value: number): WindowStats => {
  if (!Number.isFinite(value)) throw new RangeError(`value must be a finite number, got ${value}`);
  return {
    count: stats.count + 1,
    sum: stats.sum + value,
    sumOfSquares: stats.sumOfSquares + value * value,
    min: stats.min === null ? value : Math.min(stats.min, value),
    max: stats.max === null ? value : Math.max(stats.max, value),
    sketch: stats.sketch === null ? null : addToSketch(stats.sketch, value),
  };
};

const extreme = (
  pick: (...values: number[]) => number,
  a: number | null,
  b: number | null,
): number | null => {
  if (a === null || b === null) return a ?? b;
  return pick(a, b);
};

/**
 * The statistics of both sets together; commutative, and associative up to rounding of the sums.
 * @throws RangeError naming `b` when only one side keeps a sketch and the other has observations that would be lost from it.
 */
export const mergeStats = (a: WindowStats, b: WindowStats): WindowStats => {
  if (a.count === 0 && a.sketch === null) return b;
  if (b.count === 0 && b.sketch === null) return a;
  if ((a.sketch === null) !== (b.sketch === null)) {
    throw new RangeError('b must keep a sketch where a keeps one, and none where a keeps none');
  }
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    sumOfSquares: a.sumOfSquares + b.sumOfSquares,
    min: extreme(Math.min, a.min, b.min),
    max: extreme(Math.max, a.max, b.max),
    sketch: a.sketch !== null && b.sketch !== null ? mergeSketches(a.sketch, b.sketch) : null,
  };
};

/** Mean in the metric's own unit, null without observations. */
export const meanOf = (stats: Pick<WindowStats, 'count' | 'sum'>): number | null =>
  stats.count === 0 ? null : stats.sum / stats.count;
