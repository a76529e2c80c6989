/** A data point's numbers, checked. Answers the value, or in words why it cannot be counted. Pure. */
import { LARGEST_TRACKABLE } from '../../math/index.ts';
import type { ExponentialPoint, HistogramPoint, NumberPoint, SummaryPoint } from './export-schema.ts';
import type { ExponentialValue, HistogramValue, PointValue } from './point.ts';

export type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

const refused = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/** Bit 0 of the flags: the sender says that there is no value. */
const NO_RECORDED_VALUE = 1;
const MAX_BUCKETS = 2_000;

const LEAST_SCALE = -10;
const MOST_SCALE = 20;
/** Of a sint32, as the protos have it. */
const MOST_OFFSET = 2 ** 31;

const isCount = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= LARGEST_TRACKABLE;
const isInRange = (value: number): boolean => Number.isFinite(value) && Math.abs(value) <= LARGEST_TRACKABLE;

/** Why the flags leave nothing to read, or null. */
function flagsProblem(flags: number): string | null {
  if (!Number.isSafeInteger(flags)) return 'flags is not a whole number';
  return (flags & NO_RECORDED_VALUE) === 0 ? null : 'the point says it has no recorded value';
}

interface Whole {
  readonly flags: number;
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export function readNumber(point: NumberPoint): Read<PointValue> {
  const flagged = flagsProblem(point.flags);
  if (flagged !== null) return refused(flagged);
  const value = point.asDouble ?? point.asInt;
  if (value === null) return refused('the point has no value');
  if (!isInRange(value)) return refused('the value is not a finite number up to 1e15');
  return { ok: true, value: { kind: 'number', value } };
}

/** What is wrong with what explicit and exponential histograms share, or null. */
function wholeProblem(point: Whole, counts: readonly number[], inBuckets: number): string | null {
  const flagged = flagsProblem(point.flags);
  if (flagged !== null) return flagged;
  if (counts.length > MAX_BUCKETS) return `${counts.length} buckets, expected at most ${MAX_BUCKETS}`;
  if (!isCount(point.count) || !counts.every(isCount)) return 'a count is not a whole number from 0 to 1e15';
  if (counts.length > 0 && inBuckets !== point.count) {
    return 'the buckets hold another number of observations than the count says';
  }
  for (const [name, value] of [
    ['sum', point.sum],
    ['min', point.min],
    ['max', point.max],
  ] as const) {
    if (value !== null && !isInRange(value)) return `${name} is not a finite number up to 1e15`;
  }
  if ((point.min ?? 0) < 0 || (point.sum ?? 0) < 0) return 'a histogram of values below zero is not read';
  return null;
}

const total = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0);

export function readHistogram(point: HistogramPoint): Read<HistogramValue> {
  const { count, sum, min, max, explicitBounds: bounds, bucketCounts: counts } = point;
  const problem = wholeProblem(point, counts, total(counts));
  if (problem !== null) return refused(problem);
  if (counts.length > 0 && counts.length !== bounds.length + 1) {
    return refused(`${counts.length} buckets for ${bounds.length} bounds, expected one more`);
  }
  const rises = bounds.every(
    (bound, i) => isInRange(bound) && bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY),
  );
  if (!rises) return refused('the bounds do not rise, or are not finite');
  if (bounds.some((bound, i) => bound < 0 && (counts[i] ?? 0) > 0)) {
    return refused('a histogram of values below zero is not read');
  }
  return { ok: true, value: { kind: 'histogram', count, sum, min, max, bounds, counts } };
}

export function readExponential(point: ExponentialPoint): Read<ExponentialValue> {
  const { count, sum, min, max, scale, zeroCount, positive, negative } = point;
  const counts = positive.bucketCounts;
  if (!Number.isInteger(scale) || scale < LEAST_SCALE || scale > MOST_SCALE) {
    return refused(`scale is not a whole number from ${LEAST_SCALE} to ${MOST_SCALE}`);
  }
  if (
    ![positive, negative].every(({ offset }) => Number.isInteger(offset) && Math.abs(offset) <= MOST_OFFSET)
  ) {
    return refused('an offset is not a whole number of 32 bits');
  }
  // An empty positive range still has a zero bucket, so the total is checked in every case.
  const inBuckets = total(counts) + total(negative.bucketCounts) + zeroCount;
  const problem = wholeProblem(point, [zeroCount, ...counts], inBuckets);
  if (problem !== null) return refused(problem);
  if (total(negative.bucketCounts) !== 0) return refused('a histogram of values below zero is not read');
  const top = positive.offset + counts.findLastIndex((n) => n > 0) + 1;
  if (total(counts) > 0 && !(2 ** (top * 2 ** -scale) <= LARGEST_TRACKABLE)) {
    return refused('a bucket lies above 1e15');
  }
  const { offset } = positive;
  return {
    ok: true,
    value: { kind: 'exponential', count, sum, min, max, scale, zeroCount, offset, counts },
  };
}

/**
 * A summary as a histogram without buckets: count and sum add up, quantiles do not. Of these the first and the last may be the extremes, by
 * convention; they are when they go with the mean, and are not of the last minutes only, as some clients keep them.
 */
export function readSummary(point: SummaryPoint): Read<HistogramValue> {
  const { count, sum, quantileValues } = point;
  const problem = wholeProblem({ ...point, min: null, max: null }, [], count);
  if (problem !== null) return refused(problem);
  const valueAt = (quantile: number): number | null => {
    const value = quantileValues.find((each) => each.quantile === quantile)?.value;
    return value !== undefined && isInRange(value) && value >= 0 ? value : null;
  };
  if (sum === 0 && count > 0 && quantileValues.some(({ value }) => value > 0)) {
    return refused('the sum is not given');
  }
  const [min, max, mean] = [valueAt(0), valueAt(1), count > 0 ? sum / count : 0];
  const fits = count > 0 && (min ?? mean) <= mean && (max ?? mean) >= mean;
  const extremes = fits ? { min, max } : { min: null, max: null };
  return { ok: true, value: { kind: 'histogram', count, sum, ...extremes, bounds: [], counts: [] } };
}
