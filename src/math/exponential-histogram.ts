/**
 * The exponential histogram of OpenTelemetry's metrics data model as plain JSON: what it is, how values go in, and how its buckets are
 * made wider. Merging and subtracting are in the files beside. It judges nothing. Golden family `exp_histogram`.
 */
import { exponentialIndex, requireScale } from './exponential-index.ts';
import { requireFinite, requireWhole } from './require.ts';

/** A dense run: `counts[k]` belongs to bucket `offset + k`, which covers (base^(offset+k), base^(offset+k+1)]. */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

/**
 * `zeroCount` values lie within `zeroThreshold` of zero. `negative` holds absolute values. `sum`, `min` and `max` are null where the
 * sender did not state them. `count` is the number of values in all buckets together.
 */
export interface ExponentialHistogram {
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** No histogram holds a longer run of buckets: where one would, it is made coarser instead. At scale 3 this is 2,048 octaves. */
export const MOST_BUCKETS = 16_384;

const NO_BUCKETS: ExponentialBuckets = { offset: 0, counts: [] };

/** A histogram of nothing. @throws RangeError naming `scale`. */
export const emptyExponentialHistogram = (scale: number): ExponentialHistogram => {
  requireScale('scale', scale);
  return {
    scale,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    count: 0,
    sum: 0,
    min: null,
    max: null,
  };
};

const totalOf = ({ counts }: ExponentialBuckets): number => counts.reduce((sum, n) => sum + n, 0);

const requireBuckets = (name: string, { offset, counts }: ExponentialBuckets): void => {
  requireWhole(`${name}.offset`, offset, Number.MIN_SAFE_INTEGER);
  if (counts.length > MOST_BUCKETS) {
    throw new RangeError(`${name}.counts must have at most ${MOST_BUCKETS} buckets, got ${counts.length}`);
  }
  counts.forEach((n, k) => requireWhole(`${name}.counts[${k}]`, n, 0));
};

/**
 * Checks a histogram that came from outside.
 * @throws RangeError that begins with `name`: a scale or count out of range, buckets that do not add up to `count`, a sum or extreme that is not finite.
 */
export const requireExponentialHistogram = (name: string, h: ExponentialHistogram): void => {
  requireScale(`${name}.scale`, h.scale);
  requireWhole(`${name}.zeroCount`, h.zeroCount, 0);
  if (!(h.zeroThreshold >= 0 && h.zeroThreshold < Infinity)) {
    throw new RangeError(`${name}.zeroThreshold must be a finite number from 0, got ${h.zeroThreshold}`);
  }
  requireBuckets(`${name}.positive`, h.positive);
  requireBuckets(`${name}.negative`, h.negative);
  const total = h.zeroCount + totalOf(h.positive) + totalOf(h.negative);
  if (h.count !== total)
    throw new RangeError(`${name}.count must be ${total}, as in its buckets, got ${h.count}`);
  for (const field of ['sum', 'min', 'max'] as const) {
    const value = h[field];
    if (value !== null) requireFinite(`${name}.${field}`, value);
  }
};

/** Buckets `2^by` times as wide. The index shifts arithmetically: bucket -1 stays below 1. */
export const widen = ({ offset, counts }: ExponentialBuckets, by: number): ExponentialBuckets => {
  if (by === 0 || counts.length === 0) return { offset: counts.length === 0 ? 0 : offset, counts };
  const wide = (index: number): number => Math.floor(index / 2 ** by);
  const first = wide(offset);
  const wider = Array.from<number>({ length: wide(offset + counts.length - 1) - first + 1 }).fill(0);
  counts.forEach((n, k) => (wider[wide(offset + k) - first]! += n));
  return { offset: first, counts: wider };
};

/**
 * The same histogram at a scale smaller by `by`: counts stay exact, the relative error grows to `exponentialError(scale - by)`.
 * @throws RangeError naming `histogram`, or `by` when it is not a whole number from 0 or the scale would leave its range.
 */
export const downscaleExponential = (histogram: ExponentialHistogram, by: number): ExponentialHistogram => {
  requireExponentialHistogram('histogram', histogram);
  requireWhole('by', by, 0);
  requireScale('by: the scale left', histogram.scale - by);
  return {
    ...histogram,
    scale: histogram.scale - by,
    positive: widen(histogram.positive, by),
    negative: widen(histogram.negative, by),
  };
};

/**
 * A histogram of one value seen `count` times: what `mergeExponential` adds to another.
 * @throws RangeError naming `value`, `scale` or `count`.
 */
export const exponentialOf = (value: number, scale: number, count: number = 1): ExponentialHistogram => {
  requireFinite('value', value);
  requireWhole('count', count, 1);
  const empty = emptyExponentialHistogram(scale);
  const whole = { ...empty, count, sum: value * count, min: value, max: value };
  if (value === 0) return { ...whole, zeroCount: count };
  const buckets = { offset: exponentialIndex(Math.abs(value), scale), counts: [count] };
  return value > 0 ? { ...whole, positive: buckets } : { ...whole, negative: buckets };
};
