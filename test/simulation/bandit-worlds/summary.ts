/** Mean and standard error of runs, and whether they agree with a reference. */

export interface Mean {
  readonly mean: number;
  readonly se: number;
}

/** The standard error is 0 for fewer than two values. */
export const meanOf = (values: readonly number[]): Mean => {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const m2 = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, se: n < 2 ? 0 : Math.sqrt(m2 / (n - 1) / n) };
};

/** The difference in units of its standard error. */
export const offBy = (ours: Mean, reference: Mean): number =>
  (ours.mean - reference.mean) / Math.max(Math.sqrt(ours.se ** 2 + reference.se ** 2), 1e-12);

/** Runs that agree are within this many standard errors. */
export const BAND = 3;

/** Cells padded to the widths: the first to the left, the others to the right. */
export const row = (cells: readonly string[], widths: readonly number[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    .join('  ')
    .trimEnd();
