/** Checks of the arguments that experiments share. Each throws a RangeError or TypeError that begins with the parameter's name. */
import { requireOpenUnit, requirePositive, requireWhole } from '../../math/require.ts';
import type { RateCount } from '../intervals.ts';

/** @throws RangeError unless `alpha` is between 0 and 1. */
export const requireAlpha = (alpha: number): void => requireOpenUnit('alpha', alpha);

/**
 * One arm of yes-or-no outcomes: whole counts, at least one trial.
 * @throws RangeError naming `<name>.n` or `<name>.successes`.
 */
export const requireRate = (name: string, { n, successes }: RateCount): void => {
  requireWhole(`${name}.n`, n, 1);
  requireWhole(`${name}.successes`, successes, 0);
  if (successes > n)
    throw new RangeError(`${name}.successes must be at most ${name}.n (${n}), got ${successes}`);
};

/** @throws TypeError unless `values` is a list, RangeError unless all of it is finite. */
export const requireFiniteList = (name: string, values: readonly number[]): void => {
  if (!Array.isArray(values)) throw new TypeError(`${name} must be a list of numbers`);
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) throw new RangeError(`${name}[${i}] must be a finite number, got ${value}`);
  });
};

/** @throws RangeError unless the two lists are equally long. */
export const requireSameLength = (
  name: string,
  values: readonly unknown[],
  otherName: string,
  other: readonly unknown[],
): void => {
  if (values.length !== other.length) {
    throw new RangeError(
      `${name} must be as long as ${otherName} (${other.length} values), got ${values.length}`,
    );
  }
};

/** @throws RangeError unless `margin` is above 0, and below 1 where it is a share. */
export const requireMargin = (margin: number, kind: 'share' | 'number'): void => {
  if (kind === 'share') requireOpenUnit('margin', margin);
  else requirePositive('margin', margin);
};
