/** Feeds a detector with differences from what the same slot of the day or week was before, so that a rhythm is no drift. */
import { requirePositive, requireWhole } from '../../math/require.ts';
import { requireValue, type Detector } from './detector.ts';

export interface SeasonalOptions {
  /** Slots in a season: 24 for hourly values of a day, 168 of a week. Each value is one slot further than the one before. */
  readonly period: number;
  /** Weight of the newest season in a slot's profile, above 0 and at most 1; 1 is the difference to the season before. .3 unless told. */
  readonly weight?: number;
  /** Seasons that are only learned from; 1 unless told. */
  readonly seasons?: number;
}

/** `profile` has one mean per slot, in order of first sight; `seen` counts values. */
export interface SeasonalState<S> {
  readonly profile: readonly number[];
  readonly seen: number;
  readonly inner: S;
}

/**
 * The detector over value - profile[slot]. Recommended for traffic, on a log scale and with what is left judged by a CUSUM in plain units (mean 0, sd 1,
 * k .3, h 5: a lasting change by more than 30 %), for real traffic is not independent and a standard deviation says little about it:
 * `logScaled(seasonal(cusum(..), { period: 144, seasons: 2 }), { floor: 1 })`.
 * The values must come at even steps: one that is missing shifts every slot after it, so the caller fills it in.
 * A level that moves for good is seen for about 1 / weight seasons, then it is the rhythm. State O(period).
 * @throws RangeError naming `period`, `weight` or `seasons`.
 */
export const seasonal = <S>(
  detector: Detector<S>,
  { period, weight = 0.3, seasons = 1 }: SeasonalOptions,
): Detector<SeasonalState<S>> => {
  requireWhole('period', period, 2);
  requirePositive('weight', weight);
  if (weight > 1) throw new RangeError(`weight must be above 0 and at most 1, got ${weight}`);
  requireWhole('seasons', seasons, 1);
  return {
    name: `seasonal(${detector.name})`,
    start: () => ({ profile: [], seen: 0, inner: detector.start() }),
    update: ({ profile, seen, inner }, value) => {
      requireValue(value);
      const slot = seen % period;
      const usual = profile[slot];
      const learned = usual === undefined ? value : usual + weight * (value - usual);
      const next = {
        profile: usual === undefined ? [...profile, learned] : profile.with(slot, learned),
        seen: seen + 1,
      };
      if (usual === undefined || seen < seasons * period) return { state: { ...next, inner }, alarm: null };
      const { state, alarm } = detector.update(inner, value - usual);
      return { state: { ...next, inner: state }, alarm };
    },
  };
};
