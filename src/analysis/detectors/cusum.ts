/**
 * Two-sided tabular CUSUM: standardised deviations above an allowance are summed, up and down. Page, Biometrika 41, 1954; Montgomery,
 * Introduction to Statistical Quality Control, ch. 9. Golden family `cusum`. `cusum` with a given baseline, `learnedCusum` with its own.
 */
import { requireFinite, requirePositive } from '../../math/require.ts';
import { exceeds, requireValue, type Alarm, type Detector } from './detector.ts';
import { emptyScale, learnScale, onScale, requireWarmUp, type LearnedScale } from './learned-scale.ts';

export interface CusumLimits {
  /** Allowance in standard deviations: half of the shift that matters; .5 unless told. */
  readonly k?: number;
  /** Alarm above this sum, in standard deviations; 5 unless told. */
  readonly h?: number;
}

export interface CusumOptions extends CusumLimits {
  /** Mean and standard deviation in control. */
  readonly mean: number;
  readonly sd: number;
}

/** Both sums, from 0. */
export interface CusumState {
  readonly up: number;
  readonly down: number;
}

const requireLimits = (k: number, h: number): void => {
  requireFinite('k', k);
  if (k < 0) throw new RangeError(`k must not be negative, got ${k}`);
  requirePositive('h', h);
};

const stepped = ({ up, down }: CusumState, z: number, k: number): CusumState => ({
  up: Math.max(0, up + z - k),
  down: Math.max(0, down - z - k),
});

/** Strictly above h; up has precedence. */
const alarmOf = ({ up, down }: CusumState, h: number): Alarm | null => {
  if (up > h) return exceeds('up', 'sum', up, h);
  return down > h ? exceeds('down', 'sum', down, h) : null;
};

const AT_REST: CusumState = { up: 0, down: 0 };

/** A z beyond this is no more evidence than it: keeps the sums in range. */
const FAR = 1e12;

/**
 * CUSUM against a known mean and standard deviation. After an alarm both sums start from 0 against the same baseline, so a lasting shift
 * is told again and again. False alarms with the defaults: one per 465 values of a normal stream, 215 per 100,000; with k = .25 and
 * h = 15 about 8. O(1) state.
 * @throws RangeError naming `mean`, `sd` (above 0), `k` or `h`.
 */
export const cusum = ({ mean, sd, k = 0.5, h = 5 }: CusumOptions): Detector<CusumState> => {
  requireFinite('mean', mean);
  requirePositive('sd', sd);
  requireLimits(k, h);
  return {
    name: 'cusum',
    start: () => AT_REST,
    update: (state, value) => {
      requireValue(value);
      const next = stepped(state, onScale({ mean, sd }, value, FAR), k);
      const alarm = alarmOf(next, h);
      return { state: alarm === null ? next : AT_REST, alarm };
    },
  };
};

export interface LearnedCusumOptions extends CusumLimits {
  /** Values that the baseline is learned from; 1,000 unless told. */
  readonly warmUp?: number;
  /** Deviations count up to this many standard deviations, so that one freak value is no alarm; 6 unless told. */
  readonly limit?: number;
}

export interface LearnedCusumState {
  readonly scale: LearnedScale;
  readonly sums: CusumState;
}

/**
 * CUSUM against the mean and standard deviation of the stream's first values; k = .25, h = 15 unless told. The recommended fast detector.
 * After an alarm it learns the new baseline, so it goes quiet at the new level, and is blind while it learns. False alarms with the defaults: about
 * 10 per 100,000 values that are independent and not skewed (`logScaled` before for latency and cost). Binary outcomes rarer than .05, or more
 * usual than .95, alarm more often, or hide in `limit`: `blockMeans` before. O(1) state.
 * @throws RangeError naming `warmUp`, `k`, `h` or `limit`.
 */
export const learnedCusum = ({
  warmUp = 1000,
  k = 0.25,
  h = 15,
  limit = 6,
}: LearnedCusumOptions = {}): Detector<LearnedCusumState> => {
  requireWarmUp(warmUp);
  requireLimits(k, h);
  requirePositive('limit', limit);
  const start = (): LearnedCusumState => ({ scale: emptyScale(), sums: AT_REST });
  return {
    name: 'learned-cusum',
    start,
    update: (state, value) => {
      requireValue(value);
      const { frozen } = state.scale;
      if (frozen === null) {
        return { state: { scale: learnScale(state.scale, value, warmUp), sums: AT_REST }, alarm: null };
      }
      const sums = stepped(state.sums, onScale(frozen, value, limit), k);
      const alarm = alarmOf(sums, h);
      return { state: alarm === null ? { ...state, sums } : start(), alarm };
    },
  };
};
