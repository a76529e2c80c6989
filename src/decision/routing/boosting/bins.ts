/**
 * Cuts each feature into few ordered classes, once per training, so that a split is found by sums over classes in place of sorting rows.
 * Cuts lie halfway between values that were seen, at about equal counts of rows.
 */

/** Ascending cuts per feature; a value's class is the number of cuts at or below it. A feature that never varies has none. */
export type Cuts = readonly (readonly number[])[];

const cutsOf = (values: readonly number[], most: number): readonly number[] => {
  const sorted = values.toSorted((a, b) => a - b);
  const cuts: number[] = [];
  const between: { readonly cut: number; readonly below: number }[] = [];
  for (let i = 1; i < sorted.length; i++) {
    const [low, high] = [sorted[i - 1]!, sorted[i]!];
    if (high > low) between.push({ cut: low / 2 + high / 2, below: i });
  }
  if (between.length < most) return between.map(({ cut }) => cut);
  let next = 1;
  for (const { cut, below } of between) {
    if (below < (next * sorted.length) / most) continue;
    cuts.push(cut);
    next = Math.floor((below * most) / sorted.length) + 1;
  }
  return cuts;
};

/** At most `most` - 1 cuts for each of the features of `rows`. */
export const findCuts = (rows: readonly (readonly number[])[], most: number): Cuts =>
  (rows[0] ?? []).map((_, feature) =>
    cutsOf(
      rows.map((row) => row[feature]!),
      most,
    ),
  );

/** The class of a value: how many cuts are at or below it. */
export const classOf = (cuts: readonly number[], value: number): number => {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cuts[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};
