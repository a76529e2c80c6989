/** Feeds a detector with logarithms: for metrics that are skewed and change by factors, such as latency, cost and tokens. */
import { requirePositive } from '../../math/require.ts';
import { LARGEST_VALUE, requireValue, type Detector } from './detector.ts';

export interface LogScaledOptions {
  /** Values below it count as it, in the metric's own unit, so that a cost or latency of 0 has a logarithm; above 0. */
  readonly floor: number;
}

/**
 * The detector over ln(max(value, floor)). An alarm is told on the log scale: a difference of .1 is about 10 %.
 * `update` also refuses, by `value`, what is below 0.
 * @throws RangeError naming `floor`.
 */
export const logScaled = <S>(detector: Detector<S>, { floor }: LogScaledOptions): Detector<S> => {
  requirePositive('floor', floor);
  if (floor > LARGEST_VALUE) throw new RangeError(`floor must be at most ${LARGEST_VALUE}, got ${floor}`);
  return {
    name: `log(${detector.name})`,
    start: detector.start,
    update: (state, value) => {
      requireValue(value);
      if (value < 0) throw new RangeError(`value must not be negative on a log scale, got ${value}`);
      return detector.update(state, Math.log(Math.max(value, floor)));
    },
  };
};
