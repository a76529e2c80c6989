/**
 * Two exponential histograms as one, and what a cumulative one gained since its last reading. Both at the smaller scale, counts exact.
 * OpenTelemetry metrics data model, "ExponentialHistogram" and "Resets and gaps". Golden family `exp_histogram`.
 *
 * Merge deltas only: a cumulative point holds everything since its start, so merging two of one stream counts the first twice. Resolve
 * it to what it gained (`exponentialGain`) before.
 */
import {
  MOST_BUCKETS,
  requireExponentialHistogram,
  widen,
  type ExponentialBuckets,
  type ExponentialHistogram,
} from './exponential-histogram.ts';
import { exponentialBound, exponentialIndex, LEAST_SCALE } from './exponential-index.ts';

const spanOf = (a: ExponentialBuckets, b: ExponentialBuckets): number => {
  if (a.counts.length === 0 || b.counts.length === 0) return Math.max(a.counts.length, b.counts.length);
  return Math.max(a.offset + a.counts.length, b.offset + b.counts.length) - Math.min(a.offset, b.offset);
};

const sumOfRuns = (a: ExponentialBuckets, b: ExponentialBuckets): ExponentialBuckets => {
  if (a.counts.length === 0) return b;
  if (b.counts.length === 0) return a;
  const offset = Math.min(a.offset, b.offset);
  const counts = Array.from<number>({ length: spanOf(a, b) }).fill(0);
  a.counts.forEach((n, k) => (counts[a.offset + k - offset]! += n));
  b.counts.forEach((n, k) => (counts[b.offset + k - offset]! += n));
  return { offset, counts };
};

const atScale = (h: ExponentialHistogram, scale: number): ExponentialHistogram => ({
  ...h,
  scale,
  positive: widen(h.positive, h.scale - scale),
  negative: widen(h.negative, h.scale - scale),
});

/** The buckets from `firstKept` on, and how many values were in those before. */
const cutBelow = (
  buckets: ExponentialBuckets,
  firstKept: number,
): { readonly kept: ExponentialBuckets; readonly cut: number } => {
  const drop = Math.max(0, Math.min(buckets.counts.length, firstKept - buckets.offset));
  const counts = buckets.counts.slice(drop);
  const cut = buckets.counts.slice(0, drop).reduce((sum, n) => sum + n, 0);
  return {
    kept: counts.length === 0 ? { offset: 0, counts } : { offset: buckets.offset + drop, counts },
    cut,
  };
};

/** The histogram with everything within `threshold` of zero counted as zero. A bucket that the threshold divides goes whole. */
const withThreshold = (h: ExponentialHistogram, threshold: number): ExponentialHistogram => {
  if (threshold <= h.zeroThreshold) return h;
  const firstKept = exponentialIndex(threshold, h.scale) + 1;
  const [positive, negative] = [cutBelow(h.positive, firstKept), cutBelow(h.negative, firstKept)];
  const zeroCount = h.zeroCount + positive.cut + negative.cut;
  // Where the threshold divides a bucket that holds something, it grows to its bound: zero is then as wide as what counts as zero.
  const divides = [h.positive, h.negative].some((run) => (run.counts[firstKept - 1 - run.offset] ?? 0) > 0);
  return {
    ...h,
    zeroCount,
    zeroThreshold: divides ? Math.max(threshold, exponentialBound(firstKept, h.scale)) : threshold,
    positive: positive.kept,
    negative: negative.kept,
  };
};

/** Both at one scale and one zero threshold, small enough that their union stays within `MOST_BUCKETS`. */
const aligned = (
  a: ExponentialHistogram,
  b: ExponentialHistogram,
): readonly [ExponentialHistogram, ExponentialHistogram] => {
  let [x, y] = [a, b];
  for (let scale = Math.min(a.scale, b.scale); scale >= LEAST_SCALE; scale--) {
    [x, y] = [atScale(a, scale), atScale(b, scale)];
    if (Math.max(spanOf(x.positive, y.positive), spanOf(x.negative, y.negative)) <= MOST_BUCKETS) break;
  }
  // Growing to a divided bucket's bound on one side may divide one on the other: two rounds settle it at one scale.
  for (let round = 0; round < 2; round++) {
    const threshold = Math.max(x.zeroThreshold, y.zeroThreshold);
    [x, y] = [withThreshold(x, threshold), withThreshold(y, threshold)];
  }
  return [x, y];
};

const together = (
  a: ExponentialHistogram,
  b: ExponentialHistogram,
  field: 'sum' | 'min' | 'max',
  join: (x: number, y: number) => number,
): number | null => {
  if (a.count === 0) return b[field];
  if (b.count === 0) return a[field];
  const [x, y] = [a[field], b[field]];
  return x === null || y === null ? null : join(x, y);
};

/**
 * Both histograms as one, at the smaller scale (smaller still where the union would pass `MOST_BUCKETS`) and the larger zero threshold.
 * Counts are exact, whatever the order of many merges; a sum or extreme that one side did not state is not known of the whole.
 * @throws RangeError naming `a` or `b`.
 */
export const mergeExponential = (a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram => {
  requireExponentialHistogram('a', a);
  requireExponentialHistogram('b', b);
  const [x, y] = aligned(a, b);
  return {
    scale: x.scale,
    zeroCount: x.zeroCount + y.zeroCount,
    zeroThreshold: Math.max(x.zeroThreshold, y.zeroThreshold),
    positive: sumOfRuns(x.positive, y.positive),
    negative: sumOfRuns(x.negative, y.negative),
    count: a.count + b.count,
    sum: together(a, b, 'sum', (s, t) => s + t),
    min: together(a, b, 'min', Math.min),
    max: together(a, b, 'max', Math.max),
  };
};

/** The run `now` less `before`; null when a count fell. */
const lessRun = (now: ExponentialBuckets, before: ExponentialBuckets): ExponentialBuckets | null => {
  const covered = before.counts.every((n, k) => n <= (now.counts[before.offset + k - now.offset] ?? 0));
  if (!covered) return null;
  return {
    offset: now.offset,
    counts: now.counts.map((n, k) => n - (before.counts[now.offset + k - before.offset] ?? 0)),
  };
};

/**
 * What a cumulative stream gained between two readings, at the coarser of their scales; null when a count fell, which is a reset of
 * the stream (the whole of `now` is then new). Extremes are of all time, so the gain has none; its sum is the difference.
 * @throws RangeError naming `now` or `before`.
 */
export const exponentialGain = (
  now: ExponentialHistogram,
  before: ExponentialHistogram,
): ExponentialHistogram | null => {
  requireExponentialHistogram('now', now);
  requireExponentialHistogram('before', before);
  const [x, y] = aligned(now, before);
  const [positive, negative] = [lessRun(x.positive, y.positive), lessRun(x.negative, y.negative)];
  if (positive === null || negative === null || x.zeroCount < y.zeroCount) return null;
  return {
    ...x,
    zeroCount: x.zeroCount - y.zeroCount,
    positive,
    negative,
    count: now.count - before.count,
    sum: now.sum === null || before.sum === null ? null : now.sum - before.sum,
    min: null,
    max: null,
  };
};
