/** Sorted samples and their quantiles, for tests that are made at every value: no checks, no list of closures. */
import { requireFinite } from '../../math/require.ts';

/** Numbers that are sorted upwards. */
export type Sorted = ArrayLike<number>;

export const ascending = (values: readonly number[]): Sorted => Float64Array.from(values).sort();

/** Sorted upwards. @throws RangeError naming `name` when an element is not finite. */
export const sortedSample = (name: string, values: readonly number[]): Sorted => {
  for (const value of values) requireFinite(name, value);
  return ascending(values);
};

/** The first place in `sorted` whose element is `value` or more. */
const placeOf = (sorted: Sorted, value: number): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** With `added` in its place and, where it is told, without one `dropped`, which must be there. */
export const resorted = (
  sorted: readonly number[],
  added: number,
  dropped: number | undefined,
): readonly number[] => {
  const rest = [...sorted];
  if (dropped !== undefined) rest.splice(placeOf(rest, dropped), 1);
  rest.splice(placeOf(rest, added), 0, added);
  return rest;
};

/**
 * The type-7 quantile of a sorted sample that is not empty, reckoned from the nearer order statistic: what falls on a value is that value to the
 * last bit (NumPy's way). A value on an edge belongs to the bin above, so bits count here; `sampleQuantiles` is for reports.
 */
export const quantileOfSorted = (sorted: Sorted, q: number): number => {
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const share = at - below;
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  if (!Number.isFinite(high - low)) return (1 - share) * low + share * high;
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
};
