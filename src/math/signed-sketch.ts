/**
 * Quantiles of values of either sign (differences, rewards) with a relative error of at most alpha: one DDSketch for what is zero or
 * above, one for the mirror image of what is below. Decides nothing. Golden family `ddsketch`, its case `negatives` included.
 */
import type { SketchState } from '../domain/window.ts';
import {
  addAllToSketch,
  emptySketch,
  mergeSketches,
  SKETCH_ALPHA,
  sketchCount,
  valueAtRank,
} from './ddsketch.ts';
import { requireClosedUnit } from './require.ts';

/** Both halves share alpha. `below` holds the absolute values of the negative ones. */
export interface SignedSketch {
  readonly below: SketchState;
  readonly above: SketchState;
}

/** A signed sketch of nothing. @throws RangeError naming `alpha`. */
export const emptySignedSketch = (alpha: number = SKETCH_ALPHA): SignedSketch => ({
  below: emptySketch(alpha),
  above: emptySketch(alpha),
});

/**
 * The sketch with every one of `values` seen once more.
 * @throws RangeError naming `values[i]` when it is not finite or beyond `LARGEST_TRACKABLE` in size.
 */
export const addAllToSignedSketch = (sketch: SignedSketch, values: readonly number[]): SignedSketch => {
  // Checked together first, so that the message counts places in `values` and not in a half of it.
  addAllToSketch(emptySketch(sketch.above.alpha), values.map(Math.abs));
  return {
    below: addAllToSketch(
      sketch.below,
      values.filter((v) => v < 0).map((v) => -v),
    ),
    above: addAllToSketch(
      sketch.above,
      values.filter((v) => v >= 0),
    ),
  };
};

/** The sketch of both sets of values together. @throws RangeError naming `b` when the accuracies differ. */
export const mergeSignedSketches = (a: SignedSketch, b: SignedSketch): SignedSketch => ({
  below: mergeSketches(a.below, b.below),
  above: mergeSketches(a.above, b.above),
});

/** How many values the sketch holds. */
export const signedSketchCount = ({ below, above }: SignedSketch): number =>
  sketchCount(below) + sketchCount(above);

/**
 * The lower order statistic x_(floor((n-1)q)) within a relative error of alpha; null for a sketch of nothing.
 * @throws RangeError when q is outside 0..1.
 */
export const signedQuantile = ({ below, above }: SignedSketch, q: number): number | null => {
  requireClosedUnit('q', q);
  const negatives = sketchCount(below);
  const total = negatives + sketchCount(above);
  if (total === 0) return null;
  const rank = Math.floor((total - 1) * q);
  if (rank >= negatives) return valueAtRank(above, rank - negatives);
  // The r-th value from below is the r-th largest of the mirrored half.
  const mirrored = valueAtRank(below, negatives - 1 - rank);
  return mirrored === 0 ? 0 : -mirrored!;
};
