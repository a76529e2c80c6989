/** A series of values over time, checked. Times are numbers of any unit (epoch milliseconds too), in any order. */
import { requireFinite } from '../../math/require.ts';

/** @throws RangeError that begins with `name` and the place of a value that is not finite. */
export const requireFiniteSeries = (name: string, values: readonly number[]): void =>
  values.forEach((value, i) => requireFinite(`${name}[${i}]`, value));

/** @throws RangeError naming `t` or `y` for a value that is not finite, `y` when it has another length than `t`. */
export const requireSeries = (t: readonly number[], y: readonly number[]): void => {
  requireFiniteSeries('t', t);
  requireFiniteSeries('y', y);
  if (t.length !== y.length)
    throw new RangeError(`y must have ${t.length} values, as t has, got ${y.length}`);
};

/** Mean by sums of what is left over the first value: exact where all are equal, and safe for epoch milliseconds. */
export const centredMean = (values: readonly number[]): number => {
  const origin = values[0] ?? 0;
  return origin + values.reduce((sum, value) => sum + (value - origin), 0) / values.length;
};

/** The middle value of a list, or the mean of the two middle ones. The list is left as it was and is not empty. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};
