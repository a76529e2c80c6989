/**
 * P-values adjusted for there being several: reject where the adjusted one is at most alpha. Holm where an error costs (which variant wins),
 * Benjamini-Hochberg for a dashboard of metrics. All give the values in input order, monotone in p, equal for equal p, at most 1; an empty
 * list for an empty one. Golden family `multiple_testing`.
 */

const requirePValues = (p: readonly number[]): void => {
  if (!Array.isArray(p)) throw new TypeError('p must be a list of p-values');
  p.forEach((value, i) => {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`p[${i}] must be from 0 to 1, got ${value}`);
  });
};

/** Indices from the smallest p to the largest, ties by position. */
const ascending = (p: readonly number[]): readonly number[] =>
  [...p.keys()].sort((i, j) => p[i]! - p[j]! || i - j);

/** Adjusted values by rank, put back in input order; `walk` gives the ranks in the order in which the running extreme is taken. */
const adjust = (
  p: readonly number[],
  factorAt: (rank: number) => number,
  direction: 'step-down' | 'step-up',
): readonly number[] => {
  const order = ascending(p);
  const adjusted = Array.from<number>({ length: p.length });
  let extreme = direction === 'step-down' ? 0 : 1;
  for (let step = 0; step < p.length; step++) {
    const rank = direction === 'step-down' ? step : p.length - 1 - step;
    const scaled = Math.min(1, p[order[rank]!]! * factorAt(rank));
    extreme = direction === 'step-down' ? Math.max(extreme, scaled) : Math.min(extreme, scaled);
    adjusted[order[rank]!] = extreme;
  }
  return adjusted;
};

/** p times their number. @throws TypeError or RangeError naming `p`. */
export const bonferroni = (p: readonly number[]): readonly number[] => {
  requirePValues(p);
  return p.map((value) => Math.min(1, value * p.length));
};

/** Holm, Scand. J. Stat. 6, 1979: as safe as Bonferroni under any dependence, and sharper. @throws TypeError or RangeError naming `p`. */
export const holm = (p: readonly number[]): readonly number[] => {
  requirePValues(p);
  return adjust(p, (rank) => p.length - rank, 'step-down');
};

/**
 * Benjamini, Hochberg, JRSSB 57, 1995: for independent or positively dependent tests.
 * @throws TypeError or RangeError naming `p`.
 */
export const benjaminiHochberg = (p: readonly number[]): readonly number[] => {
  requirePValues(p);
  return adjust(p, (rank) => p.length / (rank + 1), 'step-up');
};

/** Benjamini, Yekutieli, Ann. Stat. 29, 2001: under any dependence. @throws TypeError or RangeError naming `p`. */
export const benjaminiYekutieli = (p: readonly number[]): readonly number[] => {
  requirePValues(p);
  const harmonic = p.reduce((sum, _, i) => sum + 1 / (i + 1), 0);
  return adjust(p, (rank) => (p.length * harmonic) / (rank + 1), 'step-up');
};
