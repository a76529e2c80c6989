/** What every policy checks of its arguments, and the one way in which ties are broken. */

/** @throws RangeError naming `arms`. */
export const requireArms = (arms: number): void => {
  if (!Number.isSafeInteger(arms) || arms < 1) {
    throw new RangeError(`arms must be a whole number from 1, got ${arms}`);
  }
};

/** @throws RangeError naming `arm`. */
export const requireArm = (arm: number, arms: number): void => {
  if (!Number.isSafeInteger(arm) || arm < 0 || arm >= arms) {
    throw new RangeError(`arm must be a whole number from 0 to ${arms - 1}, got ${arm}`);
  }
};

/** Beyond this a sum of squares could overflow, and Infinity does not survive JSON. */
const LARGEST = 1e100;

/** For rewards and prior means. @throws RangeError beginning with `name`. */
export const requireCentre = (name: string, value: number): void => {
  if (!(Math.abs(value) <= LARGEST)) {
    throw new RangeError(`${name} must be a finite number up to ${LARGEST} in size, got ${value}`);
  }
};

/** @throws RangeError naming `reward`. */
export const requireReward = (reward: number): void => requireCentre('reward', reward);

/** @throws RangeError naming `reward`. */
export const requireUnitReward = (reward: number): void => {
  if (!(reward >= 0 && reward <= 1)) throw new RangeError(`reward must be from 0 to 1, got ${reward}`);
};

/** For scales and pseudo-counts: above 0, and of a size whose square is still a number. @throws RangeError beginning with `name`. */
export const requireScale = (name: string, value: number): void => {
  if (!(value >= 1 / LARGEST && value <= LARGEST)) {
    throw new RangeError(`${name} must be above 0, from ${1 / LARGEST} to ${LARGEST}, got ${value}`);
  }
};

/** @throws RangeError naming `context`. */
export const requireNoContext = (context: null): void => {
  if (context !== null) {
    throw new RangeError(`context must be null for a policy without one, got ${JSON.stringify(context)}`);
  }
};

/** The index of the largest value, the lowest one on ties. Values must not be NaN and there must be one. */
export const argMax = (values: readonly number[]): number => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
};
