/** What the best-arm methods assume of rewards, and what follows: a posterior draw and the cost of telling two arms apart. */
import type { Random } from '../../math/random.ts';
import { requireScale } from '../arguments.ts';
import type { ArmTotals } from '../arm-totals.ts';
import { drawRates, UNIFORM_PRIOR } from '../beta-thompson.ts';
import { drawMeans } from '../gaussian-thompson.ts';

/** Rewards of 0 or 1 (or scores between), or rewards with Gaussian noise of a known standard deviation. */
export type RewardModel = { readonly kind: 'bernoulli' } | { readonly kind: 'gaussian'; readonly sd: number };

/** @throws RangeError naming `sd`. */
export const requireModel = (model: RewardModel): void => {
  if (model.kind === 'gaussian') requireScale('sd', model.sd);
};

export const modelName = (model: RewardModel): string =>
  model.kind === 'gaussian' ? `gaussian sd=${model.sd}` : model.kind;

/** One draw of every arm's mean from the posterior: Beta(1, 1), or a normal prior flat enough not to matter. */
export const drawFromModel = (
  arms: readonly ArmTotals[],
  model: RewardModel,
  random: Random,
): readonly number[] =>
  model.kind === 'bernoulli'
    ? drawRates(arms, UNIFORM_PRIOR, random)
    : drawMeans(arms, model.sd ** 2, { mean: 0, sd: 1e6 * model.sd }, random);

/** p ln(p / q), 0 at p = 0; q lies between p and another rate, so it is 0 only beside a p of 0 or a rounding of it. */
const part = (p: number, q: number): number => (p > 0 && q > 0 ? p * Math.log(p / q) : 0);

/** Kullback-Leibler divergence of two Bernoulli rates. */
const divergence = (p: number, q: number): number => Math.max(0, part(p, q) + part(1 - p, 1 - q));

const bernoulliCost = (i: ArmTotals, j: ArmTotals, meanI: number, meanJ: number): number => {
  const pooled = Math.min(1, (i.sum + j.sum) / (i.n + j.n));
  return i.n * divergence(meanI, pooled) + j.n * divergence(meanJ, pooled);
};

/**
 * The evidence that arm i is better than arm j: the log-likelihood ratio of the data against "j is at least as good" (Shang et al. 2020, the transport cost).
 * Gaussian (mean_i - mean_j)^2 / (2 sd^2 (1/n_i + 1/n_j)); Bernoulli n_i kl(mean_i, pooled) + n_j kl(mean_j, pooled).
 * 0 where j is ahead or either has no plays.
 */
export const transportCost = (i: ArmTotals, j: ArmTotals, model: RewardModel): number => {
  if (i.n === 0 || j.n === 0) return 0;
  const [meanI, meanJ] = [i.sum / i.n, j.sum / j.n];
  if (meanJ >= meanI) return 0;
  return model.kind === 'bernoulli'
    ? bernoulliCost(i, j, Math.min(1, meanI), meanJ)
    : (meanI - meanJ) ** 2 / (2 * model.sd ** 2 * (1 / i.n + 1 / j.n));
};
