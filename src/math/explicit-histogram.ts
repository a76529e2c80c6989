/**
 * The explicit-bucket histogram of OpenTelemetry's metrics data model as plain JSON, and what a cumulative one gained. Bucket i covers
 * (bounds[i-1], bounds[i]]; the first has no lower and the last no upper bound. It judges nothing.
 */
import { requireFinite, requireWhole } from './require.ts';

/** `counts` has one more entry than `bounds`. `sum`, `min` and `max` are null where the sender did not state them. */
export interface ExplicitHistogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/**
 * Checks a histogram of values from zero up.
 * @throws RangeError that begins with `name`: bounds that do not rise, counts that are no whole numbers or do not add up, values below zero.
 */
export const requireExplicitHistogram = (name: string, h: ExplicitHistogram): void => {
  h.bounds.forEach((bound, i) => {
    requireFinite(`${name}.bounds[${i}]`, bound);
    if (i > 0 && !(bound > h.bounds[i - 1]!)) {
      throw new RangeError(`${name}.bounds must rise, got ${h.bounds[i - 1]} before ${bound}`);
    }
  });
  if (h.counts.length !== h.bounds.length + 1) {
    throw new RangeError(`${name}.counts must have ${h.bounds.length + 1} entries, got ${h.counts.length}`);
  }
  h.counts.forEach((n, i) => {
    requireWhole(`${name}.counts[${i}]`, n, 0);
    if (n > 0 && (h.bounds[i] ?? Infinity) < 0) {
      throw new RangeError(`${name}.counts[${i}] must be 0: the bucket ends below zero, at ${h.bounds[i]}`);
    }
  });
  const total = h.counts.reduce((sum, n) => sum + n, 0);
  if (h.count !== total)
    throw new RangeError(`${name}.count must be ${total}, as in its buckets, got ${h.count}`);
  for (const field of ['sum', 'min', 'max'] as const) {
    const value = h[field];
    if (value !== null && !(value >= 0 && value < Infinity)) {
      throw new RangeError(`${name}.${field} must be a finite number from 0, got ${value}`);
    }
  }
};

/**
 * What a cumulative stream gained between two readings; null when a count fell or the bounds are others, which is a reset of the
 * stream (the whole of `now` is then new). Extremes are of all time, so the gain has none.
 * @throws RangeError naming `now` or `before`.
 */
export const explicitGain = (now: ExplicitHistogram, before: ExplicitHistogram): ExplicitHistogram | null => {
  requireExplicitHistogram('now', now);
  requireExplicitHistogram('before', before);
  const sameBounds =
    now.bounds.length === before.bounds.length && now.bounds.every((bound, i) => bound === before.bounds[i]);
  if (!sameBounds) return null;
  const counts = now.counts.map((n, i) => n - before.counts[i]!);
  if (counts.some((n) => n < 0)) return null;
  return {
    bounds: now.bounds,
    counts,
    count: now.count - before.count,
    sum: now.sum === null || before.sum === null ? null : Math.max(0, now.sum - before.sum),
    min: null,
    max: null,
  };
};
