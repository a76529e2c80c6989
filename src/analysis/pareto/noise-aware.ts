/**
 * The front of points that are known only within intervals: a point goes only if the intervals say that it is beaten. Ranking on means
 * drops a good point for a bad draw; here overlap keeps it. It decides nothing between what is left.
 *
 * When each interval covers its truth, nothing that is truly on the front is dropped. For that to hold for all points at once with
 * probability 1 - alpha, take each interval at alpha / (points * objectives).
 */
import { fieldOf, requireObjectives, type Objective } from './objectives.ts';

/** Where an objective's true value lies; `low` equal to `high` for one that is known. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export type RangedPoint = Readonly<Record<string, Range>>;

/** The range as gains: larger is better. */
const gainRange = (point: RangedPoint, { name, direction }: Objective, at: string): Range => {
  const range = fieldOf(point, name) as Range | undefined;
  const { low, high } = range ?? { low: Number.NaN, high: Number.NaN };
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) {
    throw new RangeError(
      `${at}.${name} must be a finite low and high that do not cross, got ${low} and ${high}`,
    );
  }
  return direction === 'max' ? { low, high } : { low: -high, high: -low };
};

const rangesOf = (point: RangedPoint, objectives: readonly Objective[], at: string): readonly Range[] =>
  objectives.map((objective) => gainRange(point, objective, at));

const surely = (p: readonly Range[], q: readonly Range[]): boolean =>
  p.every(({ low }, j) => low >= q[j]!.high) && p.some(({ low }, j) => low > q[j]!.high);

/**
 * True when p at its worst is no worse than q at its best in every objective, and better in one.
 * @throws RangeError naming `objectives`, `p` or `q`.
 */
export const surelyDominates = (
  p: RangedPoint,
  q: RangedPoint,
  objectives: readonly Objective[],
): boolean => {
  requireObjectives(objectives);
  return surely(rangesOf(p, objectives, 'p'), rangesOf(q, objectives, 'q'));
};

/**
 * Indices of the points that no other surely beats, rising. With ranges of width 0 this is `frontIn`.
 * @throws RangeError naming `points` or `objectives`.
 */
export const noiseAwareFront = (
  points: readonly RangedPoint[],
  objectives: readonly Objective[],
): readonly number[] => {
  requireObjectives(objectives);
  const ranges = points.map((point, i) => rangesOf(point, objectives, `points[${i}]`));
  return [...points.keys()].filter((i) => !ranges.some((other) => surely(other, ranges[i]!)));
};
