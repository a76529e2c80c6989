/**
 * Which of several configurations are not beaten in every respect by another: quality is better when larger, cost and latency when
 * smaller. The product's own three objectives, a case of `pareto/`. Golden family `pareto`. It ranks point estimates and is blind to noise.
 */
import { dominatesIn, frontIn, ranksIn } from './pareto/front.ts';
import { hypervolumeIn } from './pareto/hypervolume.ts';
import type { Objective, Point } from './pareto/objectives.ts';

/** One point; leave `latency` out (0) where it plays no part. */
export interface ParetoPoint {
  readonly quality: number;
  readonly cost: number;
  readonly latency: number;
}

/** The product's objectives, in the order in which ties are read. */
export const OBJECTIVES: readonly Objective[] = [
  { name: 'quality', direction: 'max' },
  { name: 'cost', direction: 'min' },
  { name: 'latency', direction: 'min' },
];

const plain = ({ quality, cost, latency }: ParetoPoint): Point => ({ quality, cost, latency });

/** True when p is no worse than q in every respect and better in one. @throws RangeError naming `p` or `q`. */
export const dominates = (p: ParetoPoint, q: ParetoPoint): boolean =>
  dominatesIn(plain(p), plain(q), OBJECTIVES);

/**
 * Rank of each point by repeated peeling: 0 is the front. In the order of the points; empty for none.
 * @throws RangeError naming the point and field that is not finite (it would survive every comparison).
 */
export const paretoRanks = (points: readonly ParetoPoint[]): readonly number[] =>
  ranksIn(points.map(plain), OBJECTIVES);

/** Indices of the points on the front, rising. @throws RangeError as `paretoRanks`. */
export const paretoFront = (points: readonly ParetoPoint[]): readonly number[] =>
  frontIn(points.map(plain), OBJECTIVES);

/**
 * Volume of the region that the points beat and `reference` does not reach, exact.
 * Points that are not better than the reference in all three respects add nothing.
 * @throws RangeError as `paretoRanks`, or naming `reference`.
 */
export const hypervolume = (points: readonly ParetoPoint[], reference: ParetoPoint): number =>
  hypervolumeIn(points.map(plain), OBJECTIVES, plain(reference));
