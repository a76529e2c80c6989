/**
 * What a point adds to a window. Pure.
 *
 * A number is one observation of its value (for a sum: one report, whose value is the increase). A histogram keeps its
 * count and sum exactly; where only buckets are known, a bucket's observations are taken at its middle, within the
 * extremes that the point states. Sums of squares and quantiles of histograms are estimates of that kind.
 */
import type { WindowStats } from '../../domain/window.ts';
import { addToSketch, emptySketch } from '../../math/index.ts';
import type { ExponentialValue, HistogramValue, PointValue } from './point.ts';

/** A bucket that holds something: `n` observations in [low, high]. */
interface Bucket {
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/**
 * Of a sum or a histogram. Null when it adds nothing: no observation, or a sum that did not rise.
 * @param factor by which its values are multiplied to be in the window's unit
 */
export function statsOf(value: PointValue, factor = 1): WindowStats | null {
  if (value.kind === 'number') return value.value === 0 ? null : observationOf(value, factor);
  return value.count === 0 ? null : ofBuckets(value, bucketsOf(value), factor);
}

/** Of a gauge: what it reads is one observation, zero too. A gauge is always a number. */
export function observationOf(value: PointValue, factor = 1): WindowStats | null {
  if (value.kind !== 'number') return statsOf(value, factor);
  const read = value.value * factor;
  return { count: 1, sum: read, sumOfSquares: read * read, min: read, max: read, sketch: null };
}

function ofBuckets(
  value: HistogramValue | ExponentialValue,
  buckets: readonly Bucket[],
  factor: number,
): WindowStats {
  const scaled = (read: number | null | undefined): number | null =>
    read === null || read === undefined ? null : read * factor;
  let sketch = emptySketch();
  let [sum, sumOfSquares] = [0, 0];
  for (const { low, high, n } of buckets) {
    const middle = ((low + high) / 2) * factor;
    sketch = addToSketch(sketch, middle, n);
    sum += n * middle;
    sumOfSquares += n * middle * middle;
  }
  const exactSum = scaled(value.sum) ?? sum;
  return {
    count: value.count,
    sum: exactSum,
    // Never below what the exact sum implies (Cauchy-Schwarz), so that no variance is negative.
    sumOfSquares: Math.max(sumOfSquares, (exactSum * exactSum) / value.count),
    min: scaled(buckets[0]?.low ?? value.min),
    max: scaled(buckets.at(-1)?.high ?? value.max),
    sketch,
  };
}

function bucketsOf(value: HistogramValue | ExponentialValue): readonly Bucket[] {
  const [least, most] = [value.min ?? 0, value.max ?? Number.POSITIVE_INFINITY];
  const raw = value.kind === 'histogram' ? explicitBuckets(value) : exponentialBuckets(value);
  return raw
    .filter(({ n }) => n > 0)
    .map(({ low, high, n }) => {
      // The last bucket is open: without a stated maximum its observations are taken at its lower bound.
      const closed = Math.min(high, most);
      const top = Number.isFinite(closed) ? Math.max(closed, least) : Math.max(low, least);
      return { low: Math.min(Math.max(low, least), top), high: top, n };
    });
}

function explicitBuckets({ bounds, counts }: HistogramValue): Bucket[] {
  return counts.map((n, i) => ({
    low: Math.max(0, bounds[i - 1] ?? 0),
    high: bounds[i] ?? Number.POSITIVE_INFINITY,
    n,
  }));
}

function exponentialBuckets({ scale, zeroCount, offset, counts }: ExponentialValue): Bucket[] {
  const bound = (index: number): number => 2 ** (index * 2 ** -scale);
  const positive = counts.map((n, i) => ({ low: bound(offset + i), high: bound(offset + i + 1), n }));
  return [{ low: 0, high: 0, n: zeroCount }, ...positive];
}
