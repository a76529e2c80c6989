/**
 * Seeded random numbers whose state is plain JSON, so that a decision which drew some can be judged again.
 * xoroshiro128+ (Blackman, Vigna) from `pure-rand`. Nothing in the core draws from anywhere else.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

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

/** Steps between the inputs of the four words: 2^32 over the golden ratio. */
const GOLDEN = 0x9e3779b9;

/** A bijection of 32 bits in which each input bit moves about half of the output's (Mueller's hash with Wellons' multipliers). */
const scramble = (bits: number): number => {
  let h = bits | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
};

/**
 * The stream of a seed (a safe integer; only its low 32 bits count). The seed is scrambled into all 128 bits: the generator's own
 * seeding would make the first draw of every small seed almost 1.
 * @throws RangeError naming `seed`.
 */
export const randomFromSeed = (seed: number): Random => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a safe integer, got ${seed}`);
  return streamOf(xoroshiro128plusFromState([1, 2, 3, 4].map((k) => scramble((seed | 0) + k * GOLDEN))));
};

const isWord = (word: unknown): boolean => Number.isInteger(word) && word === (word as number) >> 0;

/**
 * The stream that goes on where `state` stood.
 * @throws RangeError naming `state` when it is not what `state()` gives: four 32-bit words that are not all 0.
 */
export const randomFromState = (state: RandomState): Random => {
  const { generator, words } = state;
  const fine =
    Array.isArray(words) && words.length === 4 && words.every(isWord) && words.some((word) => word !== 0);
  if (generator !== 'xoroshiro128plus' || !fine) {
    throw new RangeError(`state must be that of a xoroshiro128plus stream, got ${JSON.stringify(state)}`);
  }
  return streamOf(xoroshiro128plusFromState(words));
};

const streamOf = (generator: ReturnType<typeof xoroshiro128plusFromState>): Random => ({
  next: () => uniformFloat64(generator),
  state: () => ({ generator: 'xoroshiro128plus', words: [...generator.getState()] }),
});
