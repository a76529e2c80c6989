/**
 * When to stop looking for the best arm. Both rules may be asked after every play, whatever policy chose the plays; neither holds for totals
 * that were discounted. Golden family `bandit_indices`.
 */
import { requireOpenUnit } from '../../math/require.ts';
import { argMax } from '../arguments.ts';
import { totalPlays, type TotalsState } from '../arm-totals.ts';
import { requireShares } from '../with-floor.ts';
import { challengerOf, transportCosts } from './challenger.ts';
import { requireModel, type RewardModel } from './reward-model.ts';

/**
 * Stop when `observed` has reached `limit`; `best` is the arm to name then. `guarantee` says what stands behind it: `proven` a theorem that
 * the wrong arm is named in at most delta of runs, `empirical` simulations in which it was far less, `none` nothing.
 */
export interface StopVerdict {
  readonly stop: boolean;
  readonly best: number;
  readonly observed: number;
  readonly limit: number;
  readonly guarantee: 'proven' | 'empirical' | 'none';
  readonly reason: string;
}

const verdict = (
  best: number,
  observed: number,
  limit: number,
  guarantee: StopVerdict['guarantee'],
  words: string,
): StopVerdict => {
  const stop = observed >= limit;
  const relation = stop ? 'at least' : 'below';
  const reason = `${words} ${observed.toPrecision(4)} is ${relation} ${limit.toPrecision(4)}`;
  return { stop, best, observed, limit, guarantee, reason };
};

export interface GlrOptions {
  /** Share of runs that may name a wrong arm, between 0 and 1. */
  readonly delta: number;
  readonly model: RewardModel;
  /**
   * `stylised`, the default: ln((K-1)(1+ln t)/delta), the one that Garivier and Kaufmann use in their experiments, without a proof; 0 wrong of 200 at
   * delta .05. `proven`: ln(2 t (K-1)/delta), their theorem 10, for rewards of 0 or 1 only.
   */
  readonly threshold?: 'stylised' | 'proven';
}

/**
 * The generalised likelihood ratio rule (Chernoff; Garivier, Kaufmann, COLT 2016): stop when even the challenger's transport cost from the
 * best mean has reached the threshold. Nothing stops while an arm has no plays.
 * @throws RangeError naming `delta`, `sd`, `state` (two or more arms) or `threshold` (`proven` with Gaussian rewards).
 */
export const glrStop = (
  { arms }: TotalsState,
  { delta, model, threshold = 'stylised' }: GlrOptions,
): StopVerdict => {
  requireOpenUnit('delta', delta);
  requireModel(model);
  if (arms.length < 2) throw new RangeError(`state must have two or more arms, got ${arms.length}`);
  if (threshold === 'proven' && model.kind !== 'bernoulli') {
    throw new RangeError(`threshold must be stylised for a ${model.kind} model, got ${threshold}`);
  }
  const best = argMax(arms.map(({ n, sum }) => (n > 0 ? sum / n : -Infinity)));
  const t = Math.max(1, totalPlays(arms));
  const growth = threshold === 'proven' ? 2 * t : 1 + Math.log(t);
  const limit = Math.log(((arms.length - 1) * growth) / delta);
  const { arm, cost } = challengerOf(transportCosts(arms, best, model));
  const guarantee = threshold === 'proven' ? 'proven' : 'empirical';
  return verdict(best, cost, limit, guarantee, `the evidence for arm ${best} against arm ${arm},`);
};

/**
 * Stop when an arm is best with a posterior probability of `confidence` (.95 when left out). Cheaper than `glrStop`, and without any guarantee: asked again and
 * again it names a wrong arm in .5 to 4.5 % of runs at .95 (statistics.md section 5), more with closer arms.
 * @param shares probability of each arm to be the best: the `allocation` of a Thompson policy, from 1,000 or more draws.
 * @throws RangeError naming `shares` or `confidence`.
 */
export const posteriorStop = (
  shares: readonly number[],
  { confidence = 0.95 }: { readonly confidence?: number } = {},
): StopVerdict => {
  requireShares(shares);
  requireOpenUnit('confidence', confidence);
  const best = argMax(shares);
  return verdict(best, shares[best]!, confidence, 'none', `the probability that arm ${best} is best,`);
};
