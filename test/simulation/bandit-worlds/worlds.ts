/** The worlds of the golden file `bandit_regret`, built from what it says of them. */
import { mulberry32At } from '../../../src/math/index.ts';
import type { World } from './world.ts';

/** Rewards of 0 or 1 at fixed rates. */
export interface BernoulliSpec {
  readonly p: readonly number[];
  readonly T: number;
}

/** The rates change once, at half time. */
export interface SwitchSpec {
  readonly p_first_half: readonly number[];
  readonly p_second_half: readonly number[];
  readonly T: number;
}

export interface GaussianSpec {
  readonly mean: readonly number[];
  readonly sd: number;
  readonly T: number;
}

/** The rate of arm a is theta_a . x for a context x that begins with 1. */
export interface LinearSpec {
  readonly theta: readonly (readonly number[])[];
  readonly T: number;
}

export type WorldSpec = BernoulliSpec | SwitchSpec | GaussianSpec | LinearSpec;

const gapsOf = (means: readonly number[]): readonly number[] => {
  const best = Math.max(...means);
  return means.map((mean) => best - mean);
};

const bernoulli = (
  rounds: number,
  arms: number,
  ratesAt: (t: number) => readonly number[],
  gapsAt: (t: number) => readonly number[],
): World<null> => ({
  arms,
  rounds,
  contextAt: () => null,
  rewardOf: (seed, t, arm) => (mulberry32At(seed, t * arms + arm + 1) < ratesAt(t)[arm]! ? 1 : 0),
  gapOf: (t, arm) => gapsAt(t)[arm]!,
});

export const bernoulliWorld = ({ p, T }: BernoulliSpec): World<null> => {
  const gaps = gapsOf(p);
  return bernoulli(
    T,
    p.length,
    () => p,
    () => gaps,
  );
};

export const switchWorld = ({ p_first_half: first, p_second_half: second, T }: SwitchSpec): World<null> => {
  const [before, after] = [gapsOf(first), gapsOf(second)];
  const half = Math.floor(T / 2);
  return bernoulli(
    T,
    first.length,
    (t) => (t < half ? first : second),
    (t) => (t < half ? before : after),
  );
};

/** Box and Muller's cosine from two numbers per arm and round. */
export const gaussianWorld = ({ mean, sd, T }: GaussianSpec): World<null> => {
  const gaps = gapsOf(mean);
  return {
    arms: mean.length,
    rounds: T,
    contextAt: () => null,
    rewardOf: (seed, t, arm) => {
      const j = 2 * (t * mean.length + arm);
      const radius = Math.sqrt(-2 * Math.log(1 - mulberry32At(seed, j + 1)));
      return mean[arm]! + sd * radius * Math.cos(2 * Math.PI * mulberry32At(seed, j + 2));
    },
    gapOf: (_t, arm) => gaps[arm]!,
  };
};

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Per round d - 1 numbers for the context, then one per arm. */
export const linearWorld = ({ theta, T }: LinearSpec): World<readonly number[]> => {
  const free = theta[0]!.length - 1;
  const perRound = free + theta.length;
  return {
    arms: theta.length,
    rounds: T,
    contextAt: (seed, t) => {
      const x = [1];
      for (let i = 1; i <= free; i++) x.push(2 * mulberry32At(seed, t * perRound + i) - 1);
      return x;
    },
    rewardOf: (seed, t, arm, x) =>
      mulberry32At(seed, t * perRound + free + arm + 1) < dot(x, theta[arm]!) ? 1 : 0,
    gapOf: (_t, arm, x) => Math.max(...theta.map((row) => dot(x, row))) - dot(x, theta[arm]!),
  };
};
