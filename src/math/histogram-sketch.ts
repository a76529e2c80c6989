/**
 * OTLP histograms into the sketch that windows keep, each with the error that then holds. A histogram has forgotten where in a bucket
 * its values were; the sketch cannot remember it, so the error is the bucket's width and not the sketch's alpha. Decides nothing.
 *
 * Resolve cumulative points to what they gained first (`exponentialGain`, `explicitGain`): a merge of two cumulative points of one
 * stream counts the first one twice.
 */
import type { SketchState } from '../domain/window.ts';
import { addAllToSketch, emptySketch, LARGEST_TRACKABLE, SKETCH_ALPHA } from './ddsketch.ts';
import { requireExplicitHistogram, type ExplicitHistogram } from './explicit-histogram.ts';
import { requireExponentialHistogram, type ExponentialHistogram } from './exponential-histogram.ts';
import { exponentialBound, exponentialError, exponentialRepresentative } from './exponential-index.ts';

/**
 * A sketch made of buckets. For every order statistic x that lies in a closed bucket the sketch answers within `relativeError` * x, null where
 * no relative bound holds (a bucket that begins at zero), and within `widestBucket` plus alpha of its answer in any case.
 * `openCount` values lie in the open last bucket of a histogram without a maximum: they are put at its lower bound, so quantiles that
 * fall among them are lower limits and no bound holds.
 */
export interface SketchOfHistogram {
  readonly sketch: SketchState;
  readonly relativeError: number | null;
  readonly widestBucket: number;
  readonly openCount: number;
}

/** A place that a bucket's values are put at, and how many. */
type Placed = readonly [value: number, n: number];

const sketchOfPlaced = (placed: readonly Placed[], alpha: number): SketchState => {
  const beyond = placed.find(([value]) => value > LARGEST_TRACKABLE);
  if (beyond !== undefined) {
    throw new RangeError(`histogram must lie below ${LARGEST_TRACKABLE}, got ${beyond[0]}`);
  }
  return addAllToSketch(
    emptySketch(alpha),
    placed.map(([value]) => value),
    placed.map(([, n]) => n),
  );
};

const withAlpha = (error: number, alpha: number): number => error + alpha + error * alpha;

const clamp = (
  value: number,
  { min, max }: { readonly min: number | null; readonly max: number | null },
): number => Math.min(Math.max(value, min ?? 0), max ?? Infinity);

/**
 * The sketch of an exponential histogram: each bucket's values at its representative. Both steps keep the order of values, so the relative
 * error of every order statistic is at most e + alpha + e alpha, e = (base - 1) / (base + 1) (`exponentialError`).
 * @throws RangeError naming `histogram` (also when it holds negative values) or `alpha`.
 */
export const sketchOfExponential = (
  histogram: ExponentialHistogram,
  alpha: number = SKETCH_ALPHA,
): SketchOfHistogram => {
  requireExponentialHistogram('histogram', histogram);
  const { scale, positive, negative, zeroCount, zeroThreshold } = histogram;
  if (negative.counts.some((n) => n > 0)) {
    throw new RangeError('histogram.negative must be empty: the sketch holds no negative values');
  }
  const placed: Placed[] = zeroCount > 0 ? [[0, zeroCount]] : [];
  let widestBucket = zeroCount > 0 ? zeroThreshold : 0;
  for (const [k, n] of positive.counts.entries()) {
    if (n === 0) continue;
    const index = positive.offset + k;
    placed.push([clamp(exponentialRepresentative(index, scale), histogram), n]);
    const [low, high] = [exponentialBound(index, scale), exponentialBound(index + 1, scale)];
    widestBucket = Math.max(widestBucket, clamp(high, histogram) - clamp(low, histogram));
  }
  const relativeError = zeroCount > 0 && zeroThreshold > 0 ? null : withAlpha(exponentialError(scale), alpha);
  return { sketch: sketchOfPlaced(placed, alpha), relativeError, widestBucket, openCount: 0 };
};

/** A bucket's values are spread over it in at most this many places. */
const PLACES = 64;

/** Where n values of a bucket are put: evenly over (low, high), as linear interpolation reads a histogram. */
const spread = (low: number, high: number, n: number): readonly Placed[] => {
  const places = high > low ? Math.min(n, PLACES) : 1;
  return Array.from({ length: places }, (_, k) => [
    low + ((k + 0.5) / places) * (high - low),
    Math.floor(((k + 1) * n) / places) - Math.floor((k * n) / places),
  ]);
};

/**
 * The sketch of a histogram with explicit bounds: each bucket's values spread evenly over it, between the stated extremes. Answer and
 * truth lie in one bucket, so the error is at most the bucket's width; on smooth data interpolation does far better, and counts above a
 * limit inside a bucket are not all or nothing, as they would be with every value at its middle.
 * @throws RangeError naming `histogram` (also when it holds negative values) or `alpha`.
 */
export const sketchOfExplicit = (
  histogram: ExplicitHistogram,
  alpha: number = SKETCH_ALPHA,
): SketchOfHistogram => {
  requireExplicitHistogram('histogram', histogram);
  const { bounds, counts, min, max } = histogram;
  const occupied = counts.flatMap((n, i) => (n > 0 ? [i] : []));
  const [first, last] = [occupied[0], occupied.at(-1)];
  const placed: Placed[] = [];
  let relativeError: number | null = 0;
  let [widestBucket, openCount] = [0, 0];
  for (const i of occupied) {
    const low = Math.max(0, bounds[i - 1] ?? 0, i === first ? (min ?? 0) : 0);
    const closed = Math.min(bounds[i] ?? Infinity, i === last ? (max ?? Infinity) : Infinity);
    const high = Number.isFinite(closed) ? Math.max(low, closed) : low;
    const n = counts[i]!;
    placed.push(...spread(low, high, n));
    if (!Number.isFinite(closed)) openCount = n;
    widestBucket = Math.max(widestBucket, high - low);
    const share: number | null = high === low ? 0 : low > 0 ? (high - low) / low : null;
    relativeError = share === null || relativeError === null ? null : Math.max(relativeError, share);
  }
  return {
    sketch: sketchOfPlaced(placed, alpha),
    relativeError: relativeError === null ? null : withAlpha(relativeError, alpha),
    widestBucket,
    openCount,
  };
};

/** The sketch of single values, which has the sketch's own error. @throws RangeError naming `values[i]` or `alpha`. */
export const sketchOfValues = (values: readonly number[], alpha: number = SKETCH_ALPHA): SketchState =>
  addAllToSketch(emptySketch(alpha), values);
