/**
 * The rank side of the Mann-Whitney test: pairs in which one arm is larger, ties, and what the statistic's chance of being so extreme is. From
 * ascending lists; looks at no shift and classes nothing.
 */
import { normalSf } from '../math/index.ts';
import { EXACT_PAIRS, exactLowerTail } from './mann-whitney-exact.ts';

/** Sum of t^3 - t over the runs of equal values of an ascending list. */
export const tieTerm = (sorted: Float64Array): number => {
  let [sum, run] = [0, 1];
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) {
      run += 1;
      continue;
    }
    sum += run ** 3 - run;
    run = 1;
  }
  return sum + run ** 3 - run;
};

/** Standard deviation of U when `ties` is the tie term of all n + m values. */
export const spreadOf = (n: number, m: number, ties: number): number => {
  const all = n + m;
  return Math.sqrt(Math.max(0, ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)))));
};

/** Pairs with b above a, ties as half, from two ascending lists. */
export const countPairs = (a: Float64Array, b: Float64Array): number => {
  let [below, upTo, twice] = [0, 0, 0];
  for (const value of b) {
    while (below < a.length && a[below]! < value) below += 1;
    upTo = Math.max(upTo, below);
    while (upTo < a.length && a[upTo]! <= value) upTo += 1;
    twice += below + upTo;
  }
  return twice / 2;
};

/** Chances under the null. `pExact` is null with ties or beyond `EXACT_PAIRS`. */
export interface RankChances {
  readonly pExact: number | null;
  readonly pAsymptotic: number;
  readonly pGreaterAsymptotic: number;
}

/**
 * Two-sided chances of a U as far from n m / 2 as `u`, and the one-sided one of a U as large. The normal approximation is corrected for ties and
 * for continuity; without any spread (all values equal) every U is the same and the chance is 1.
 */
export const rankChances = (n: number, m: number, u: number, ties: number): RankChances => {
  const pairs = n * m;
  const spread = spreadOf(n, m, ties);
  const tail = (from: number): number => (spread === 0 ? 1 : normalSf((from - pairs / 2 - 0.5) / spread));
  const least = Math.min(u, pairs - u);
  const isExact = ties === 0 && pairs <= EXACT_PAIRS;
  return {
    pExact: isExact ? Math.min(1, 2 * exactLowerTail(n, m, least)) : null,
    pAsymptotic: Math.min(1, 2 * tail(pairs - least)),
    pGreaterAsymptotic: tail(u),
  };
};
