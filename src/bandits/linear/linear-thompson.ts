/**
 * Thompson sampling with features: plays the arm that is best in this context in one draw of all weights (Agrawal, Goyal, ICML 2013).
 * Golden families `linear_thompson`, `bandit_regret`.
 */
import type { Random } from '../../math/random.ts';
import { sampleNormal } from '../../math/samplers.ts';
import { argMax, requireScale } from '../arguments.ts';
import { linearPolicy, type LinearOptions, type LinearPolicy } from './linear-policy.ts';
import type { LinearEstimate } from './posterior.ts';

/** One draw of x.theta per arm: for theta ~ N(m, v^2 A^-1) it is N(x.m, v^2 x' A^-1 x), so one normal each has the law of drawing all weights. */
export const drawScores = (
  estimates: readonly LinearEstimate[],
  v: number,
  random: Random,
): readonly number[] => estimates.map(({ mean, width }) => mean + v * width * sampleNormal(random));

/**
 * Linear Thompson sampling, one line per arm. With `lambda` and `v` from `bayesianScale` its draws are from the exact posterior.
 * @param options.v standard deviation of a reward around its line, above 0; .5 when left out, the largest there is for rewards in 0..1. The paper's
 * proof asks for more, of the order of sqrt(d ln t), and loses by it in practice.
 * @throws RangeError naming `dimension`, `lambda`, `discount` or `v`.
 */
export const linearThompson = ({
  v = 0.5,
  ...options
}: LinearOptions & { readonly v?: number }): LinearPolicy => {
  requireScale('v', v);
  return linearPolicy(options, {
    name: `linear thompson v=${v}`,
    choose: (estimates, random) => ({ arm: argMax(drawScores(estimates, v, random)), propensity: null }),
  });
};
