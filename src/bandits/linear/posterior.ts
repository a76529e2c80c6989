/**
 * What an arm's sums say of its weights: A = lambda I + sum x x', theta = A^-1 sum r x, and the spread of x.theta. Ridge regression, and the exact
 * posterior of weights with prior N(0, priorVariance I) under noise of a known variance, when lambda is their ratio.
 * Golden families `linucb`, `linear_thompson`.
 */
import { choleskyInverse, lowerFactor, lowerSolve, upperSolve, zeros } from '../../math/cholesky.ts';
import { requireArm, requireScale } from '../arguments.ts';
import { requireContext, type LinearArm, type LinearState } from './state.ts';

/** Cholesky's factor L of A, and L^-1 sum r x. */
export interface LinearFit {
  readonly factor: readonly number[];
  readonly solved: readonly number[];
}

/** A's pivots are never below lambda, since A is lambda I and a sum of squares; so the factor always exists. */
export const fitArm = ({ xx, xr }: LinearArm, lambda: number): LinearFit => {
  const size = xr.length;
  const matrix = zeros(size * size);
  let at = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) matrix[i * size + j] = xx[at++]!;
    matrix[i * size + i]! += lambda;
  }
  const factor = lowerFactor(matrix, size, lambda)!;
  return { factor, solved: lowerSolve(factor, size, xr) };
};

/** x.theta, and sqrt(x' A^-1 x) beside it. */
export interface LinearEstimate {
  readonly mean: number;
  readonly width: number;
}

/** Without checks: one solve, since both are products of L^-1 x. */
export const estimateAt = ({ factor, solved }: LinearFit, x: readonly number[]): LinearEstimate => {
  const y = lowerSolve(factor, x.length, x);
  let [mean, squared] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    mean += y[i]! * solved[i]!;
    squared += y[i]! * y[i]!;
  }
  return { mean, width: Math.sqrt(squared) };
};

/** Beyond these the ridge term would be rounding, or would drown any data. @throws RangeError naming `lambda`. */
export const requireLambda = (lambda: number): void => {
  if (!(lambda >= 1e-9 && lambda <= 1e9)) {
    throw new RangeError(`lambda must be from 1e-9 to 1e9, got ${lambda}`);
  }
};

/** Weights with mean theta and covariance v^2 A^-1, flat and row-major. */
export interface LinearPosterior {
  readonly mean: readonly number[];
  readonly covariance: readonly number[];
}

/**
 * The posterior of an arm's weights, N(theta, v^2 A^-1).
 * @param options.lambda ridge term, 1e-9 to 1e9. @param options.v standard deviation of a reward around its line, above 0.
 * @throws RangeError naming `arm`, `lambda` or `v`.
 */
export const linearPosterior = (
  state: LinearState,
  arm: number,
  { lambda, v }: { readonly lambda: number; readonly v: number },
): LinearPosterior => {
  requireArm(arm, state.arms.length);
  requireLambda(lambda);
  requireScale('v', v);
  const { factor, solved } = fitArm(state.arms[arm]!, lambda);
  return {
    mean: upperSolve(factor, state.dimension, solved),
    covariance: choleskyInverse(factor, state.dimension).map((value) => v * v * value),
  };
};

/**
 * Mean reward of every arm in a context, and the width of it: the standard deviation of the mean is v times `width`.
 * @param options.lambda ridge term, 1e-9 to 1e9.
 * @throws RangeError naming `context` or `lambda`.
 */
export const linearEstimates = (
  state: LinearState,
  context: readonly number[],
  { lambda }: { readonly lambda: number },
): readonly LinearEstimate[] => {
  requireContext(context, state.dimension);
  requireLambda(lambda);
  return state.arms.map((arm) => estimateAt(fitArm(arm, lambda), context));
};

/**
 * The ridge term and scale that make a linear policy the exact Bayesian one: weights N(0, priorVariance I) beforehand, rewards with `noiseVariance` around their
 * line. For rewards of 0 or 1 a noise variance of .25 is the most there can be.
 * @throws RangeError naming `noiseVariance`, `priorVariance` (above 0), or both when their ratio is no ridge term.
 */
export const bayesianScale = ({
  noiseVariance,
  priorVariance,
}: {
  readonly noiseVariance: number;
  readonly priorVariance: number;
}): { readonly lambda: number; readonly v: number } => {
  requireScale('noiseVariance', noiseVariance);
  requireScale('priorVariance', priorVariance);
  const lambda = noiseVariance / priorVariance;
  if (!(lambda >= 1e-9 && lambda <= 1e9)) {
    throw new RangeError(`noiseVariance over priorVariance must be from 1e-9 to 1e9, got ${lambda}`);
  }
  return { lambda, v: Math.sqrt(noiseVariance) };
};
