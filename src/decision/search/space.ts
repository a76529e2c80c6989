/** What there is to search: named dimensions, and the point of the space that belongs to a point of the unit cube. It draws nothing. */
import { requireFinite } from '../../math/require.ts';

/** A value that a dimension can take. */
export type Value = number | string | boolean;

/**
 * `uniform` [low, high); `logUniform` the same on the log scale (temperatures, rates), low above 0; `integer` low to high, both included;
 * `categorical` one of `values`, without an order.
 */
export type Dimension =
  | { readonly kind: 'uniform'; readonly name: string; readonly low: number; readonly high: number }
  | { readonly kind: 'logUniform'; readonly name: string; readonly low: number; readonly high: number }
  | { readonly kind: 'integer'; readonly name: string; readonly low: number; readonly high: number }
  | { readonly kind: 'categorical'; readonly name: string; readonly values: readonly Value[] };

/** One configuration: a value per dimension. */
export type Configuration = Readonly<Record<string, Value>>;

const requireRange = (dimension: Exclude<Dimension, { readonly kind: 'categorical' }>, at: string): void => {
  const { kind, low, high } = dimension;
  requireFinite(`${at}.low`, low);
  requireFinite(`${at}.high`, high);
  if (low > high) throw new RangeError(`${at}.low must not be above high, got ${low} and ${high}`);
  if (kind === 'logUniform' && !(low > 0)) throw new RangeError(`${at}.low must be above 0, got ${low}`);
  if (kind === 'integer' && !(Number.isSafeInteger(low) && Number.isSafeInteger(high))) {
    throw new RangeError(`${at}.low and high must be whole numbers, got ${low} and ${high}`);
  }
};

/** @throws RangeError that begins with `space`: no name twice, ranges that are finite and do not cross, categories that are not empty. */
export const requireSpace = (space: readonly Dimension[]): void => {
  const names = new Set<string>();
  for (const [i, dimension] of space.entries()) {
    const at = `space[${i}]`;
    if (names.has(dimension.name))
      throw new RangeError(`${at}.name must be there once, got ${dimension.name} again`);
    names.add(dimension.name);
    if (dimension.kind !== 'categorical') requireRange(dimension, at);
    else if (dimension.values.length === 0) throw new RangeError(`${at}.values must not be empty`);
  }
};

/** The dimension's value at `share`, from 0 to below 1 (1 is read as the last value below it). */
const valueAt = (dimension: Dimension, share: number): Value => {
  switch (dimension.kind) {
    case 'uniform':
      return Math.min(dimension.high, dimension.low + share * (dimension.high - dimension.low));
    case 'logUniform': {
      // From the end that is nearer, so that both ends are met exactly.
      const { low, high } = dimension;
      const span = Math.log(high) - Math.log(low);
      const value = share < 0.5 ? low * Math.exp(share * span) : high * Math.exp((share - 1) * span);
      return Math.min(high, Math.max(low, value));
    }
    case 'integer': {
      const count = dimension.high - dimension.low + 1;
      return dimension.low + Math.min(count - 1, Math.floor(share * count));
    }
    case 'categorical':
      return dimension.values[
        Math.min(dimension.values.length - 1, Math.floor(share * dimension.values.length))
      ]!;
  }
};

/**
 * The configuration at a point of the unit cube, one share per dimension. Strata of equal width of a share are strata of equal probability
 * of the dimension, so a Latin hypercube stays one.
 * @throws RangeError naming `space` or `shares`.
 */
export const configurationAt = (space: readonly Dimension[], shares: readonly number[]): Configuration => {
  requireSpace(space);
  if (shares.length !== space.length) {
    throw new RangeError(`shares must have ${space.length} values, one per dimension, got ${shares.length}`);
  }
  return Object.fromEntries(
    space.map((dimension, j) => {
      const share = shares[j]!;
      if (!(share >= 0 && share <= 1)) throw new RangeError(`shares[${j}] must be from 0 to 1, got ${share}`);
      return [dimension.name, valueAt(dimension, share)];
    }),
  );
};
