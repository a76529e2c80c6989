/** The logarithm of the beta function, for mixtures over a rate, and of binomial coefficients, for sums over tables. */
import { logGamma, logGamma1p, stirlingError } from './log-gamma.ts';
import { requirePositive, requireWhole } from './require.ts';

/** From here on Stirling's formula is nearer to the answer than a difference of logarithms of gamma functions. */
const LARGE = 10;

/** ln B(a, b) for callers that checked a, b > 0. */
export const logBetaOf = (a: number, b: number): number => {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < LARGE) {
    // Gamma(a) = Gamma(1 + a) / a: for small a and b the poles are taken out first.
    return (
      logGamma1p(small) +
      logGamma1p(large) -
      logGamma1p(small + large) +
      Math.log((small + large) / small / large)
    );
  }
  const total = small + large;
  if (small < LARGE) {
    // ln Gamma(large) - ln Gamma(total), by Stirling's formula for both.
    const ratio =
      -(large - 0.5) * Math.log1p(small / large) -
      small * Math.log(total) +
      small +
      (stirlingError(large) - stirlingError(total));
    return logGamma(small) + ratio;
  }
  return (
    0.5 * Math.log(2 * Math.PI * (1 / small + 1 / large)) -
    large * Math.log1p(small / large) -
    small * Math.log1p(large / small) +
    (stirlingError(small) + stirlingError(large) - stirlingError(total))
  );
};

/**
 * ln B(a, b) for a, b > 0, relative error about 1e-14.
 * @throws RangeError naming `a` or `b` when it is not a finite number above 0.
 */
export const logBeta = (a: number, b: number): number => {
  requirePositive('a', a);
  requirePositive('b', b);
  return logBetaOf(a, b);
};

/**
 * ln of n choose k, for whole numbers 0 <= k <= n. Absolute error about 1e-15 times the answer's size.
 * @throws RangeError naming `n` or `k`.
 */
export const logBinomial = (n: number, k: number): number => {
  requireWhole('n', n, 0);
  requireWhole('k', k, 0);
  if (k > n) throw new RangeError(`k must be a whole number from 0 to n (${n}), got ${k}`);
  if (k === 0 || k === n) return 0;
  if (k === 1 || k === n - 1) return Math.log(n);
  return -Math.log(n + 1) - logBetaOf(n - k + 1, k + 1);
};
