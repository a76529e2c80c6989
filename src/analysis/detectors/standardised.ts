/** Feeds a detector with standard deviations from the mean of the stream's first values, so that its settings mean the same for every metric. */
import { requirePositive } from '../../math/require.ts';
import { requireValue, type Detector } from './detector.ts';
import { emptyScale, learnScale, onScale, requireWarmUp, type LearnedScale } from './learned-scale.ts';

export interface StandardisedOptions {
  /** Values that the scale is learned from; 200 unless told. */
  readonly warmUp?: number;
  /** Deviations count up to this many standard deviations: keeps the input bounded, as ADWIN's theory asks; 6 unless told. */
  readonly limit?: number;
  /** Whether the scale is learned anew after an alarm; false unless told: the detector then goes on with what it knows. */
  readonly relearn?: boolean;
}

export interface StandardisedState<S> {
  readonly scale: LearnedScale;
  readonly inner: S;
}

/**
 * The detector over standardised values. Nothing is judged during the warm-up, nor while the stream is constant from its start. An alarm is told in
 * standard deviations. With `relearn` an alarm also restarts the detector.
 * @throws RangeError naming `warmUp` or `limit`.
 */
export const standardised = <S>(
  detector: Detector<S>,
  { warmUp = 200, limit = 6, relearn = false }: StandardisedOptions = {},
): Detector<StandardisedState<S>> => {
  requireWarmUp(warmUp);
  requirePositive('limit', limit);
  const start = (): StandardisedState<S> => ({ scale: emptyScale(), inner: detector.start() });
  return {
    name: `standardised(${detector.name})`,
    start,
    update: ({ scale, inner }, value) => {
      requireValue(value);
      if (scale.frozen === null) {
        return { state: { scale: learnScale(scale, value, warmUp), inner }, alarm: null };
      }
      const { state, alarm } = detector.update(inner, onScale(scale.frozen, value, limit));
      return { state: alarm !== null && relearn ? start() : { scale, inner: state }, alarm };
    },
  };
};
