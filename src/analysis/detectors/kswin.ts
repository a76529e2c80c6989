/**
 * KSWIN without chance: at every value the newest part of a window is compared with all of the older part by an exact two-sample
 * Kolmogorov-Smirnov test. After Raab, Heusinger, Schleif, Neurocomputing 416, 2020, whose version (and River's) draws a random
 * subsample, which a decision that is judged again cannot do. Golden family `kswin_deterministic`.
 */
import { requireOpenUnit, requireWhole } from '../../math/require.ts';
import { ksDistanceOfSorted } from '../drift/ks-distance.ts';
import { ksCriticalSteps } from '../drift/ks-two-sample.ts';
import { requireValue, shown, type Detector } from './detector.ts';

export interface KswinOptions {
  /** Values kept; 300 unless told. */
  readonly window?: number;
  /** The newest of them, compared with the others; 100 unless told. */
  readonly recent?: number;
  /** Level of each test, in (0, 1). */
  readonly alpha?: number;
}

export interface KswinState {
  readonly window: readonly number[];
}

/** A distance up to this is none, however significant. */
const LEAST_DISTANCE = 0.1;

const ascending = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);

/**
 * Sees any change of the distribution, of the spread too. It tests at every value, so its false-alarm rate is a property of window,
 * recent and alpha together; `simulate detectors` measures it for the defaults. After an alarm only the newest part is kept.
 * @throws RangeError naming an option.
 */
export const kswin = ({
  window = 300,
  recent = 100,
  alpha = 0.0001,
}: KswinOptions = {}): Detector<KswinState> => {
  requireWhole('recent', recent, 2);
  requireWhole('window', window, recent + 2);
  requireOpenUnit('alpha', alpha);
  const pairs = (window - recent) * recent;
  const critical = ksCriticalSteps(window - recent, recent, alpha);
  return {
    name: 'kswin',
    start: () => ({ window: [] }),
    update: (state, value) => {
      requireValue(value);
      const kept = [...(state.window.length < window ? state.window : state.window.slice(1)), value];
      if (kept.length < window) return { state: { window: kept }, alarm: null };
      const newest = kept.slice(-recent);
      const { steps, d } = ksDistanceOfSorted(ascending(kept.slice(0, -recent)), ascending(newest));
      if (steps < critical || d <= LEAST_DISTANCE) return { state: { window: kept }, alarm: null };
      const threshold = Math.max(critical / pairs, LEAST_DISTANCE);
      const reason = `KS distance ${shown(d)} >= ${shown(threshold)}, the level ${shown(alpha)}`;
      return { state: { window: newest }, alarm: { direction: 'changed', reason, statistic: d, threshold } };
    },
  };
};
