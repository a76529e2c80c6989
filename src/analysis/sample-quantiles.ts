/**
 * Exact quantiles of a sample in three conventions. For sketches of streams see `quantile` and its error bound; nothing here estimates.
 * Golden family `quantiles`.
 */
import { requireClosedUnit } from '../math/require.ts';
import { defined, undefinedBecause, type Statistic } from './result.ts';

/**
 * `type7`: linear between order statistics at (n - 1) q, the default of R and NumPy (Hyndman, Fan, 1996). `lower`: the order statistic
 * at floor((n - 1) q), what a DDSketch answers. `invertedCdf`: the smallest value with at least a share q at or below it.
 */
export type QuantileMethod = 'type7' | 'lower' | 'invertedCdf';

/** The value between two order statistics; exact where they are equal, and without overflow of their difference. */
const between = (low: number, high: number, share: number): number =>
  low === high ? low : Math.min(high, Math.max(low, (1 - share) * low + share * high));

const METHODS: Readonly<Record<QuantileMethod, (sorted: readonly number[], q: number) => number>> = {
  type7: (sorted, q) => {
    const at = (sorted.length - 1) * q;
    const below = Math.floor(at);
    return between(sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!, at - below);
  },
  lower: (sorted, q) => sorted[Math.floor((sorted.length - 1) * q)]!,
  invertedCdf: (sorted, q) => sorted[Math.max(0, Math.ceil(sorted.length * q - 1))]!,
};

/**
 * The quantiles of `values` (any order, left as they are) at each q, from one sort. Undefined for an empty sample.
 * @throws RangeError naming `values` when one is not finite, `qs` when one is outside 0..1, or `method`.
 */
export const sampleQuantiles = (
  values: readonly number[],
  qs: readonly number[],
  method: QuantileMethod = 'type7',
): Statistic<readonly number[]> => {
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new RangeError(`values must be finite numbers, got ${bad}`);
  for (const q of qs) requireClosedUnit('qs', q);
  if (!Object.hasOwn(METHODS, method)) {
    throw new RangeError(`method must be type7, lower or invertedCdf, got ${method}`);
  }
  if (values.length === 0) return undefinedBecause('empty sample');
  const sorted = values.toSorted((a, b) => a - b);
  return defined(qs.map((q) => METHODS[method](sorted, q)));
};
