/** The difference of two cumulative points of one stream. Pure. */
import type { ExponentialValue, HistogramValue, PointValue } from './point.ts';

/** `now - before`, or null when the stream was reset between them: a count fell, or the buckets are others. */
export function differenceOf(now: PointValue, before: PointValue): PointValue | null {
  if (now.kind === 'number' && before.kind === 'number') {
    return now.value < before.value ? null : { kind: 'number', value: now.value - before.value };
  }
  if (now.kind === 'histogram' && before.kind === 'histogram') return ofHistograms(now, before);
  if (now.kind === 'exponential' && before.kind === 'exponential') return ofExponentials(now, before);
  return null;
}

function ofHistograms(now: HistogramValue, before: HistogramValue): HistogramValue | null {
  const sameBounds =
    now.bounds.length === before.bounds.length && now.bounds.every((bound, i) => bound === before.bounds[i]);
  // No value is below zero, so the sum falls only when the stream began anew.
  const fell = now.count < before.count || (now.sum ?? 0) < (before.sum ?? 0);
  if (!sameBounds || fell) return null;
  const counts = now.counts.map((count, i) => count - (before.counts[i] ?? 0));
  if (counts.some((count) => count < 0)) return null;
  // Without buckets nothing tells the new part's extremes.
  const extremes = counts.length === 0 ? { min: null, max: null } : {};
  return { ...now, ...newPart(now, before), ...extremes, counts };
}

function ofExponentials(now: ExponentialValue, before: ExponentialValue): ExponentialValue | null {
  // A stream coarsens its buckets as its range grows: both sides are read at the coarser scale.
  const scale = Math.min(now.scale, before.scale);
  const [a, b] = [atScale(now, scale), atScale(before, scale)];
  if (a.count < b.count || a.zeroCount < b.zeroCount) return null;
  const covered = b.counts.every((n, i) => n <= (a.counts[b.offset + i - a.offset] ?? 0));
  if (!covered) return null;
  const counts = a.counts.map((n, i) => n - (b.counts[a.offset + i - b.offset] ?? 0));
  return { ...a, ...newPart(now, before), zeroCount: a.zeroCount - b.zeroCount, counts };
}

/** The extremes of a cumulative point are of all time: the new part's are told from its buckets, within those. */
function newPart(
  now: HistogramValue | ExponentialValue,
  before: HistogramValue | ExponentialValue,
): Pick<HistogramValue, 'count' | 'sum'> {
  return {
    count: now.count - before.count,
    sum: now.sum === null || before.sum === null ? null : now.sum - before.sum,
  };
}

/** The same histogram with buckets 2^(its scale - `scale`) times as wide; `scale` is not above its own. */
export function atScale(value: ExponentialValue, scale: number): ExponentialValue {
  const shift = value.scale - scale;
  if (shift === 0 || value.counts.length === 0) return { ...value, scale };
  const width = 2 ** shift;
  const offset = Math.floor(value.offset / width);
  const last = Math.floor((value.offset + value.counts.length - 1) / width);
  const counts = Array.from<number>({ length: last - offset + 1 }).fill(0);
  value.counts.forEach((n, i) => {
    const k = Math.floor((value.offset + i) / width) - offset;
    counts[k] = (counts[k] ?? 0) + n;
  });
  return { ...value, scale, offset, counts };
}
