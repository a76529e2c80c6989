/**
 * The knee of a front: the point whose neighbours give up much in one objective to win little in another. It says where the bend is and
 * decides nothing. Das, "On characterizing the knee of the Pareto curve based on normal-boundary intersection", Structural Optimization
 * 18, 1999: the greatest distance from the plane through the front's extremes towards the ideal point.
 *
 * Not the expected marginal utility of Branke et al. (PPSN 2004): it rewards points that stand alone. On a front with points at .5, .8 and
 * .9 of the way round a sharp bend at .8 it answers .5, because .8 and .9 can stand in for each other.
 */
import { frontIn } from './front.ts';
import { gainsOfAll, type Objective, type Point } from './objectives.ts';

/**
 * The knee: an index into the points, and how far beyond the plane of the extremes it lies in units of the normalised front. Above 0 the
 * front bends outwards there; 0 or less, the front is straight or bends inwards and has no knee worth the name.
 */
export interface Knee {
  readonly index: number;
  readonly distance: number;
}

/** Sums of shares that differ by less are the same: a straight front must not be decided by its last digit. */
const ROUNDING = 1e-12;

/**
 * The knee of the points' front; null without points. Each objective is brought to 0..1 by the front's own range, so units play no part;
 * the plane is that through (1, 0, ...), (0, 1, ...) and so on, where a front of two objectives has its extremes. Objectives in which the front
 * does not differ are left out. Ties go to the lowest index.
 * @throws RangeError naming `points` or `objectives`.
 */
export const kneeOf = (points: readonly Point[], objectives: readonly Objective[]): Knee | null => {
  const gains = gainsOfAll(points, objectives);
  const front = frontIn(points, objectives);
  const [first] = front;
  if (first === undefined) return null;
  const ranges = objectives.flatMap((_, j) => {
    const low = front.reduce((least, i) => Math.min(least, gains[i]![j]!), Infinity);
    const high = front.reduce((most, i) => Math.max(most, gains[i]![j]!), -Infinity);
    return high > low ? [{ j, low, range: high - low }] : [];
  });
  if (ranges.length === 0) return { index: first, distance: 0 };
  const beyond = (i: number): number =>
    ranges.reduce((sum, { j, low, range }) => sum + (gains[i]![j]! - low) / range, -1);
  const index = front.reduce((best, i) => (beyond(i) > beyond(best) + ROUNDING ? i : best), first);
  return { index, distance: beyond(index) / Math.sqrt(ranges.length) };
};
