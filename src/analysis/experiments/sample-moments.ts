/**
 * Count, mean and squared deviations of raw values, in two passes, so that a large offset costs no more digits than the values have. It
 * decides what counts as "no spread": all values the same, or a spread within the rounding of the mean.
 */
import { requireFinite, requireWhole } from '../../math/require.ts';
import type { Moments } from '../moments.ts';
import { requireFiniteList } from './arguments.ts';

/** Up to this many values are added in one go. */
const BLOCK = 128;

/**
 * Sum by pairwise addition (Higham, SIAM J. Sci. Comput. 14, 1993): the error grows with the logarithm of the count. In the order that
 * NumPy adds in, so that means tie out with SciPy's to the last bit.
 */
export const pairwiseSum = (values: readonly number[], from = 0, to = values.length): number => {
  const n = to - from;
  if (n > BLOCK) {
    const half = Math.floor(n / 2);
    const middle = from + half - (half % 8);
    return pairwiseSum(values, from, middle) + pairwiseSum(values, middle, to);
  }
  if (n < 8) return values.slice(from, to).reduce((sum, value) => sum + value, 0);
  const lanes = values.slice(from, from + 8);
  const full = from + n - (n % 8);
  for (let i = from + 8; i < full; i++) lanes[(i - from) % 8]! += values[i]!;
  const [r0, r1, r2, r3, r4, r5, r6, r7] = lanes as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  let sum = r0 + r1 + (r2 + r3) + (r4 + r5 + (r6 + r7));
  for (let i = full; i < to; i++) sum += values[i]!;
  return sum;
};

/** Spreads below this many units of rounding of the mean are rounding, not data. */
const ROUNDING = 4 * Number.EPSILON;

/** Whether `n` values about `mean` with squared deviations `m2` differ by no more than rounding. */
export const isRounding = (n: number, mean: number, m2: number): boolean => m2 <= n * (ROUNDING * mean) ** 2;

/** The moments with a spread that is only rounding taken as none. */
const withoutRounding = ({ n, mean, m2 }: Moments): Moments => ({
  n,
  mean,
  m2: isRounding(n, mean, m2) ? 0 : m2,
});

/**
 * Moments of a list; of an empty one n = 0. `name` is the parameter's name in messages.
 * @throws TypeError or RangeError naming the list or the value in it; RangeError when the squares leave the numbers (values near 1e154).
 */
export const momentsOfValues = (name: string, values: readonly number[]): Moments => {
  requireFiniteList(name, values);
  const n = values.length;
  if (n === 0) return { n: 0, mean: 0, m2: 0 };
  const first = values[0]!;
  if (values.every((value) => value === first)) return { n, mean: first, m2: 0 };
  const mean = pairwiseSum(values) / n;
  const m2 = pairwiseSum(values.map((value) => (value - mean) ** 2));
  if (!Number.isFinite(m2))
    throw new RangeError(`${name} must have a finite variance, its values are too large`);
  return withoutRounding({ n, mean, m2 });
};

/** Moments of one arm's values, for the functions that take moments. @throws TypeError or RangeError naming `values`. */
export const sampleMoments = (values: readonly number[]): Moments => momentsOfValues('values', values);

/**
 * Checks moments that came from elsewhere.
 * @throws RangeError naming `<name>.n` (a whole number from 0), `<name>.mean` or `<name>.m2` (finite, from 0).
 */
export const requireMoments = (name: string, moments: Moments): Moments => {
  requireWhole(`${name}.n`, moments.n, 0);
  requireFinite(`${name}.mean`, moments.mean);
  if (!(moments.m2 >= 0 && moments.m2 < Infinity)) {
    throw new RangeError(`${name}.m2 must be a finite number from 0, got ${moments.m2}`);
  }
  return withoutRounding(moments);
};
