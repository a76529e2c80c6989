/**
 * Two-sided Page-Hinkley: deviations from the running mean are summed, and an alarm is raised where a sum has come far from its
 * extreme. Page, Biometrika 41, 1954; the form of River 0.26. Golden family `page_hinkley`.
 */
import { requireFinite, requireOpenUnit, requirePositive, requireWhole } from '../../math/require.ts';
import { exceeds, requireValue, type Alarm, type Detector } from './detector.ts';

export interface PageHinkleyOptions {
  /** No alarm before so many values; 30 unless told. */
  readonly minInstances?: number;
  /** Deviation that is not counted, in the unit of the values, from 0; .05 unless told. */
  readonly delta?: number;
  /** Alarm above this distance, in the unit of the values; 60 unless told. */
  readonly threshold?: number;
  /** Forgetting per value, above 0 and at most 1; .9999 unless told. */
  readonly alpha?: number;
  /** Which way to look; both unless told. */
  readonly mode?: 'up' | 'down' | 'both';
}

/** River's defaults: for golden values and for comparison. They are wrong 6 (Bernoulli) to 56 (normal) times per 100,000 values. */
export const RIVER_PAGE_HINKLEY: Required<PageHinkleyOptions> = {
  minInstances: 30,
  delta: 0.005,
  threshold: 50,
  alpha: 0.9999,
  mode: 'both',
};

/** `up` and `down` are the two sums, `lowest` and `highest` their extremes; `n` and `mean` of all values since the start or the last alarm. */
export interface PageHinkleyState {
  readonly n: number;
  readonly mean: number;
  readonly up: number;
  readonly lowest: number;
  readonly down: number;
  readonly highest: number;
}

const settingsOf = (options: PageHinkleyOptions): Required<PageHinkleyOptions> => {
  const settings = { ...RIVER_PAGE_HINKLEY, delta: 0.05, threshold: 60, ...options };
  requireWhole('minInstances', settings.minInstances, 1);
  requireFinite('delta', settings.delta);
  if (settings.delta < 0) throw new RangeError(`delta must not be negative, got ${settings.delta}`);
  requirePositive('threshold', settings.threshold);
  if (settings.alpha !== 1) requireOpenUnit('alpha', settings.alpha);
  if (!['up', 'down', 'both'].includes(settings.mode)) {
    throw new RangeError(`mode must be up, down or both, got ${settings.mode}`);
  }
  return settings;
};

/** The state after a value. The first deviation is 0, so both extremes start at their sums. */
const stepped = (
  { n, mean, up, lowest, down, highest }: PageHinkleyState,
  value: number,
  { alpha, delta }: Required<PageHinkleyOptions>,
): PageHinkleyState => {
  const nextMean = mean + (value - mean) / (n + 1);
  const deviation = value - nextMean;
  const nextUp = alpha * up + deviation - delta;
  const nextDown = alpha * down + deviation + delta;
  return {
    n: n + 1,
    mean: nextMean,
    up: nextUp,
    lowest: n === 0 ? nextUp : Math.min(lowest, nextUp),
    down: nextDown,
    highest: n === 0 ? nextDown : Math.max(highest, nextDown),
  };
};

const alarmOf = (
  { n, up, lowest, down, highest }: PageHinkleyState,
  { minInstances, threshold, mode }: Required<PageHinkleyOptions>,
): Alarm | null => {
  if (n < minInstances) return null;
  if (mode !== 'down' && up - lowest > threshold) return exceeds('up', 'rise', up - lowest, threshold);
  if (mode !== 'up' && highest - down > threshold) return exceeds('down', 'fall', highest - down, threshold);
  return null;
};

/**
 * Page-Hinkley over values that are `standardised`: delta and threshold are in their unit, so raw milliseconds or dollars break it. It
 * measures from the mean of all values since its start, so a shift that comes early, or is not much above delta, is taken into that mean
 * before it is seen. After an alarm it starts anew, mean included. False alarms with the defaults: about 11 per 100,000 independent
 * standardised values. O(1) state.
 * @throws RangeError naming an option.
 */
export const pageHinkley = (options: PageHinkleyOptions = {}): Detector<PageHinkleyState> => {
  const settings = settingsOf(options);
  const start = (): PageHinkleyState => ({ n: 0, mean: 0, up: 0, lowest: 0, down: 0, highest: 0 });
  return {
    name: 'page-hinkley',
    start,
    update: (state, value) => {
      requireValue(value);
      const next = stepped(state, value, settings);
      const alarm = alarmOf(next, settings);
      return { state: alarm === null ? next : start(), alarm };
    },
  };
};
