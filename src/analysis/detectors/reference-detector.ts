/**
 * The frame of detectors that compare a fixed reference with a trailing window by a two-sample test. Its error is spent over the looks:
 * a test at level alpha every hour is wrong by design, so what is set is the number of false alarms, and alpha follows from it.
 */
import { requirePositive, requireWhole } from '../../math/require.ts';
import { requireValue, type Alarm, type Detector } from './detector.ts';
import { NO_BLOCKS, requireMultiple, withBlockValue, type TrailingBlocks } from './trailing-blocks.ts';

export interface ReferenceOptions {
  /** Values of the reference: the first of the stream, and again after each alarm; 1,000 unless told. */
  readonly reference?: number;
  /** Newest values that it is compared with, a multiple of `every`; 500 unless told. */
  readonly window?: number;
  /** A look every so many values; 100 unless told. */
  readonly every?: number;
  /** Expected false alarms per 100,000 independent values, at most; 10 unless told. */
  readonly falseAlarmsPer100k?: number;
}

export interface ReferenceState {
  /** Sorted once it is full. */
  readonly reference: readonly number[];
  readonly current: TrailingBlocks;
}

/** Sizes and the level of each look. */
export interface ReferencePlan {
  readonly reference: number;
  readonly window: number;
  readonly every: number;
  readonly alpha: number;
}

/**
 * The plan of the options. Expectation adds up over looks, dependent or not: each look wrong with probability `falseAlarmsPer100k * every / 100,000`
 * makes that many false alarms per 100,000 values, fewer where looks share values.
 * @throws RangeError naming an option.
 */
export const referencePlan = ({
  reference = 1000,
  window = 500,
  every = 100,
  falseAlarmsPer100k = 10,
}: ReferenceOptions): ReferencePlan => {
  requireWhole('reference', reference, 10);
  requireWhole('window', window, 10);
  requireWhole('every', every, 1);
  requireMultiple('window', window, every);
  requirePositive('falseAlarmsPer100k', falseAlarmsPer100k);
  const alpha = (falseAlarmsPer100k * every) / 100_000;
  if (alpha >= 0.5) {
    throw new RangeError(
      `falseAlarmsPer100k must be below ${50_000 / every} with a look every ${every} values, got ${falseAlarmsPer100k}`,
    );
  }
  return { reference, window, every, alpha };
};

/** `compare` gets the sorted reference and the window as it came; it is asked only when both are full. */
export const againstReference = (
  name: string,
  plan: ReferencePlan,
  compare: (reference: readonly number[], current: readonly number[]) => Alarm | null,
): Detector<ReferenceState> => {
  const start = (): ReferenceState => ({ reference: [], current: NO_BLOCKS });
  return {
    name,
    start,
    update: (state, value) => {
      requireValue(value);
      if (state.reference.length < plan.reference) {
        const grown = [...state.reference, value];
        const full = grown.length === plan.reference;
        return {
          state: { ...state, reference: full ? grown.toSorted((a, b) => a - b) : grown },
          alarm: null,
        };
      }
      const { next, full } = withBlockValue(state.current, value, plan.every, plan.window / plan.every);
      const alarm = full ? compare(state.reference, next.blocks.flat()) : null;
      return { state: alarm === null ? { ...state, current: next } : start(), alarm };
    },
  };
};
