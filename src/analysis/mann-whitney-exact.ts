/**
 * The exact distribution of the Mann-Whitney statistic without ties, by the recursion over which arm holds the largest value (Mann, Whitney,
 * Ann. Math. Stat. 18(1), 1947), in probabilities: only sums of positive terms, so a tiny tail keeps its digits.
 */

/** Pairs up to which the exact tail is computed; beyond, the normal approximation serves, rough where an arm holds only a few values. */
export const EXACT_PAIRS = 2500;

/**
 * P(U <= u) for arms of `n` and `m` values without ties under the null. Takes n m (u + 1) additions and m (u + 1) numbers.
 * `n` and `m` are whole numbers from 1, `u` one from 0 to n m: the caller checks.
 */
export const exactLowerTail = (n: number, m: number, u: number): number => {
  // row[j][v] is P(U = v) for arms of i and j values; i = 0 has no pairs.
  let row = Array.from({ length: m + 1 }, () => new Float64Array(u + 1).fill(1, 0, 1));
  for (let i = 1; i <= n; i++) {
    const next = [row[0]!];
    for (let j = 1; j <= m; j++) {
      const [without, before] = [row[j]!, next[j - 1]!];
      const share = i / (i + j);
      const here = before.map((p) => p * (1 - share));
      // The largest value is of the first arm: it beats all j of the other.
      for (let v = j; v <= u; v++) here[v]! += share * without[v - j]!;
      next.push(here);
    }
    row = next;
  }
  return Math.min(
    1,
    row[m]!.reduce((sum, p) => sum + p, 0),
  );
};
