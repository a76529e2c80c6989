/**
 * KSWIN without chance: at every value the newest part of a window is compared with all of the older part by an exact two-sample
 * Kolmogorov-Smirnov test. After Raab, Heusinger, Schleif, Neurocomputing 416, 2020, whose version (and River's) draws a random
 * subsample, which a decision that is judged again cannot do. Golden family `kswin_deterministic`.
 */
import { requireOpenUnit, requireWhole } from '../../math/require.ts';
import { ksDistanceOfSorted } from '../drift/ks-distance.ts';
import { ksCriticalSteps } from '../drift/ks-two-sample.ts';
import { ascending } from '../drift/sorted.ts';
import { requireValue, shown, type Detector } from './detector.ts';
import { NO_BLOCKS, requireMultiple, withBlockValue, type TrailingBlocks } from './trailing-blocks.ts';

export interface KswinOptions {
  /** Values kept, a multiple of `every`; 600 unless told. */
  readonly window?: number;
  /** The newest of them, compared with the others, a multiple of `every`; 200 unless told. */
  readonly recent?: number;
  /** Level of each test, in (0, 1); .002 unless told. */
  readonly alpha?: number;
  /** A test every so many values once the window is full; 20 unless told. */
  readonly every?: number;
}

export type KswinState = TrailingBlocks;

/** A distance up to this is none, however significant. */
const LEAST_DISTANCE = 0.1;

/**
 * Sees any change of the distribution, of the spread too, as long as it is abrupt: a slow or small one has slid into the older part before it is
 * significant. False alarms on independent values: at most alpha x values / every, 10 per 100,000 with the defaults. After an alarm only the
 * newest part is kept.
 * @throws RangeError naming an option.
 */
export const kswin = ({
  window = 600,
  recent = 200,
  alpha = 0.002,
  every = 20,
}: KswinOptions = {}): Detector<KswinState> => {
  requireWhole('recent', recent, 2);
  requireWhole('window', window, recent + 2);
  requireOpenUnit('alpha', alpha);
  requireWhole('every', every, 1);
  requireMultiple('window', window, every);
  requireMultiple('recent', recent, every);
  const critical = ksCriticalSteps(window - recent, recent, alpha);
  const threshold = Math.max(critical / ((window - recent) * recent), LEAST_DISTANCE);
  return {
    name: 'kswin',
    start: () => NO_BLOCKS,
    update: (state, value) => {
      requireValue(value);
      const { next, full } = withBlockValue(state, value, every, window / every);
      if (!full) return { state: next, alarm: null };
      const newest = next.blocks.slice(-recent / every);
      const older = next.blocks.slice(0, -recent / every);
      const { steps, d } = ksDistanceOfSorted(ascending(older.flat()), ascending(newest.flat()));
      if (steps < critical || d <= LEAST_DISTANCE) return { state: next, alarm: null };
      const reason = `KS distance ${shown(d)} >= ${shown(threshold)}, the level ${shown(alpha)}`;
      return {
        state: { blocks: newest, filling: [] },
        alarm: { direction: 'changed', reason, statistic: d, threshold },
      };
    },
  };
};
