/**
 * Order statistics of all differences b_j - a_i without making them: the Hodges-Lehmann shift is their median, and its interval lies
 * between two of them. Selection in a matrix with sorted rows, Johnson, Mizoguchi, SIAM J. Comput. 7(2), 1978.
 */

/** Differences that are left over are sorted outright. */
const FEW = 256;

/** First place in ascending `sorted` from `low` to `high` whose value plus `base` is not below (`beyond`: is above) `pivot`. */
const placeOf = (
  sorted: Float64Array,
  base: number,
  pivot: number,
  low: number,
  high: number,
  beyond: boolean,
): number => {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const value = sorted[middle]! + base;
    if (value < pivot || (beyond && value === pivot)) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** The value at which half of the weight lies to either side. */
const weightedMedian = (values: readonly { readonly value: number; readonly weight: number }[]): number => {
  const rising = values.toSorted((x, y) => x.value - y.value);
  const half = rising.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let seen = 0;
  for (const { value, weight } of rising) {
    seen += weight;
    if (seen >= half) return value;
  }
  return rising.at(-1)!.value;
};

/**
 * The k-th smallest (from 1) of all differences b_j - a_i of two ascending lists: the difference itself, to the last bit. About
 * log(n m) rounds of min(n, m) binary searches, and memory for the lists alone. 1 <= k <= n m: the caller checks.
 */
export const kthDifference = (a: Float64Array, b: Float64Array, k: number): number => {
  // b_j - a_i and (-a_i) + b_j are the same double, so the shorter list can make the rows.
  const negated = a.map((x) => -x).toReversed();
  const [rows, columns] = a.length <= b.length ? [negated, b] : [b, negated];
  const low = new Int32Array(rows.length);
  const high = new Int32Array(rows.length).fill(columns.length);
  let [below, left] = [0, rows.length * columns.length];
  while (left > FEW) {
    const middles: { value: number; weight: number }[] = [];
    rows.forEach((base, r) => {
      const [from, to] = [low[r]!, high[r]!];
      if (from < to) middles.push({ value: columns[(from + to) >>> 1]! + base, weight: to - from });
    });
    const pivot = weightedMedian(middles);
    const first = rows.map((base, r) => placeOf(columns, base, pivot, low[r]!, high[r]!, false));
    const last = rows.map((base, r) => placeOf(columns, base, pivot, first[r]!, high[r]!, true));
    const sum = (places: Float64Array): number => places.reduce((total, place) => total + place, 0);
    const [smaller, upTo] = [sum(first), sum(last)];
    if (k > smaller && k <= upTo) return pivot;
    if (k <= smaller) high.set(first);
    else {
      low.set(last);
      below = upTo;
    }
    left = high.reduce((total, to) => total + to, 0) - low.reduce((total, from) => total + from, 0);
  }
  const rest: number[] = [];
  rows.forEach((base, r) => {
    for (let c = low[r]!; c < high[r]!; c++) rest.push(columns[c]! + base);
  });
  return rest.sort((x, y) => x - y)[k - below - 1]!;
};
