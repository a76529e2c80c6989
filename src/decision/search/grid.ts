/** Every combination of given values, in row-major order: the last dimension varies fastest. Golden family `lhs`, its `grid` cases. */
import { requireWhole } from '../../math/require.ts';
import { configurationAt, requireSpace, type Configuration, type Dimension } from './space.ts';

/** A grid of more points is refused: it is a mistake, or a search that should draw. */
export const LARGEST_GRID = 1_000_000;

/**
 * The Cartesian product. An empty dimension leaves nothing; no dimensions leave the one empty combination.
 * @throws RangeError naming `values` when there would be more than `LARGEST_GRID` points.
 */
export const gridOf = <T>(values: readonly (readonly T[])[]): readonly (readonly T[])[] => {
  const count = values.reduce((product, { length }) => product * length, 1);
  if (count > LARGEST_GRID)
    throw new RangeError(`values must make at most ${LARGEST_GRID} points, got ${count}`);
  return values.reduce<readonly (readonly T[])[]>(
    (points, dimension) => points.flatMap((point) => dimension.map((value) => [...point, value])),
    [[]],
  );
};

/** Shares of `levels` evenly spread over a range with both its ends. */
const evenly = (levels: number): readonly number[] =>
  levels === 1 ? [0.5] : Array.from({ length: levels }, (_, k) => k / (levels - 1));

const sharesOf = (dimension: Dimension, levels: number): readonly number[] => {
  if (dimension.kind === 'uniform' || dimension.kind === 'logUniform') return evenly(levels);
  const count =
    dimension.kind === 'categorical' ? dimension.values.length : dimension.high - dimension.low + 1;
  // Every category; of whole numbers at most `levels`, spread over the range, each from the middle of its own share.
  const taken = dimension.kind === 'categorical' || count <= levels ? count : levels;
  return evenly(taken).map((share) => (Math.round(share * (count - 1)) + 0.5) / count);
};

/**
 * A grid over a space: `levels` values of each numeric dimension with both its ends (the middle for 1), all categories, row-major.
 * @throws RangeError naming `space`, `levels`, or `values` when the grid would be too large.
 */
export const gridOver = (space: readonly Dimension[], levels: number): readonly Configuration[] => {
  requireSpace(space);
  requireWhole('levels', levels, 1);
  return gridOf(space.map((dimension) => sharesOf(dimension, levels))).map((shares) =>
    configurationAt(space, shares),
  );
};
