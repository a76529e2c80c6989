/**
 * The first outcome of each unit, in the order given: what an e-process may be fed where a unit (a user, a question) has several outcomes.
 * Later outcomes of a unit repeat what the first one said and would count it twice. It decides nothing of which outcomes are ripe.
 */

/** One outcome of one unit; whatever else it carries is kept. */
export interface UnitObservation {
  readonly unit: string;
}

/** The observations to count, and all units counted so far: plain JSON, to go on from. */
export interface FirstPerUnit<O> {
  readonly first: readonly O[];
  readonly seen: readonly string[];
}

/**
 * Keeps the first observation of each unit that is not in `seen`. In blocks: hand the `seen` of one block to the next; the result is the same
 * as over all blocks in one go. In time linear in both lists.
 * @throws TypeError naming `observations` (each with a `unit` that is a text of one character or more) or `seen`.
 */
export const firstPerUnit = <O extends UnitObservation>(
  observations: readonly O[],
  seen: readonly string[] = [],
): FirstPerUnit<O> => {
  if (!Array.isArray(observations)) throw new TypeError('observations must be a list');
  if (!Array.isArray(seen)) throw new TypeError('seen must be a list of units');
  seen.forEach((unit: unknown, i) => requireUnit(`seen[${i}]`, unit));
  const known = new Set<string>(seen);
  const first: O[] = [];
  (observations as readonly O[]).forEach((observation, i) => {
    const unit: unknown = (observation as Partial<O> | null)?.unit;
    requireUnit(`observations[${i}].unit`, unit);
    if (known.has(unit)) return;
    known.add(unit);
    first.push(observation);
  });
  return { first, seen: [...known] };
};

function requireUnit(name: string, unit: unknown): asserts unit is string {
  if (typeof unit !== 'string' || unit === '') {
    throw new TypeError(`${name} must be a text of one character or more, got ${JSON.stringify(unit)}`);
  }
}
