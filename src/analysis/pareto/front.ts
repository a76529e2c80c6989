/**
 * The points that no other point beats, over any number of objectives. Exact duplicates do not beat each other: they stay or go together.
 * It ranks point estimates and is blind to noise; `noise-aware.ts` is not. Golden family `pareto`.
 */
import { beats, gainsOf, gainsOfAll, requireObjectives, type Objective, type Point } from './objectives.ts';

/**
 * True when p is no worse than q in every objective and better in one.
 * @throws RangeError naming `objectives`, `p` or `q`.
 */
export const dominatesIn = (p: Point, q: Point, objectives: readonly Objective[]): boolean => {
  requireObjectives(objectives);
  return beats(gainsOf(p, objectives, 'p'), gainsOf(q, objectives, 'q'));
};

/**
 * Rank of each point by repeated peeling: 0 is the front, 1 the front of what is left, and so on. In the order of the points.
 * @throws RangeError naming `points` or `objectives`.
 */
export const ranksIn = (points: readonly Point[], objectives: readonly Objective[]): readonly number[] => {
  const gains = gainsOfAll(points, objectives);
  const ranks = Array.from<number>({ length: points.length }).fill(0);
  let left = [...points.keys()];
  for (let rank = 0; left.length > 0; rank++) {
    const beaten = left.filter((i) => left.some((j) => beats(gains[j]!, gains[i]!)));
    for (const i of left) ranks[i] = rank;
    left = beaten;
  }
  return ranks;
};

/** Indices of the points that no other beats, rising. @throws RangeError naming `points` or `objectives`. */
export const frontIn = (points: readonly Point[], objectives: readonly Objective[]): readonly number[] => {
  const gains = gainsOfAll(points, objectives);
  return [...points.keys()].filter((i) => !gains.some((other) => beats(other, gains[i]!)));
};

/**
 * Indices of the points that no other beats by more than what is given away: p beats q when p is no worse in every objective after q is
 * given that objective's epsilon, and better in one before. With every epsilon 0 this is `frontIn`; a larger epsilon only adds points.
 * @param epsilons per objective by name, from 0, in its own unit; one that is absent is 0.
 * @throws RangeError naming `points`, `objectives` or `epsilons`.
 */
export const epsilonFrontIn = (
  points: readonly Point[],
  objectives: readonly Objective[],
  epsilons: Readonly<Record<string, number>>,
): readonly number[] => {
  const gains = gainsOfAll(points, objectives);
  for (const [name, epsilon] of Object.entries(epsilons)) {
    if (!objectives.some((objective) => objective.name === name)) {
      throw new RangeError(`epsilons must name objectives, got ${name}`);
    }
    if (!(epsilon >= 0 && epsilon < Infinity)) {
      throw new RangeError(`epsilons.${name} must be a finite number from 0, got ${epsilon}`);
    }
  }
  const given = objectives.map(({ name }) => (Object.hasOwn(epsilons, name) ? epsilons[name]! : 0));
  const beatsByMore = (p: readonly number[], q: readonly number[]): boolean =>
    p.every((gain, j) => gain >= q[j]! + given[j]!) && p.some((gain, j) => gain > q[j]!);
  return [...points.keys()].filter((i) => !gains.some((other) => beatsByMore(other, gains[i]!)));
};
