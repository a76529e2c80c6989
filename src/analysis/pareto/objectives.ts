/**
 * What several objectives are, and points turned so that larger is better in each. It compares nothing.
 * A point with a value that is not finite is refused: NaN compares false both ways and would survive on every front.
 */

/** One objective: the field of the points it reads, and which way is better. */
export interface Objective {
  readonly name: string;
  readonly direction: 'max' | 'min';
}

/** A point by the names of its objectives; fields that no objective names are passed over. */
export type Point = Readonly<Record<string, number>>;

/** @throws RangeError naming `objectives` when there are none, one has no direction, or a name is there twice. */
export const requireObjectives = (objectives: readonly Objective[]): void => {
  const names = new Set(objectives.map(({ name }) => name));
  if (objectives.length === 0 || names.size !== objectives.length) {
    throw new RangeError(
      `objectives must be one or more of different names, got ${JSON.stringify(objectives)}`,
    );
  }
  for (const { name, direction } of objectives) {
    if (direction !== 'max' && direction !== 'min') {
      throw new RangeError(`objectives must say max or min, got ${String(direction)} for ${name}`);
    }
  }
};

/** The field of a point that is a record: an inherited one is none. */
export const fieldOf = (point: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(point, name) ? point[name] : undefined;

/** One point as gains: larger is better in every place. @throws RangeError that begins with `at`. */
export const gainsOf = (point: Point, objectives: readonly Objective[], at: string): readonly number[] =>
  objectives.map(({ name, direction }) => {
    const value = fieldOf(point, name);
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new RangeError(`${at}.${name} must be a finite number, got ${String(value)}`);
    }
    return direction === 'max' ? value : -value;
  });

/**
 * All points as gains, in their order.
 * @throws RangeError naming `objectives`, or `points[i].<name>` for a value that is absent or not finite.
 */
export const gainsOfAll = (
  points: readonly Point[],
  objectives: readonly Objective[],
): readonly (readonly number[])[] => {
  requireObjectives(objectives);
  return points.map((point, i) => gainsOf(point, objectives, `points[${i}]`));
};

/** True when gains p are no less than q in every place and more in one. */
export const beats = (p: readonly number[], q: readonly number[]): boolean =>
  p.every((gain, j) => gain >= q[j]!) && p.some((gain, j) => gain > q[j]!);
