/** Runs a detector over drawn streams: false alarms per 100,000 values, and values from a shift to the first alarm. */
import type { Detector } from '../../../src/analysis/index.ts';
import { orderStatistic } from '../simulation.ts';
import { BEFORE_SHIFT, type DrawnKind } from './streams.ts';

/** What a detector did on one kind of stream. `delay` is a median over the shifts that were seen; `missed` a share of all. */
export interface Measured {
  readonly falsePer100k: number;
  readonly delay: number | null;
  readonly missed: number;
}

/** Positions of all alarms. */
export const alarmsOn = <S>(
  detector: Detector<S>,
  values: Float64Array | readonly number[],
): readonly number[] => {
  const alarms: number[] = [];
  let state = detector.start();
  for (let i = 0; i < values.length; i++) {
    const detected = detector.update(state, values[i]!);
    state = detected.state;
    if (detected.alarm !== null) alarms.push(i);
  }
  return alarms;
};

/** Alarms that another program counted on `observed` stationary values, and its delays after shifts (null where none was seen). */
export const summarise = (
  falseAlarms: number,
  observed: number,
  delays: readonly (number | null)[],
): Measured => {
  const seen = delays.filter((delay) => delay !== null);
  return {
    falsePer100k: (falseAlarms * 100_000) / observed,
    delay: orderStatistic(seen, 0.5),
    missed: delays.length === 0 ? 0 : (delays.length - seen.length) / delays.length,
  };
};

/** Over the first `share` of the kind's streams: for detectors that take long. */
export const measure = <S>(detector: Detector<S>, drawn: DrawnKind, share: number): Measured => {
  const some = (all: readonly Float64Array[]) => all.slice(0, Math.ceil(all.length * share));
  const stationary = some(drawn.stationary);
  const falseAlarms = stationary.reduce((sum, values) => sum + alarmsOn(detector, values).length, 0);
  const delays = some(drawn.shifted).map((values) => {
    const first = alarmsOn(detector, values).find((at) => at >= BEFORE_SHIFT);
    return first === undefined ? null : first - BEFORE_SHIFT;
  });
  return summarise(
    falseAlarms,
    stationary.reduce((sum, values) => sum + values.length, 0),
    delays,
  );
};
