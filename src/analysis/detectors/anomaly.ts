/**
 * Single values that stand apart from those before them: a trailing window that excludes the tested value, judged by MAD (the default),
 * IQR or z. They see spikes, not drift, and a fixed share of sound values passes any limit; not for binary outcomes.
 */
import { requirePositive, requireWhole } from '../../math/require.ts';
import { resorted } from '../drift/sorted.ts';
import { requireValue, shown, type Alarm, type Detector } from './detector.ts';
import {
  IQR_FACTOR,
  iqrFencesOf,
  MAD_LIMIT,
  madCentreOf,
  modifiedZ,
  Z_LIMIT,
  zCentreOf,
  zScore,
} from './outliers.ts';

export interface AnomalyOptions {
  /** Values to compare with; 200 unless told. */
  readonly window?: number;
  /** No judgement before so many; 30 unless told. */
  readonly least?: number;
  /** In the rule's own unit: 3.5 for MAD, 3 for z, 1.5 for IQR unless told. */
  readonly limit?: number;
}

/** The newest values, oldest first, and the same upwards. */
export interface AnomalyState {
  readonly window: readonly number[];
  readonly sorted: readonly number[];
}

type Judge = (sorted: readonly number[], value: number) => Alarm | null;

/**
 * Each value is judged first and then kept, alarm or not: after a lasting shift the window fills with the new level, and the alarms end when about
 * half of it (MAD), a quarter (IQR) or a tenth (z) is there.
 */
const overWindow = (
  name: string,
  { window = 200, least = 30, limit }: AnomalyOptions & { readonly limit: number },
  judge: Judge,
): Detector<AnomalyState> => {
  requireWhole('least', least, 3);
  requireWhole('window', window, least);
  requirePositive('limit', limit);
  return {
    name,
    start: () => ({ window: [], sorted: [] }),
    update: ({ window: kept, sorted }, value) => {
      requireValue(value);
      const full = kept.length === window;
      return {
        state: {
          window: [...(full ? kept.slice(1) : kept), value],
          sorted: resorted(sorted, value, full ? kept[0] : undefined),
        },
        alarm: kept.length < least ? null : judge(sorted, value),
      };
    },
  };
};

const scoreAlarm = (what: string, score: number, limit: number): Alarm | null =>
  Math.abs(score) > limit
    ? {
        direction: score > 0 ? 'up' : 'down',
        reason: `${what} ${shown(score)}, more than ${shown(limit)} from 0`,
        statistic: score,
        threshold: limit,
      }
    : null;

/**
 * |modified z| above 3.5 (Iglewicz, Hoaglin, 1993). A constant window raises nothing. Flags about 80 per 100,000 values of a normal stream
 * with the defaults, ten times that on the logarithm of gamma-distributed costs, whose lower tail is long.
 * @throws RangeError naming an option.
 */
export const madAnomaly = (options: AnomalyOptions = {}): Detector<AnomalyState> => {
  const limit = options.limit ?? MAD_LIMIT;
  return overWindow('mad-anomaly', { ...options, limit }, (sorted, value) =>
    scoreAlarm('modified z', modifiedZ(madCentreOf(sorted), value), limit),
  );
};

/**
 * |z| above 3: about 320 per 100,000 values of a normal stream. A spike in the window hides the next one.
 * @throws RangeError naming an option.
 */
export const zScoreAnomaly = (options: AnomalyOptions = {}): Detector<AnomalyState> => {
  const limit = options.limit ?? Z_LIMIT;
  return overWindow('z-anomaly', { ...options, limit }, (sorted, value) =>
    scoreAlarm('z', zScore(zCentreOf(sorted), value), limit),
  );
};

/**
 * Outside Tukey's fences: about 900 per 100,000 values of a normal stream, so for far outliers a `limit` of 3 is the custom. Where the window's
 * quartiles are equal, every other value is flagged.
 * @throws RangeError naming an option.
 */
export const iqrAnomaly = (options: AnomalyOptions = {}): Detector<AnomalyState> => {
  const limit = options.limit ?? IQR_FACTOR;
  return overWindow('iqr-anomaly', { ...options, limit }, (sorted, value) => {
    const { low, high } = iqrFencesOf(sorted, limit);
    if (value >= low && value <= high) return null;
    const [direction, bound] = value > high ? (['up', high] as const) : (['down', low] as const);
    const reason = `value ${shown(value)} outside [${shown(low)}, ${shown(high)}]`;
    return { direction, reason, statistic: value, threshold: bound };
  });
};
