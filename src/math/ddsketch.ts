/**
 * Quantiles of non-negative values with a relative error of at most alpha, mergeable, as plain JSON.
 * DDSketch: Masson, Rim, Lee, VLDB 2019. Decides nothing, forgets no count, and takes no negative value: latency, cost and tokens
 * are never below zero. Values of either sign go to `signed-sketch.ts`, histograms come in by `histogram-sketch.ts`.
 *
 * Why the error holds: bucket i covers (gamma^(i-1), gamma^i] and answers 2 gamma^i / (gamma + 1), which lies within (gamma - 1) / (gamma + 1)
 * = alpha of everything in it; counts are kept, so the rank asked for falls into the bucket of its value. Golden family `ddsketch`.
 */
import type { SketchState } from '../domain/window.ts';
import { requireClosedUnit, requireOpenUnit, requirePositive, requireWhole } from './require.ts';

/** Relative accuracy of every stored sketch. */
export const SKETCH_ALPHA = 0.01;

/** Values below this go to `zeroCount` and are answered as 0: below a picosecond in ms, below a billionth of a dollar. */
export const SMALLEST_TRACKABLE = 1e-9;

/** Values above this are refused, so that one absurd value cannot blow up the stored array. */
export const LARGEST_TRACKABLE = 1e15;

/** In bucket units: a value this close to a bucket's boundary is on it, whatever the last bits of log and pow say. */
const SNAP = 1e-9;

const lnGamma = (alpha: number): number => Math.log((1 + alpha) / (1 - alpha));

const upperBound = (index: number, alpha: number): number => Math.exp(index * lnGamma(alpha));

const bucketOf = (value: number, alpha: number): number => {
  const position = Math.log(value) / lnGamma(alpha);
  const nearest = Math.round(position);
  return Math.abs(position - nearest) < SNAP ? nearest : Math.ceil(position);
};

const requireTrackable = (value: number, name: string): void => {
  if (!Number.isFinite(value) || value < 0 || value > LARGEST_TRACKABLE) {
    throw new RangeError(`${name} must be a finite number from 0 to ${LARGEST_TRACKABLE}, got ${value}`);
  }
};

/** A sketch of nothing. `alpha` is the relative accuracy, 0 < alpha < 1. */
export const emptySketch = (alpha: number = SKETCH_ALPHA): SketchState => {
  requireOpenUnit('alpha', alpha);
  return { alpha, zeroCount: 0, offset: 0, counts: [] };
};

/** Sums two dense runs of buckets into one that covers both. */
const addRuns = (
  aOffset: number,
  a: readonly number[],
  bOffset: number,
  b: readonly number[],
): { readonly offset: number; readonly counts: readonly number[] } => {
  if (b.length === 0) return { offset: aOffset, counts: a };
  if (a.length === 0) return { offset: bOffset, counts: b };
  const offset = Math.min(aOffset, bOffset);
  const length = Math.max(aOffset + a.length, bOffset + b.length) - offset;
  // The usual case, one run within the other, is a copy of the longer one.
  const [longOffset, long, shortOffset, short] =
    a.length >= b.length ? [aOffset, a, bOffset, b] : [bOffset, b, aOffset, a];
  const counts =
    length === long.length
      ? long.slice()
      : [
          ...Array.from<number>({ length: longOffset - offset }).fill(0),
          ...long,
          ...Array.from<number>({ length: offset + length - longOffset - long.length }).fill(0),
        ];
  for (let k = 0; k < short.length; k++) counts[shortOffset - offset + k]! += short[k]!;
  return { offset, counts };
};

/**
 * The sketch with `value` seen `count` more times (count > 0, 1 by default). The argument is left as it was.
 * @throws RangeError naming `value` or `count`.
 */
export const addToSketch = (sketch: SketchState, value: number, count: number = 1): SketchState => {
  requireTrackable(value, 'value');
  requirePositive('count', count);
  if (value < SMALLEST_TRACKABLE) return { ...sketch, zeroCount: sketch.zeroCount + count };
  const run = addRuns(sketch.offset, sketch.counts, bucketOf(value, sketch.alpha), [count]);
  return { alpha: sketch.alpha, zeroCount: sketch.zeroCount, ...run };
};

/**
 * The sketch with every one of `values` seen once more, or `counts[i]` times: the same as adding them one by one, at the price of one merge.
 * @throws RangeError naming `values[i]`, `counts` or `counts[i]`; the argument is left as it was.
 */
export const addAllToSketch = (
  sketch: SketchState,
  values: readonly number[],
  counts?: readonly number[],
): SketchState => {
  if (counts !== undefined && counts.length !== values.length) {
    throw new RangeError(`counts must have ${values.length} entries, as values has, got ${counts.length}`);
  }
  let [zeroCount, offset, last] = [sketch.zeroCount, Infinity, -Infinity];
  const buckets = values.map((value, i) => {
    requireTrackable(value, `values[${i}]`);
    if (counts !== undefined) requirePositive(`counts[${i}]`, counts[i]!);
    if (value < SMALLEST_TRACKABLE) {
      zeroCount += counts?.[i] ?? 1;
      return null;
    }
    const bucket = bucketOf(value, sketch.alpha);
    offset = Math.min(offset, bucket);
    last = Math.max(last, bucket);
    return bucket;
  });
  const run = Array.from<number>({ length: Math.max(0, last - offset + 1) }).fill(0);
  buckets.forEach((bucket, i) => {
    if (bucket !== null) run[bucket - offset]! += counts?.[i] ?? 1;
  });
  return { alpha: sketch.alpha, zeroCount, ...addRuns(sketch.offset, sketch.counts, offset, run) };
};

/**
 * The sketch of both sets of values together; exact, commutative and associative in the counts.
 * @throws RangeError naming `b` when the accuracies differ.
 */
export const mergeSketches = (a: SketchState, b: SketchState): SketchState => {
  if (a.alpha !== b.alpha) {
    throw new RangeError(`b must have the alpha of a (${a.alpha}), got ${b.alpha}`);
  }
  return {
    alpha: a.alpha,
    zeroCount: a.zeroCount + b.zeroCount,
    ...addRuns(a.offset, a.counts, b.offset, b.counts),
  };
};

/**
 * The same values in buckets `factor` times as wide (on the log scale): fewer numbers to carry, exact counts, and a relative error of about
 * `factor` times alpha. Sketches made coarse by the same factor merge.
 * @throws RangeError when factor is not a whole number from 1.
 */
export const coarsenSketch = (sketch: SketchState, factor: number): SketchState => {
  requireWhole('factor', factor, 1);
  const wide = (bucket: number): number => Math.ceil(bucket / factor);
  const offset = wide(sketch.offset);
  const length = sketch.counts.length === 0 ? 0 : wide(sketch.offset + sketch.counts.length - 1) - offset + 1;
  const counts = Array.from<number>({ length }).fill(0);
  sketch.counts.forEach((n, k) => (counts[wide(sketch.offset + k) - offset]! += n));
  return {
    alpha: coarseAlpha(sketch.alpha, factor),
    zeroCount: sketch.zeroCount,
    offset: length === 0 ? 0 : offset,
    counts,
  };
};

/**
 * Relative accuracy of a sketch of accuracy `alpha` made coarse by `factor`: gamma' = gamma^factor.
 * @throws RangeError naming `alpha` or `factor`.
 */
export const coarseAlpha = (alpha: number, factor: number): number => {
  requireOpenUnit('alpha', alpha);
  requireWhole('factor', factor, 1);
  return Math.tanh((factor * lnGamma(alpha)) / 2);
};

/** How many values the sketch holds. */
export const sketchCount = (sketch: SketchState): number =>
  sketch.counts.reduce((sum, n) => sum + n, sketch.zeroCount);

/**
 * The order statistic x_(rank), counted from 0, within a relative error of alpha (values below `SMALLEST_TRACKABLE` read as 0);
 * null for a sketch of nothing. A rank beyond the last is the last.
 * @throws RangeError when rank is not a whole number from 0.
 */
export const valueAtRank = (sketch: SketchState, rank: number): number | null => {
  requireWhole('rank', rank, 0);
  let seen = sketch.zeroCount;
  if (rank < seen) return 0;
  let last: number | null = null;
  for (const [k, n] of sketch.counts.entries()) {
    if (n === 0) continue;
    last = k;
    seen += n;
    if (rank < seen) break;
  }
  if (last === null) return sketch.zeroCount > 0 ? 0 : null;
  return upperBound(sketch.offset + last, sketch.alpha) * (1 - sketch.alpha);
};

/**
 * The lower order statistic x_(floor((n-1)q)) within a relative error of alpha; null for a sketch of nothing.
 * @throws RangeError when q is outside 0..1.
 */
export const quantile = (sketch: SketchState, q: number): number | null => {
  requireClosedUnit('q', q);
  const total = sketchCount(sketch);
  return total === 0 ? null : valueAtRank(sketch, Math.max(0, Math.floor((total - 1) * q)));
};

/**
 * How many values lie above `threshold`. Exact when the threshold is a bucket boundary (`bucketBoundaryAtOrAbove`);
 * otherwise the values that share the threshold's bucket are not counted. A threshold of 0 counts all but the zeros.
 * @throws RangeError naming `threshold`.
 */
export const countAbove = (sketch: SketchState, threshold: number): number => {
  requireTrackable(threshold, 'threshold');
  const from =
    threshold < SMALLEST_TRACKABLE ? 0 : Math.max(0, bucketOf(threshold, sketch.alpha) - sketch.offset + 1);
  let above = 0;
  for (let k = from; k < sketch.counts.length; k++) above += sketch.counts[k]!;
  return above;
};

/**
 * The smallest bucket boundary not below `value` (it is at most a factor (1+alpha)/(1-alpha) above); 0 for 0.
 * @throws RangeError naming `value` or `alpha`.
 */
export const bucketBoundaryAtOrAbove = (value: number, alpha: number = SKETCH_ALPHA): number => {
  requireTrackable(value, 'value');
  requireOpenUnit('alpha', alpha);
  return value < SMALLEST_TRACKABLE ? 0 : upperBound(bucketOf(value, alpha), alpha);
};
