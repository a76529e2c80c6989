/**
 * ADWIN: a window that grows while its mean holds and is cut where two parts of it have different means. Bifet, Gavalda, SDM 2007, as
 * River 0.26 does it. Golden family `adwin`. The default detector: hardly ever wrong, but not the fastest.
 */
import { requireOpenUnit, requireWhole } from '../../math/require.ts';
import {
  emptyWindow,
  findCut,
  withoutOldest,
  withValue,
  type AdwinWindow,
  type Cut,
} from './adwin-window.ts';
import { exceeds, requireValue, type Detector } from './detector.ts';

export interface AdwinOptions {
  /** Bound on the chance of a false cut at a check, in (0, 1); .002 unless told. */
  readonly delta?: number;
  /** A check every so many values; 32 unless told. */
  readonly clock?: number;
  /** Buckets per size before two become one; 5 unless told. */
  readonly maxBuckets?: number;
  /** Least values in each part of a cut; 5 unless told. */
  readonly minWindowLength?: number;
  /** No check up to this many values; 10 unless told. */
  readonly gracePeriod?: number;
  /**
   * What is left after an alarm. `keep` (unless told): the newer part, as in the paper; the older buckets drain over some checks, and each of these
   * raises an alarm, so one change may be told several times. `reset`: nothing, from the next value on, as in River.
   */
  readonly afterAlarm?: 'keep' | 'reset';
}

/** `origin` is the first value: the window holds what the others differ from it, so that a constant is exactly constant. */
export interface AdwinState {
  readonly origin: number;
  readonly window: AdwinWindow;
  readonly alarmed: boolean;
}

const settingsOf = (options: AdwinOptions): Required<AdwinOptions> => {
  const settings = {
    delta: 0.002,
    clock: 32,
    maxBuckets: 5,
    minWindowLength: 5,
    gracePeriod: 10,
    afterAlarm: 'keep' as const,
    ...options,
  };
  requireOpenUnit('delta', settings.delta);
  requireWhole('clock', settings.clock, 1);
  requireWhole('maxBuckets', settings.maxBuckets, 1);
  requireWhole('minWindowLength', settings.minWindowLength, 1);
  requireWhole('gracePeriod', settings.gracePeriod, 0);
  if (!['keep', 'reset'].includes(settings.afterAlarm)) {
    throw new RangeError(`afterAlarm must be keep or reset, got ${settings.afterAlarm}`);
  }
  return settings;
};

/** Drops the oldest bucket as long as there is a cut; gives the first one that was found. */
const shrunk = (window: AdwinWindow, settings: Required<AdwinOptions>): [AdwinWindow, Cut | null] => {
  let rest = window;
  let first: Cut | null = null;
  for (let cut = findCut(rest, settings); cut !== null; cut = findCut(rest, settings)) {
    first ??= cut;
    rest = withoutOldest(rest);
  }
  return [rest, first];
};

/**
 * ADWIN over values of about unit size: rates and scores as they are, others `standardised` (latency and cost `logScaled` before). It
 * sees a change of the mean, up or down, not of the spread alone. False alarms with the defaults: fewer than 1 per 100,000 values that
 * are independent, however many there are. A rate that is rare (.02) or a shift that is small takes it thousands of values. State O(log width).
 * @throws RangeError naming an option.
 */
export const adwin = (options: AdwinOptions = {}): Detector<AdwinState> => {
  const settings = settingsOf(options);
  const start = (): AdwinState => ({ origin: 0, window: emptyWindow(), alarmed: false });
  return {
    name: 'adwin',
    start,
    update: (state, value) => {
      requireValue(value);
      const before = state.alarmed && settings.afterAlarm === 'reset' ? start() : state;
      const origin = before.window.ticks === 0 ? value : before.origin;
      const grown = withValue(before.window, value - origin, settings.maxBuckets);
      const due = grown.ticks % settings.clock === 0 && grown.width > settings.gracePeriod;
      const [window, cut] = due ? shrunk(grown, settings) : [grown, null];
      const state2 = { origin, window, alarmed: cut !== null };
      if (cut === null) return { state: state2, alarm: null };
      const direction = cut.newerMean > cut.olderMean ? 'up' : 'down';
      const gap = Math.abs(cut.newerMean - cut.olderMean);
      return { state: state2, alarm: exceeds(direction, 'means apart by', gap, cut.epsilon) };
    },
  };
};

/** Width and mean of the present window; the mean is null when nothing was seen. */
export const adwinEstimate = ({
  origin,
  window,
}: AdwinState): { readonly width: number; readonly mean: number | null } => ({
  width: window.width,
  mean: window.width === 0 ? null : origin + window.total / window.width,
});
