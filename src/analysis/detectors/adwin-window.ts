/**
 * ADWIN's window: a stream's recent values as buckets of 1, 2, 4, .. values with total and spread each, so that a window of W values
 * takes O(log W) memory, and the search for a cut that parts it into two means. Bifet, Gavalda, SDM 2007 (ADWIN2); spread after
 * Babcock et al., PODS 2003. Raises nothing by itself; `adwin.ts` does.
 */

/** Sum of some values and of their squared deviations from their mean. */
interface Bucket {
  readonly total: number;
  readonly m2: number;
}

/** `rows[r]` holds buckets of 2^r values, oldest first; rows go from the newest to the oldest values. `ticks` counts all values ever added. */
export interface AdwinWindow {
  readonly width: number;
  readonly total: number;
  readonly m2: number;
  readonly ticks: number;
  readonly rows: readonly (readonly Bucket[])[];
}

export interface CutSettings {
  readonly delta: number;
  readonly minWindowLength: number;
}

/** Older part, newer part, and how far apart their means may be by chance. */
export interface Cut {
  readonly olderMean: number;
  readonly newerMean: number;
  readonly epsilon: number;
}

export const emptyWindow = (): AdwinWindow => ({ width: 0, total: 0, m2: 0, ticks: 0, rows: [[]] });

/** Growth of the sum of squared deviations when parts with these means and sizes come together. */
const between = (n0: number, mean0: number, n1: number, mean1: number): number =>
  (n0 * n1 * (mean0 - mean1) ** 2) / (n0 + n1);

/** The two oldest buckets of each row that is too long become one of the next row. */
const compressed = (
  rows: readonly (readonly Bucket[])[],
  maxBuckets: number,
): readonly (readonly Bucket[])[] => {
  const next = [...rows];
  for (let r = 0; next[r]!.length > maxBuckets; r++) {
    const [first, second, ...rest] = next[r]! as readonly [Bucket, Bucket, ...Bucket[]];
    const size = 2 ** r;
    const merged = {
      total: first.total + second.total,
      m2: first.m2 + second.m2 + between(size, first.total / size, size, second.total / size),
    };
    next[r] = rest;
    next[r + 1] = [...(next[r + 1] ?? []), merged];
  }
  return next;
};

/** The window with one more value. */
export const withValue = (window: AdwinWindow, value: number, maxBuckets: number): AdwinWindow => {
  const { width, total, m2, ticks, rows } = window;
  const [newest = [], ...older] = rows;
  return {
    width: width + 1,
    total: total + value,
    m2: m2 + (width === 0 ? 0 : between(width, total / width, 1, value)),
    ticks: ticks + 1,
    rows: compressed([[...newest, { total: value, m2: 0 }], ...older], maxBuckets),
  };
};

/** The window without its oldest bucket; it must have another. */
export const withoutOldest = (window: AdwinWindow): AdwinWindow => {
  const last = window.rows.length - 1;
  const [oldest, ...rest] = window.rows[last]! as readonly [Bucket, ...Bucket[]];
  const size = 2 ** last;
  const width = window.width - size;
  const total = window.total - oldest.total;
  const lost = oldest.m2 + between(size, oldest.total / size, width, total / width);
  const rows = [...window.rows.slice(0, last), rest];
  while (rows.length > 1 && rows.at(-1)!.length === 0) rows.pop();
  return { ...window, width, total, m2: Math.max(0, window.m2 - lost), rows };
};

/**
 * The first cut, from the oldest, at which the means of both parts are further apart than epsilon: sqrt(2 m v ln(2 ln W / delta)) +
 * 2/3 m ln(2 ln W / delta), with v the window's variance and m = 1 / (n0 - min + 1) + 1 / (n1 - min + 1). Null when there is none.
 */
export const findCut = (window: AdwinWindow, { delta, minWindowLength }: CutSettings): Cut | null => {
  const { width, total, m2, rows } = window;
  const logTerm = Math.log((2 * Math.log(width)) / delta);
  const variance = m2 / width;
  let [n0, total0] = [0, 0];
  for (let r = rows.length - 1; r >= 0; r--) {
    for (const bucket of rows[r]!) {
      n0 += 2 ** r;
      total0 += bucket.total;
      const n1 = width - n0;
      if (n0 < minWindowLength) continue;
      if (n1 < minWindowLength) return null;
      const m = 1 / (n0 - minWindowLength + 1) + 1 / (n1 - minWindowLength + 1);
      const epsilon = Math.sqrt(2 * m * variance * logTerm) + (2 / 3) * logTerm * m;
      const [olderMean, newerMean] = [total0 / n0, (total - total0) / n1];
      if (Math.abs(olderMean - newerMean) > epsilon) return { olderMean, newerMean, epsilon };
    }
  }
  return null;
};
