/** What one unit adds up to, and the checks of it. A unit is what was assigned to an arm: a user, a session, a question. */
import { requireFinite, requireWhole } from '../../math/require.ts';

/** Observations of one unit: how many, and their sum in the metric's unit. */
export interface UnitTotal {
  readonly count: number;
  readonly sum: number;
}

/** @throws TypeError or RangeError naming the list, `count` (a whole number from 1) or `sum` (finite). */
export const requireUnits = (name: string, units: readonly UnitTotal[]): void => {
  if (!Array.isArray(units)) throw new TypeError(`${name} must be a list of units`);
  (units as readonly UnitTotal[]).forEach(({ count, sum }, i) => {
    requireWhole(`${name}[${i}].count`, count, 1);
    requireFinite(`${name}[${i}].sum`, sum);
  });
};
