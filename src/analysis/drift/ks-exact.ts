/**
 * The exact null distribution of the two-sample Kolmogorov-Smirnov distance (Hodges, Ark. Mat. 3, 1958). Without ties each order
 * of the pooled sample is a lattice path from (0, 0) to (n, m), all equally likely; with ties the answer is conservative.
 */

/**
 * P(D >= steps / (n m)) for sample sizes n, m >= 1. In O(n m) time and O(m) memory.
 *
 * Counts the paths that leave the band, not those that stay: all terms are positive, so a tail of 1e-40 keeps its digits, where
 * 1 - (share that stays) would be 0. Shares in place of counts keep it in range at any size:
 * share(i, j) = 1 outside the band, else i / (i + j) share(i - 1, j) + j / (i + j) share(i, j - 1).
 */
export const ksExactSf = (steps: number, n: number, m: number): number => {
  if (steps <= 0) return 1;
  const share = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i * m - j * n) >= steps) share[j] = 1;
      else if (i + j === 0) share[j] = 0;
      else share[j] = ((i > 0 ? i * share[j]! : 0) + (j > 0 ? j * share[j - 1]! : 0)) / (i + j);
    }
  }
  return share[m]!;
};
