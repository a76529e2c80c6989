/** Feeds a detector with the means of blocks of values: for rare outcomes, and for streams too fast to judge value by value. */
import { requireWhole } from '../../math/require.ts';
import { requireValue, type Detector } from './detector.ts';

export interface BlockMeansOptions {
  /** Values per block. */
  readonly block: number;
}

/** The block that is being filled. */
export interface BlockMeansState<S> {
  readonly n: number;
  readonly mean: number;
  readonly inner: S;
}

/**
 * The detector over block means. Detectors that count in standard deviations take a single failure at a rate of .01 for ten of them; the mean of 50
 * is nearly normal. Alarms come at the end of a block only, and the detector's settings count in blocks.
 * @throws RangeError naming `block`.
 */
export const blockMeans = <S>(
  detector: Detector<S>,
  { block }: BlockMeansOptions,
): Detector<BlockMeansState<S>> => {
  requireWhole('block', block, 2);
  return {
    name: `means(${detector.name})`,
    start: () => ({ n: 0, mean: 0, inner: detector.start() }),
    update: ({ n, mean, inner }, value) => {
      requireValue(value);
      const filled = { n: n + 1, mean: mean + (value - mean) / (n + 1) };
      if (filled.n < block) return { state: { ...filled, inner }, alarm: null };
      const { state, alarm } = detector.update(inner, filled.mean);
      return { state: { n: 0, mean: 0, inner: state }, alarm };
    },
  };
};
