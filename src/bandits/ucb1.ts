/**
 * Optimism: plays the arm whose upper confidence bound is highest (UCB1: Auer, Cesa-Bianchi, Fischer, Machine Learning 47, 2002).
 * Deterministic, so a replay needs no seed. Golden families `bandit_indices`, `bandit_regret` (to the last play).
 */
import { argMax, requireScale } from './arguments.ts';
import { totalPlays, type ArmTotals } from './arm-totals.ts';
import { totalsPolicy, type TotalsPolicy } from './totals-policy.ts';

/**
 * mean + c sqrt(2 ln t / n) per arm, t the plays of all; Infinity for an arm without plays.
 * @throws RangeError naming `c` (above 0).
 */
export const ucbIndices = (arms: readonly ArmTotals[], c: number): readonly number[] => {
  requireScale('c', c);
  const spread = 2 * Math.log(Math.max(1, totalPlays(arms)));
  return arms.map(({ n, sum }) => (n > 0 ? sum / n + c * Math.sqrt(spread / n) : Infinity));
};

/**
 * UCB1. Unplayed arms come first, lowest first. With a discount it is discounted UCB (Garivier, Moulines 2011, with B = 1 and xi = 1/2).
 * @param options.c scale of the rewards: 1 for rewards in 0..1, the standard deviation for Gaussian ones; 1 when left out.
 * @param options.discount see `arm-totals.ts`; 1 when left out.
 * @throws RangeError naming `c` or `discount`.
 */
export const ucb1 = ({
  c = 1,
  discount = 1,
}: { readonly c?: number; readonly discount?: number } = {}): TotalsPolicy => {
  requireScale('c', c);
  return totalsPolicy({
    name: `ucb1 c=${c}`,
    discount,
    choose: (arms) => ({ arm: argMax(ucbIndices(arms, c)), propensity: 1 }),
  });
};
