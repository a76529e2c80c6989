/** Mean and standard deviation of a stream's first values, frozen then: the scale that `standardised` and `learnedCusum` measure in. */
import { requireWhole } from '../../math/require.ts';

/** Moments while it learns; `frozen` is null until then. */
export interface LearnedScale {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
  readonly frozen: { readonly mean: number; readonly sd: number } | null;
}

/** A standard deviation below this share of the mean is rounding. */
const ROUNDING = 1e-9;

export const emptyScale = (): LearnedScale => ({ n: 0, mean: 0, m2: 0, frozen: null });

/** @throws RangeError naming `warmUp` (a whole number from 2). */
export const requireWarmUp = (warmUp: number): void => requireWhole('warmUp', warmUp, 2);

/**
 * The scale after one more value while it learns. It freezes at `warmUp` values (ddof 1), or later: a constant has no scale, so it waits for a value
 * that differs, and counts that one in. Then a single odd value after a long constant is no alarm, and a few of them are.
 */
export const learnScale = (scale: LearnedScale, value: number, warmUp: number): LearnedScale => {
  const n = scale.n + 1;
  const mean = scale.mean + (value - scale.mean) / n;
  const m2 = scale.m2 + (value - scale.mean) * (value - mean);
  const sd = n < 2 ? 0 : Math.sqrt(m2 / (n - 1));
  const known = n >= warmUp && sd > ROUNDING * Math.abs(mean);
  return { n, mean, m2, frozen: known ? { mean, sd } : null };
};

/** Standard deviations from the frozen mean, at most `limit` either way. */
export const onScale = (
  { mean, sd }: NonNullable<LearnedScale['frozen']>,
  value: number,
  limit: number,
): number => Math.max(-limit, Math.min(limit, (value - mean) / sd));
