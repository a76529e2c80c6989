/**
 * What a detector of drift or anomalies is: pure functions over a state that is plain JSON and bounded. One conformance suite
 * runs over all of them (`test/unit/analysis/detectors`); `simulate detectors` measures their false alarms and delays.
 *
 * States of one stream do not merge, but for counts over fixed bins (`mergePsiCounts`): a detector judges the order of values, so
 * one stream goes through one state.
 */

/** What was found at this value: which way it moved, and the comparison that said so, in the detector's own terms. */
export interface Alarm {
  /** `changed` where the detector sees that the distribution moved, and not which way. */
  readonly direction: 'up' | 'down' | 'changed';
  /** Such as "statistic 12.4 > threshold 10". */
  readonly reason: string;
  readonly statistic: number;
  readonly threshold: number;
}

/** The state after a value, and the alarm that it raised, if any. After an alarm the state has reset as the detector documents. */
export interface Detected<S> {
  readonly state: S;
  readonly alarm: Alarm | null;
}

/**
 * One stream's detector with its settings already bound. `S` survives JSON, so a stream goes on where it was after a crash.
 * `update` throws a RangeError naming `value` when it is not finite, or larger than LARGEST_VALUE, and the state is as before.
 */
export interface Detector<S> {
  readonly name: string;
  readonly start: () => S;
  readonly update: (state: S, value: number) => Detected<S>;
}

/** Values up to this size, of either sign: sums of their squares stay in range. */
export const LARGEST_VALUE = 1e100;

/** @throws RangeError naming `value`. */
export const requireValue = (value: number): void => {
  if (!(Math.abs(value) <= LARGEST_VALUE)) {
    throw new RangeError(`value must be a finite number of size at most ${LARGEST_VALUE}, got ${value}`);
  }
};

/** Four digits for a sentence. */
export const shown = (x: number): string => String(Number(x.toPrecision(4)));

/** An alarm whose reason is "`what` `statistic` > `threshold`". */
export const exceeds = (
  direction: Alarm['direction'],
  what: string,
  statistic: number,
  threshold: number,
): Alarm => ({
  direction,
  reason: `${what} ${shown(statistic)} > ${shown(threshold)}`,
  statistic,
  threshold,
});
