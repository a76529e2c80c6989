/**
 * What may be known of an answered request, and what each signal says of its quality on 0..1. A signal that is absent says nothing: it is
 * left out and reported, never read as bad. It weighs nothing.
 */
import { requireClosedUnit } from '../../math/require.ts';
import { requireFromZero } from './require.ts';

/** Every field may be absent or null. The names are those of the feedback event, in this code's spelling. */
export interface RewardSignals {
  /** Stars, 1 to 5. */
  readonly rating?: number | null;
  /** Thumb up or down. */
  readonly liked?: boolean | null;
  /** A judge's, a check's or a label's score, 0..1. */
  readonly quality?: number | null;
  readonly taskCompleted?: boolean | null;
  readonly responseEdited?: boolean | null;
  readonly responseRegenerated?: boolean | null;
  /** Seconds the answer was looked at, from 0. */
  readonly dwellTimeSeconds?: number | null;
  readonly responseSaved?: boolean | null;
  readonly responseShared?: boolean | null;
  /** What the business wanted came of it: a sale, a booking, a closed ticket. */
  readonly converted?: boolean | null;
  /** The user came back. */
  readonly retained?: boolean | null;
  /** USD earned, from 0; needs a scale (`revenueScaleUsd`). */
  readonly revenueUsd?: number | null;
  readonly costUsd?: number | null;
  readonly latencyMs?: number | null;
}

/** Where a signal comes from: said, measured, done, or earned. */
export type SignalGroup = 'explicit' | 'measured' | 'implicit' | 'business';

/** One signal that was there: its value on 0..1 and its weight within its group. */
export interface Reading {
  readonly signal: string;
  readonly group: SignalGroup;
  readonly value: number;
  readonly weight: number;
}

/** Stars to 0..1: (rating - 1) / 4, so that the worst rating is worth nothing. @throws RangeError naming `rating`. */
export const ratingToUnit = (rating: number): number => {
  if (!(rating >= 1 && rating <= 5)) throw new RangeError(`rating must be from 1 to 5, got ${rating}`);
  return (rating - 1) / 4;
};

/** The corners of what a look is worth: seconds and value. Gone at once says no; minutes say neither yes nor no. */
const DWELL = [
  [3, 0],
  [10, 1],
  [120, 1],
  [600, 0.5],
] as const;

/**
 * Dwell time to 0..1, straight between its corners: 0 up to 3 s, 1 from 10 s to 2 min, .5 from 10 min on (left open, or hard to read).
 * @throws RangeError naming `dwellTimeSeconds`.
 */
export const dwellToUnit = (dwellTimeSeconds: number): number => {
  requireFromZero('dwellTimeSeconds', dwellTimeSeconds);
  const next = DWELL.findIndex(([seconds]) => dwellTimeSeconds < seconds);
  if (next === 0) return DWELL[0][1];
  if (next < 0) return DWELL.at(-1)![1];
  const [[from, low], [to, high]] = [DWELL[next - 1]!, DWELL[next]!];
  return low + ((dwellTimeSeconds - from) / (to - from)) * (high - low);
};

/** Weights within the implicit group. Not saving or sharing says nothing: nearly nobody does, so these two count only when done. */
const IMPLICIT = {
  taskCompleted: 0.35,
  responseRegenerated: 0.25,
  responseEdited: 0.15,
  dwellTimeSeconds: 0.1,
  responseSaved: 0.075,
  responseShared: 0.075,
} as const;

/** An edited answer was of some use. */
const EDITED_VALUE = 0.3;

const implicitValue = (signal: keyof typeof IMPLICIT, s: RewardSignals): number | null => {
  switch (signal) {
    case 'taskCompleted':
      return typeof s.taskCompleted === 'boolean' ? Number(s.taskCompleted) : null;
    case 'responseRegenerated':
      return typeof s.responseRegenerated === 'boolean' ? Number(!s.responseRegenerated) : null;
    case 'responseEdited':
      if (typeof s.responseEdited !== 'boolean') return null;
      return s.responseEdited ? EDITED_VALUE : 1;
    case 'dwellTimeSeconds':
      return typeof s.dwellTimeSeconds === 'number' ? dwellToUnit(s.dwellTimeSeconds) : null;
    case 'responseSaved':
    case 'responseShared':
      return s[signal] === true ? 1 : null;
  }
};

const present = (signal: string, group: SignalGroup, value: number | null, weight = 1): readonly Reading[] =>
  value === null ? [] : [{ signal, group, value, weight }];

const flag = (value: boolean | null | undefined): number | null =>
  typeof value === 'boolean' ? Number(value) : null;

/**
 * The quality signals that are there, in a fixed order.
 * @param revenueScaleUsd the revenue that is as good as can be hoped for; null leaves revenue out
 * @throws RangeError naming the signal that is out of range.
 */
export const readSignals = (s: RewardSignals, revenueScaleUsd: number | null): readonly Reading[] => {
  const [rating, quality, revenue] = [s.rating ?? null, s.quality ?? null, s.revenueUsd ?? null];
  if (quality !== null) requireClosedUnit('quality', quality);
  if (revenue !== null) requireFromZero('revenueUsd', revenue);
  const earned = revenue === null || revenueScaleUsd === null ? null : Math.min(1, revenue / revenueScaleUsd);
  return [
    ...present('rating', 'explicit', rating === null ? null : ratingToUnit(rating)),
    ...present('liked', 'explicit', flag(s.liked)),
    ...present('quality', 'measured', quality),
    ...(Object.keys(IMPLICIT) as (keyof typeof IMPLICIT)[]).flatMap((signal) =>
      present(signal, 'implicit', implicitValue(signal, s), IMPLICIT[signal]),
    ),
    ...present('converted', 'business', flag(s.converted)),
    ...present('retained', 'business', flag(s.retained)),
    ...present('revenueUsd', 'business', earned),
  ];
};
