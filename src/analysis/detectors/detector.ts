/**
 * What a detector of drift or anomalies is: pure functions over a state that is plain JSON and bounded. One conformance suite
 * runs over all of them (`test/unit/analysis/detectors`).
 */

/** What was found at this value: which way it moved, and the comparison that said so, in the detector's own terms. */
export interface Alarm {
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
 * `update` throws a RangeError naming `value` when it is not finite, and the state is as before.
 */
export interface Detector<S> {
  readonly name: string;
  readonly start: () => S;
  readonly update: (state: S, value: number) => Detected<S>;
}
