/**
 * Seeded random numbers whose state is plain JSON, so that a decision which drew some can be judged again.
 * xoroshiro128+ (Blackman, Vigna) from `pure-rand`. Nothing in the core draws from anywhere else.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Where a stream of random numbers stands; survives JSON. */
export interface RandomState {
  readonly generator: 'xoroshiro128plus';
  readonly words: readonly number[];
}

/** A stream: `next()` is uniform on [0, 1) with 53 bits; `state()` is where it stands now. */
export interface Random {
  readonly next: () => number;
  readonly state: () => RandomState;
}

/**
 * The stream of a seed (a safe integer; only its low 32 bits count).
 * @throws RangeError naming `seed`.
 */
export const randomFromSeed = (seed: number): Random => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a safe integer, got ${seed}`);
  return streamOf(xoroshiro128plus(seed | 0));
};

/** The stream that goes on where `state` stood. */
export const randomFromState = (state: RandomState): Random =>
  streamOf(xoroshiro128plusFromState(state.words));

const streamOf = (generator: ReturnType<typeof xoroshiro128plus>): Random => ({
  next: () => uniformFloat64(generator),
  state: () => ({ generator: 'xoroshiro128plus', words: [...generator.getState()] }),
});
