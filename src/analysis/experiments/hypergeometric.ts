/**
 * The hypergeometric distribution: successes of arm b when the total is fixed and the arms do not differ. Logarithms by the saddle point of
 * Loader, "Fast and accurate computation of binomial probabilities" (2000), so that millions of trials cost no digits; tails by
 * recurrence away from their largest term.
 */
import { stirlingError } from '../../math/log-gamma.ts';
import { log1pMinusX } from '../../math/near-cancellation.ts';

/** `drawn` of `nA + nB` trials succeeded; the variable is how many of them lie in arm b. */
export interface Hypergeometric {
  readonly nA: number;
  readonly nB: number;
  readonly drawn: number;
}

/** x ln(x / mean) + mean - x, without cancellation. */
const deviance = (x: number, mean: number): number => -x * log1pMinusX((mean - x) / x);

/** Log of the binomial probability of x in n, at p and q = 1 - p, both between 0 and 1. */
const logBinomialPmf = (x: number, n: number, p: number, q: number): number => {
  if (n === 0) return 0;
  if (x === 0) return p < 0.5 ? n * Math.log1p(-p) : n * Math.log(q);
  if (x === n) return q < 0.5 ? n * Math.log1p(-q) : n * Math.log(p);
  const bulk = stirlingError(n) - stirlingError(x) - stirlingError(n - x);
  const spread = Math.log(2 * Math.PI) + Math.log(x) + Math.log1p(-x / n);
  return bulk - deviance(x, n * p) - deviance(n - x, n * q) - spread / 2;
};

/** The smallest and the largest value. */
export const supportOf = ({ nA, nB, drawn }: Hypergeometric): readonly [number, number] => [
  Math.max(0, drawn - nA),
  Math.min(nB, drawn),
];

/** The most probable value (the larger of two). */
export const modeOf = ({ nA, nB, drawn }: Hypergeometric): number =>
  Math.floor(((drawn + 1) * (nB + 1)) / (nA + nB + 2));

/** Log of P(X = k) for k in the support. */
export const logPmf = (k: number, { nA, nB, drawn }: Hypergeometric): number => {
  const total = nA + nB;
  if (drawn === 0 || drawn === total) return 0;
  const [p, q] = [drawn / total, (total - drawn) / total];
  return (
    logBinomialPmf(k, nB, p, q) + logBinomialPmf(drawn - k, nA, p, q) - logBinomialPmf(drawn, total, p, q)
  );
};

/** P(X >= k) for `up`, P(X <= k) for `down`, summed outwards; for k on that side of the mode the terms fall. */
const outward = (from: number, direction: 'up' | 'down', urn: Hypergeometric): number => {
  const { nA, nB, drawn } = urn;
  const [low, high] = supportOf(urn);
  if (from < low || from > high) return 0;
  let term = 1;
  let sum = 1;
  for (let k = from; ;) {
    if (direction === 'up') {
      if (k >= high) break;
      term *= ((nB - k) * (drawn - k)) / ((k + 1) * (nA - drawn + k + 1));
      k += 1;
    } else {
      if (k <= low) break;
      term *= (k * (nA - drawn + k)) / ((nB - k + 1) * (drawn - k + 1));
      k -= 1;
    }
    sum += term;
    if (term < sum * 1e-18) break;
  }
  return Math.exp(logPmf(from, urn) + Math.log(sum));
};

/** P(X >= k), to relative precision in the upper tail. */
export const upperTail = (k: number, urn: Hypergeometric): number => {
  const [low, high] = supportOf(urn);
  if (k <= low) return 1;
  if (k > high) return 0;
  return Math.min(1, k >= modeOf(urn) ? outward(k, 'up', urn) : 1 - outward(k - 1, 'down', urn));
};

/** P(X <= k), to relative precision in the lower tail. */
export const lowerTail = (k: number, urn: Hypergeometric): number => {
  const [low, high] = supportOf(urn);
  if (k >= high) return 1;
  if (k < low) return 0;
  return Math.min(1, k <= modeOf(urn) ? outward(k, 'down', urn) : 1 - outward(k + 1, 'up', urn));
};
