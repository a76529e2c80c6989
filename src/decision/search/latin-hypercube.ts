/**
 * Points that cover every dimension evenly however few they are: one point in each of the n strata of each dimension. McKay, Beckman,
 * Conover, Technometrics 21, 1979. Which of several such samples is taken is decided by the widest gap between points (maximin: Johnson,
 * Moore, Ylvisaker, J. Stat. Plan. Inference 26, 1990). Golden family `lhs`.
 */
import type { Random } from '../../math/random.ts';
import { requireWhole } from '../../math/require.ts';
import { smallestDistance } from './design-quality.ts';
import { configurationAt, requireSpace, type Configuration, type Dimension } from './space.ts';

/** Points lie this share of a stratum away from its edges, so that no rounding of (i + u) / n moves one into the next stratum. */
const EDGE = 1e-6;

/** Beyond this many points rounding could eat the margin. */
export const LARGEST_SAMPLE = 1_000_000;

/** 0 to n - 1 in random order (Fisher, Yates). */
const shuffled = (n: number, random: Random): readonly number[] => {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
};

const requireSize = (n: number, dimensions: number): void => {
  requireWhole('n', n, 0);
  requireWhole('dimensions', dimensions, 1);
  if (n > LARGEST_SAMPLE) throw new RangeError(`n must be at most ${LARGEST_SAMPLE}, got ${n}`);
};

/**
 * A random Latin hypercube of n points in [0, 1)^dimensions: per dimension a random order of the strata, and a uniform place in each.
 * @throws RangeError naming `n` or `dimensions`.
 */
export const latinHypercube = (
  n: number,
  dimensions: number,
  random: Random,
): readonly (readonly number[])[] => {
  requireSize(n, dimensions);
  const columns = Array.from({ length: dimensions }, () =>
    shuffled(n, random).map((stratum) => (stratum + EDGE + random.next() * (1 - 2 * EDGE)) / n),
  );
  return Array.from({ length: n }, (_, i) => columns.map((column) => column[i]!));
};

/** Samples that the maximin choice is made from. */
export const MAXIMIN_CANDIDATES = 20;

/**
 * The one of `candidates` random Latin hypercubes whose two nearest points are farthest apart; ties go to the first.
 * Time grows with n^2: for designs of hundreds of points.
 * @throws RangeError naming `n`, `dimensions` or `candidates`.
 */
export const maximinLatinHypercube = (
  n: number,
  dimensions: number,
  random: Random,
  candidates: number = MAXIMIN_CANDIDATES,
): readonly (readonly number[])[] => {
  requireSize(n, dimensions);
  requireWhole('candidates', candidates, 1);
  let best = latinHypercube(n, dimensions, random);
  let widest = smallestDistance(best);
  for (let k = 1; k < candidates; k++) {
    const sample = latinHypercube(n, dimensions, random);
    const gap = smallestDistance(sample);
    if (gap > widest) [best, widest] = [sample, gap];
  }
  return best;
};

/**
 * `n` configurations of a space by a maximin Latin hypercube.
 * @throws RangeError naming `space`, `n` or `candidates`.
 */
export const spreadConfigurations = (
  space: readonly Dimension[],
  n: number,
  random: Random,
  candidates: number = MAXIMIN_CANDIDATES,
): readonly Configuration[] => {
  requireSpace(space);
  if (space.length === 0) throw new RangeError('space must have one dimension or more, got none');
  return maximinLatinHypercube(n, space.length, random, candidates).map((shares) =>
    configurationAt(space, shares),
  );
};
