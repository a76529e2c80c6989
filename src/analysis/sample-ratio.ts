/**
 * Whether traffic is split as it should be, looked at as often as one likes: Lindon, Malek, NeurIPS 2022, the Dirichlet-multinomial
 * Bayes factor. A mismatch says that the split is broken, so it freezes a verdict and picks no winner. Golden family `srm_sequential`.
 * Weights are those in force: on a ramp the log Bayes factors of the stages add up (`foldSampleRatio`).
 */
import { logGamma } from '../math/special.ts';

/** Concentration of the prior around the intended split. */
export const SAMPLE_RATIO_PRIOR = 100;

/** Log Bayes factor from which a mismatch is flagged: at most .1 % false flags over any number of looks. */
export const SAMPLE_RATIO_LIMIT = Math.log(1000);

/** Counts and weights beyond this (or weights below its inverse) are no traffic. */
const LARGEST = 1e15;

const isWeight = (w: number): boolean => w >= 1 / LARGEST && w <= LARGEST;

/**
 * Log Bayes factor of "not split by `weights`" against "split by them", for cumulative counts of units per arm.
 * `weights` are above 0 and need not sum to 1. Counts of zero give 0.
 * @throws RangeError naming weights, counts or prior.
 */
export const sampleRatioLogBayesFactor = (
  counts: readonly number[],
  weights: readonly number[],
  prior: number = SAMPLE_RATIO_PRIOR,
): number => {
  if (!Array.isArray(weights) || weights.length < 2 || !weights.every(isWeight)) {
    throw new RangeError(
      `weights must be two or more numbers above 0 (${1 / LARGEST} to ${LARGEST}), got ${JSON.stringify(weights)}`,
    );
  }
  const isCount = (n: number): boolean => n >= 0 && n <= LARGEST;
  if (!Array.isArray(counts) || counts.length !== weights.length || !counts.every(isCount)) {
    throw new RangeError(
      `counts must be ${weights.length} finite numbers from 0 (to ${LARGEST}), got ${JSON.stringify(counts)}`,
    );
  }
  if (!(prior > 0 && prior <= LARGEST)) {
    throw new RangeError(`prior must be above 0 and at most ${LARGEST}, got ${prior}`);
  }
  const total = weights.reduce((sum, w) => sum + w, 0);
  const units = counts.reduce((sum, n) => sum + n, 0);
  return counts.reduce(
    (sum, n, i) => {
      const w = weights[i]! / total;
      return sum + logGamma(prior * w + n) - logGamma(prior * w) - n * Math.log(w);
    },
    logGamma(prior) - logGamma(prior + units),
  );
};

/** The evidence at the latest look and its maximum so far; a flag once raised stays. */
export interface SampleRatioState {
  readonly logBayesFactor: number;
  readonly maxLogBayesFactor: number;
  readonly mismatch: boolean;
}

export const emptySampleRatio = (): SampleRatioState => ({
  logBayesFactor: 0,
  maxLogBayesFactor: 0,
  mismatch: false,
});

const requireState = (state: SampleRatioState): void => {
  if (!Number.isFinite(state.logBayesFactor + state.maxLogBayesFactor)) {
    throw new RangeError(`state must hold finite numbers, got ${JSON.stringify(state)}`);
  }
};

/** The state after a look at cumulative counts. @throws RangeError naming state, or as `sampleRatioLogBayesFactor`. */
export const lookAtSampleRatio = (
  state: SampleRatioState,
  counts: readonly number[],
  weights: readonly number[],
  prior: number = SAMPLE_RATIO_PRIOR,
): SampleRatioState => {
  requireState(state);
  const logBayesFactor = sampleRatioLogBayesFactor(counts, weights, prior);
  return {
    logBayesFactor,
    maxLogBayesFactor: Math.max(state.maxLogBayesFactor, logBayesFactor),
    mismatch: state.mismatch || logBayesFactor >= SAMPLE_RATIO_LIMIT,
  };
};

/**
 * The same while the weights change (a ramp, an adaptive allocation): the log Bayes factors of the stretches of equal weights add up, and their sum is
 * evidence like each of them, because each starts from what went before. `closed` is the sum over the stretches before the current one.
 */
export interface StagedSampleRatio extends SampleRatioState {
  readonly closed: number;
  readonly weights: readonly number[];
  readonly counts: readonly number[];
}

export const emptyStagedSampleRatio = (): StagedSampleRatio => ({
  ...emptySampleRatio(),
  closed: 0,
  weights: [],
  counts: [],
});

const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/**
 * The state after units were assigned: `added` of them per arm, by `weights`. An arm that takes no units is left out of both lists by giving it
 * weight 0 and count 0. Fewer than two arms in force say nothing about the split.
 * @throws RangeError naming state, weights, added or prior.
 */
export const foldSampleRatio = (
  state: StagedSampleRatio,
  added: readonly number[],
  weights: readonly number[],
  prior: number = SAMPLE_RATIO_PRIOR,
): StagedSampleRatio => {
  requireState(state);
  if (!Array.isArray(weights) || !weights.every((w) => w === 0 || isWeight(w))) {
    throw new RangeError(
      `weights must be 0 or from ${1 / LARGEST} to ${LARGEST}, got ${JSON.stringify(weights)}`,
    );
  }
  const fits = (n: number, i: number): boolean => n >= 0 && n <= LARGEST && (weights[i]! > 0 || n === 0);
  if (!Array.isArray(added) || added.length !== weights.length || !added.every(fits)) {
    throw new RangeError(
      `added must be ${weights.length} finite numbers from 0, and 0 where the weight is, got ${JSON.stringify(added)}`,
    );
  }
  const goesOn = sameNumbers(weights, state.weights);
  const closed = goesOn ? state.closed : state.logBayesFactor;
  const counts = goesOn ? state.counts.map((n, i) => n + added[i]!) : [...added];
  const inForce = (list: readonly number[]): readonly number[] => list.filter((_, i) => weights[i]! > 0);
  const split = inForce(weights);
  const running = split.length < 2 ? 0 : sampleRatioLogBayesFactor(inForce(counts), split, prior);
  const logBayesFactor = closed + running;
  return {
    closed,
    weights: [...weights],
    counts,
    logBayesFactor,
    maxLogBayesFactor: Math.max(state.maxLogBayesFactor, logBayesFactor),
    mismatch: state.mismatch || logBayesFactor >= SAMPLE_RATIO_LIMIT,
  };
};
