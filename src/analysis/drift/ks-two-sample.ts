/**
 * Two-sample Kolmogorov-Smirnov test: whether two samples come from one distribution, whatever differs. Golden family `ks_two_sample`.
 * One test of two samples: repeated looks need `ksDetector`, which spends its error over them.
 */
import { kolmogorovSf } from '../../math/distributions/kolmogorov.ts';
import { requireOpenUnit, requireWhole } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { ksDistanceOfSorted } from './ks-distance.ts';
import { ksExactSf } from './ks-exact.ts';
import { ksOneSampleSf } from './ks-one-sample.ts';
import { sortedSample } from './sorted.ts';

/** Up to this many pairs the path count is used, which takes a step per pair. */
export const KS_EXACT_PAIRS = 10_000;

export interface KsTest {
  /** sup |F_a - F_b|, 0 to 1. */
  readonly d: number;
  /** `pExact` up to KS_EXACT_PAIRS pairs of values, else `pStephens`. */
  readonly p: number;
  readonly method: 'exact' | 'stephens';
  /** By path count; conservative under ties. Null above KS_EXACT_PAIRS. */
  readonly pExact: number | null;
  /** Kolmogorov's limit at (sqrt(en) + .12 + .11 / sqrt(en)) d, with en = n m / (n + m) (Stephens, J. R. Stat. Soc. B 32, 1970). */
  readonly pStephens: number;
  /** Kolmogorov's limit at sqrt(en) d. */
  readonly pKolmogorov: number;
  /** The one-sample distribution at n = round(en): SciPy's `asymp`. */
  readonly pOneSample: number;
}

const stephensSf = (d: number, n: number, m: number): number => {
  const root = Math.sqrt((n * m) / (n + m));
  return kolmogorovSf((root + 0.12 + 0.11 / root) * d);
};

/** To the nearest whole number, halves to even, as SciPy rounds the effective size. */
const roundHalfEven = (x: number): number => {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
};

/**
 * The test of `a` against `b` (any order, left as they are). Undefined when one of them is empty.
 * @throws RangeError naming `a` or `b` when an element is not finite.
 */
export const ksTwoSample = (a: readonly number[], b: readonly number[]): Statistic<KsTest> => {
  const [sortedA, sortedB] = [sortedSample('a', a), sortedSample('b', b)];
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return undefinedBecause('empty sample');
  const { steps, d } = ksDistanceOfSorted(sortedA, sortedB);
  const effective = (n * m) / (n + m);
  const pExact = n * m <= KS_EXACT_PAIRS ? ksExactSf(steps, n, m) : null;
  const pStephens = stephensSf(d, n, m);
  return defined({
    d,
    p: pExact ?? pStephens,
    method: pExact === null ? 'stephens' : 'exact',
    pExact,
    pStephens,
    pKolmogorov: kolmogorovSf(Math.sqrt(effective) * d),
    pOneSample: ksOneSampleSf(d, Math.max(1, roundHalfEven(effective))),
  });
};

/**
 * The smallest number of steps of 1 / (n m) at which D has p <= alpha, for a test that is made at every value with the same sizes;
 * n m + 1 (out of reach) where even D = 1 has not.
 * @throws RangeError naming `n`, `m` (whole numbers from 1) or `alpha` (between 0 and 1).
 */
export const ksCriticalSteps = (n: number, m: number, alpha: number): number => {
  requireWhole('n', n, 1);
  requireWhole('m', m, 1);
  requireOpenUnit('alpha', alpha);
  const p = (steps: number): number =>
    n * m <= KS_EXACT_PAIRS ? ksExactSf(steps, n, m) : stephensSf(steps / (n * m), n, m);
  let [low, high] = [0, n * m + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (p(middle) <= alpha) high = middle;
    else low = middle;
  }
  return high;
};
