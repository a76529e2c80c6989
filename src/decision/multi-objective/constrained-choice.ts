/**
 * The best point in one objective among those that keep limits on the others. It quotes the limit that each refused point breaks.
 * It reaches every point of a front, the inward bends too, and says in words what a weight says in none.
 */
import { beats, gainsOfAll, type Objective, type Point } from '../../analysis/pareto/objectives.ts';

/** Bounds on one objective in its own unit, both included; one may be left out. */
export interface Limit {
  readonly min?: number;
  readonly max?: number;
}

export interface ConstrainedInput {
  readonly points: readonly Point[];
  readonly objectives: readonly Objective[];
  /** The objective to be best in: the name of one of `objectives`. */
  readonly best: string;
  /** Limits by objective name. */
  readonly limits: Readonly<Record<string, Limit>>;
}

/** `chosen` is an index, null where no point keeps every limit. `objections[i]` is null for a point that does. */
export interface ConstrainedChoice {
  readonly chosen: number | null;
  readonly reason: string;
  readonly objections: readonly (string | null)[];
}

const requireLimits = (objectives: readonly Objective[], limits: ConstrainedInput['limits']): void => {
  for (const [name, { min = -Infinity, max = Infinity }] of Object.entries(limits)) {
    if (!objectives.some((objective) => objective.name === name)) {
      throw new RangeError(`limits must name objectives, got ${name}`);
    }
    if (!(min <= max) || min === Infinity || max === -Infinity) {
      throw new RangeError(`limits.${name} must have a min that is not above its max, got ${min} to ${max}`);
    }
  }
};

const objectionTo = (point: Point, limits: ConstrainedInput['limits']): string | null => {
  for (const [name, { min = -Infinity, max = Infinity }] of Object.entries(limits)) {
    const value = point[name]!;
    if (value < min) return `${name} ${value} < ${min}`;
    if (value > max) return `${name} ${value} > ${max}`;
  }
  return null;
};

/**
 * Chooses. Among points that are equally good in `best`, one that another of them beats in the rest is passed over, so the choice is never
 * beaten by a point that keeps the limits; then the lowest index.
 * @throws RangeError naming `points`, `objectives`, `best` or `limits`.
 */
export const constrainedChoice = ({
  points,
  objectives,
  best,
  limits,
}: ConstrainedInput): ConstrainedChoice => {
  const gains = gainsOfAll(points, objectives);
  const place = objectives.findIndex(({ name }) => name === best);
  if (place < 0) throw new RangeError(`best must be the name of an objective, got ${best}`);
  requireLimits(objectives, limits);
  const objections = points.map((point) => objectionTo(point, limits));
  const feasible = [...points.keys()].filter((i) => objections[i] === null);
  const top = feasible.reduce((most, i) => Math.max(most, gains[i]![place]!), -Infinity);
  const equals = feasible.filter((i) => gains[i]![place] === top);
  const chosen = equals.find((i) => !equals.some((j) => beats(gains[j]!, gains[i]!))) ?? null;
  const among = `${feasible.length} of ${points.length} points keep the limits`;
  const reason = chosen === null ? among : `best ${best} (${points[chosen]![best]}): ${among}`;
  return { chosen, reason, objections };
};
