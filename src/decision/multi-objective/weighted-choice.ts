/**
 * The point with the best weighted sum of its objectives, each brought to 0..1 first. It states how each score came about.
 * A weighted sum finds only points on the convex hull of the front; where the front bends inwards, use `constrained-choice.ts`.
 */
import { fieldOf, gainsOfAll, type Objective, type Point } from '../../analysis/pareto/objectives.ts';
import { requireWeightSum } from './weights.ts';

/** What counts as 0 and as 1 of an objective: its worst and best value. */
export interface Scale {
  readonly worst: number;
  readonly best: number;
}

export interface WeightedInput {
  readonly points: readonly Point[];
  readonly objectives: readonly Objective[];
  /** One per objective by name, from 0, summing to 1. */
  readonly weights: Readonly<Record<string, number>>;
  /**
   * Fixed scales by objective name. Left out: the range of the points themselves, in which one new extreme point can turn the choice
   * between two others; give scales where that must not be.
   */
  readonly scales?: Readonly<Record<string, Scale>>;
}

/** The score of one point, 0..1, and the share of it that each objective brought. */
export interface WeightedScore {
  readonly score: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** `chosen` is an index, null without points. */
export interface WeightedChoice {
  readonly chosen: number | null;
  readonly scores: readonly WeightedScore[];
  /** Objectives in which the points do not differ: they told nothing. */
  readonly uninformative: readonly string[];
}

interface GainScale {
  readonly low: number;
  readonly high: number;
}

const scaleOf = (
  { name, direction }: Objective,
  gains: readonly number[],
  scales: WeightedInput['scales'],
): GainScale => {
  const fixed = scales === undefined ? undefined : (fieldOf(scales, name) as Scale | undefined);
  if (fixed === undefined) {
    return {
      low: gains.reduce((a, b) => Math.min(a, b), Infinity),
      high: gains.reduce((a, b) => Math.max(a, b), -Infinity),
    };
  }
  const [low, high] = direction === 'max' ? [fixed.worst, fixed.best] : [-fixed.worst, -fixed.best];
  if (!Number.isFinite(low) || !Number.isFinite(high) || !(low < high)) {
    throw new RangeError(
      `scales.${name} must have a finite best that is better than its worst, got ${fixed.worst} to ${fixed.best}`,
    );
  }
  return { low, high };
};

/**
 * The point of the highest weighted score; ties go to the lowest index. Values beyond a fixed scale count as its end. An objective in which
 * all points are equal adds the same to every score (its whole weight), so that it cannot move the choice.
 * @throws RangeError naming `points`, `objectives`, `weights` or `scales`.
 */
export const weightedChoice = ({ points, objectives, weights, scales }: WeightedInput): WeightedChoice => {
  const gains = gainsOfAll(points, objectives);
  const weightOf = requireWeightSum(
    'weights',
    objectives.map(({ name }) => name),
    weights,
  );
  const ranges = objectives.map((objective, j) =>
    scaleOf(
      objective,
      gains.map((point) => point[j]!),
      scales,
    ),
  );
  const scores = gains.map((point): WeightedScore => {
    const parts = objectives.map(({ name }, j): readonly [string, number] => {
      const { low, high } = ranges[j]!;
      const share = high > low ? Math.min(1, Math.max(0, (point[j]! - low) / (high - low))) : 1;
      return [name, weightOf(name) * share];
    });
    return { score: parts.reduce((sum, [, part]) => sum + part, 0), parts: Object.fromEntries(parts) };
  });
  const chosen = scores.reduce((best, { score }, i) => (score > scores[best]!.score ? i : best), 0);
  const uninformative = objectives.flatMap(({ name }, j) =>
    gains.every((point) => point[j] === gains[0]![j]) ? [name] : [],
  );
  return { chosen: points.length === 0 ? null : chosen, scores, uninformative };
};
