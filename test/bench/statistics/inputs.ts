/** Inputs that both sides get: seeded, and short of digits, so that JSON carries them exactly. */
import { randomFromSeed, sampleLogNormal, sampleNormal, type Random } from '../../../src/math/index.ts';

const short = (x: number): number => Number(x.toPrecision(9));

export interface Inputs {
  readonly random: Random;
  readonly normal: (n: number, mean?: number, sd?: number) => readonly number[];
  readonly latencies: (n: number) => readonly number[];
  readonly uniform: (n: number, low?: number, high?: number) => readonly number[];
}

export const inputsOf = (seed: number): Inputs => {
  const random = randomFromSeed(seed);
  const of = (n: number, draw: () => number): readonly number[] =>
    Array.from({ length: n }, () => short(draw()));
  return {
    random,
    normal: (n, mean = 0, sd = 1) => of(n, () => mean + sd * sampleNormal(random)),
    latencies: (n) => of(n, () => sampleLogNormal(6.5, 0.6, random)),
    uniform: (n, low = 0, high = 1) => of(n, () => low + (high - low) * random.next()),
  };
};
