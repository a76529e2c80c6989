/**
 * Exact volume of what a set of points beats, up to a reference point: the one figure by which two fronts compare. It needs a fixed
 * reference, else two figures mean nothing beside each other. Hypervolume by slicing objectives (While, Hingston, Barone, Huband, IEEE
 * Trans. Evol. Comput. 10(1), 2006). Golden family `pareto`.
 */
import { beats, gainsOf, gainsOfAll, type Objective, type Point } from './objectives.ts';

/** Volume of the union of the boxes [0, point], all places above 0, over the first `d` places. */
const volumeOf = (points: readonly (readonly number[])[], d: number): number => {
  if (points.length === 0) return 0;
  if (d === 1) return points.reduce((most, [gain = 0]) => Math.max(most, gain), 0);
  // Slices along the last place, from the top: below a point's height the region is that of the points at least as high.
  const sorted = [...points].sort((p, q) => q[d - 1]! - p[d - 1]!);
  let volume = 0;
  let above: readonly (readonly number[])[] = [];
  for (const [i, point] of sorted.entries()) {
    const head = point.slice(0, d - 1);
    // A point that is beaten in what is left adds nothing to any slice further down.
    if (!above.some((other) => beats(other, head) || other.every((gain, j) => gain === head[j]))) {
      above = [...above.filter((other) => !beats(head, other)), head];
    }
    const depth = point[d - 1]! - (sorted[i + 1]?.[d - 1] ?? 0);
    if (depth > 0) volume += depth * volumeOf(above, d - 1);
  }
  return volume;
};

/**
 * Volume of the region that the points beat and `reference` does not reach, in the product of the objectives' units. Points that are not
 * better than the reference in every objective add nothing. Time grows as n^(objectives - 1): meant for fronts of hundreds at up to 4, tens at 6.
 * @throws RangeError naming `points`, `objectives` or `reference`.
 */
export const hypervolumeIn = (
  points: readonly Point[],
  objectives: readonly Objective[],
  reference: Point,
): number => {
  const gains = gainsOfAll(points, objectives);
  const origin = gainsOf(reference, objectives, 'reference');
  const inside = gains
    .map((point) => point.map((gain, j) => gain - origin[j]!))
    .filter((point) => point.every((gain) => gain > 0));
  return volumeOf(inside, objectives.length);
};
