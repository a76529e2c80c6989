/** Checks of arguments, shared by the numerical core. Each throws a RangeError that begins with the parameter's name. */

/** @throws RangeError when `value` is NaN. Infinity passes: for arguments of distribution functions, which have limits. */
export const requireNumber = (name: string, value: number): void => {
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new RangeError(`${name} must be a number, got ${value}`);
  }
};

/** @throws RangeError unless `value` is finite. */
export const requireFinite = (name: string, value: number): void => {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, got ${value}`);
};

/** @throws RangeError unless `value` is finite and above 0. */
export const requirePositive = (name: string, value: number): void => {
  if (!Number.isFinite(value) || value <= 0) {
    throw new RangeError(`${name} must be a finite number above 0, got ${value}`);
  }
};

/** @throws RangeError unless `value` is a whole number from `least` (safe integers only). */
export const requireWhole = (name: string, value: number, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number from ${least}, got ${value}`);
  }
};

/** @throws RangeError unless 0 < value < 1. */
export const requireOpenUnit = (name: string, value: number): void => {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must be between 0 and 1, got ${value}`);
};

/** @throws RangeError unless 0 <= value <= 1. */
export const requireClosedUnit = (name: string, value: number): void => {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be from 0 to 1, got ${value}`);
};

/**
 * A positive parameter, lifted off the subnormal numbers, whose reciprocal is no number. What depends on it is then within 1e-300 of
 * its limit at 0.
 */
export const offZero = (value: number): number => Math.max(value, 1e-300);
