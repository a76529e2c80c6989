/** Count, mean and sum of squared deviations of a stream, merged by Chan's formula so that a large mean costs no digits. */

/** `m2` is the sum of (value - mean)^2. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
}

export const emptyMoments = (): Moments => ({ n: 0, mean: 0, m2: 0 });

/** Moments of one block from its count, sum and sum of squares; rounding below zero is taken as zero variance. */
export const momentsOf = (count: number, sum: number, sumOfSquares: number): Moments => {
  if (count === 0) return emptyMoments();
  const mean = sum / count;
  return { n: count, mean, m2: Math.max(0, sumOfSquares - sum * mean) };
};

/** Moments of both sets together (Chan, Golub, LeVeque 1983). */
export const mergeMoments = (a: Moments, b: Moments): Moments => {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const gap = b.mean - a.mean;
  return { n, mean: a.mean + (gap * b.n) / n, m2: a.m2 + b.m2 + (gap * gap * a.n * b.n) / n };
};

/** Unbiased variance, null below two observations. */
export const varianceOf = ({ n, m2 }: Moments): number | null => (n < 2 ? null : m2 / (n - 1));
