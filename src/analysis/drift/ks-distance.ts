/** How far two samples' distribution functions are apart. Decides nothing; `ks-two-sample.ts` says how surprising that is. */
import type { Sorted } from './sorted.ts';

/**
 * D = sup |F_a - F_b| as a whole number of steps of 1 / (n m), so that equality with a bound is exact, and as a share.
 * Both distribution functions are evaluated after each distinct value, which is what makes ties right.
 */
export interface KsDistance {
  readonly steps: number;
  readonly d: number;
}

/** Of two samples that are not empty. */
export const ksDistanceOfSorted = (a: Sorted, b: Sorted): KsDistance => {
  const [n, m] = [a.length, b.length];
  let [i, j, steps] = [0, 0, 0];
  while (i < n && j < m) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < n && a[i]! <= value) i += 1;
    while (j < m && b[j]! <= value) j += 1;
    steps = Math.max(steps, Math.abs(i * m - j * n));
  }
  return { steps, d: steps / (n * m) };
};
