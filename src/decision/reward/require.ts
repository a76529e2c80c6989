/** A check that the rewards share: amounts of money and time. */

/** @throws RangeError that begins with `name` unless `value` is finite and from 0. */
export const requireFromZero = (name: string, value: number): void => {
  if (!(value >= 0 && value < Infinity)) {
    throw new RangeError(`${name} must be a finite number from 0, got ${value}`);
  }
};
