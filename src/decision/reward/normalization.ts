/**
 * Cost and latency on 0..1, larger is better, in a range in which real differences show. Divided by a fixed "acceptable" dollar, requests
 * at real prices are all the same to the third digit (`reward-v1.ts`).
 */
import { requirePositive } from '../../math/require.ts';
import { requireFromZero } from './require.ts';

/** `range`: `low` and less is worth 1, `high` and more 0. `budget`: nothing spent is worth 1, `limit` and more 0. */
export type Normalization =
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly kind: 'budget'; readonly limit: number };

/** A range reaches down to this share of its top at least, so that candidates that cost nearly the same score nearly the same. */
const REACHES_DOWN_TO = 0.5;

/**
 * The range of what the candidates cost (or take): from the cheapest, or half of the dearest if that is less, to the dearest. Null when
 * there are none or all are 0: they cannot be told apart.
 * @throws RangeError naming `values`.
 */
export const candidateRange = (values: readonly number[]): Normalization | null => {
  values.forEach((value, i) => requireFromZero(`values[${i}]`, value));
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const low = values.reduce((least, value) => Math.min(least, value), high * REACHES_DOWN_TO);
  return high > 0 ? { kind: 'range', low, high } : null;
};

/**
 * What one request may cost when a budget is shared by all requests of its period.
 * @throws RangeError naming `budgetUsd` or `requests`.
 */
export const requestAllowance = (budgetUsd: number, requests: number): Normalization => {
  requirePositive('budgetUsd', budgetUsd);
  requirePositive('requests', requests);
  return { kind: 'budget', limit: budgetUsd / requests };
};

/** @throws RangeError that begins with `name`. */
export const requireNormalization = (name: string, scale: Normalization): void => {
  if (scale.kind === 'budget') return requirePositive(`${name}.limit`, scale.limit);
  requireFromZero(`${name}.low`, scale.low);
  if (!(scale.high > scale.low && scale.high < Infinity)) {
    throw new RangeError(`${name}.high must be finite and above low (${scale.low}), got ${scale.high}`);
  }
};

/**
 * The score of a cost or latency, 0..1.
 * @throws RangeError naming `value` or `scale`.
 */
export const normalise = (value: number, scale: Normalization): number => {
  requireFromZero('value', value);
  requireNormalization('scale', scale);
  const [low, high] = scale.kind === 'budget' ? [0, scale.limit] : [scale.low, scale.high];
  return Math.min(1, Math.max(0, (high - value) / (high - low)));
};
