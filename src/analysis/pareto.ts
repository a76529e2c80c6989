/**
 * Which of several configurations are not beaten in every respect by another. Quality is better when larger, cost and latency when
 * smaller; exact duplicates do not beat each other and stay together. Golden family `pareto`. It ranks point estimates and is blind to noise.
 */

/** One point; leave `latency` out (0) where it plays no part. */
export interface ParetoPoint {
  readonly quality: number;
  readonly cost: number;
  readonly latency: number;
}

/** True when p is no worse than q in every respect and better in one. */
export const dominates = (p: ParetoPoint, q: ParetoPoint): boolean =>
  p.quality >= q.quality &&
  p.cost <= q.cost &&
  p.latency <= q.latency &&
  (p.quality > q.quality || p.cost < q.cost || p.latency < q.latency);

const requireFinite = (points: readonly ParetoPoint[]): void => {
  points.forEach((point, i) => {
    for (const [field, value] of Object.entries(point)) {
      if (!Number.isFinite(value)) throw new RangeError(`points[${i}].${field} must be finite, got ${value}`);
    }
  });
};

/**
 * Rank of each point by repeated peeling: 0 is the front. In the order of the points; empty for none.
 * @throws RangeError naming the point and field that is not finite (it would survive every comparison).
 */
export const paretoRanks = (points: readonly ParetoPoint[]): readonly number[] => {
  requireFinite(points);
  const ranks = Array.from<number>({ length: points.length }).fill(-1);
  for (let rank = 0; ranks.includes(-1); rank++) {
    const left = [...points.keys()].filter((i) => ranks[i] === -1);
    const front = left.filter((i) => !left.some((j) => dominates(points[j]!, points[i]!)));
    for (const i of front) ranks[i] = rank;
  }
  return ranks;
};

/** Indices of the points on the front, rising. @throws RangeError as `paretoRanks`. */
export const paretoFront = (points: readonly ParetoPoint[]): readonly number[] => {
  requireFinite(points);
  return [...points.keys()].filter((i) => !points.some((p) => dominates(p, points[i]!)));
};

/**
 * Volume of the region that the points beat and `reference` does not reach, exact: sliced along quality, areas by staircase.
 * Points that are not better than the reference in all three respects add nothing.
 * @throws RangeError as `paretoRanks`.
 */
export const hypervolume = (points: readonly ParetoPoint[], reference: ParetoPoint): number => {
  requireFinite(points);
  const inside = points
    .filter((p) => p.quality > reference.quality && p.cost < reference.cost && p.latency < reference.latency)
    .sort((p, q) => q.quality - p.quality);
  return inside.reduce((volume, point, i) => {
    const below = inside[i + 1]?.quality ?? reference.quality;
    return volume + (point.quality - below) * areaOf(inside.slice(0, i + 1), reference);
  }, 0);
};

/** Area in the plane of cost and latency that at least one point beats, up to the reference. */
const areaOf = (points: readonly ParetoPoint[], reference: ParetoPoint): number => {
  let area = 0;
  let latency = reference.latency;
  for (const point of [...points].sort((p, q) => p.cost - q.cost || p.latency - q.latency)) {
    if (point.latency >= latency) continue;
    area += (reference.cost - point.cost) * (latency - point.latency);
    latency = point.latency;
  }
  return area;
};
