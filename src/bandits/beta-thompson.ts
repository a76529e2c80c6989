/**
 * Thompson sampling for rewards in 0..1: plays the arm that is best in one draw from the posterior (Thompson 1933; Agrawal, Goyal, COLT 2012;
 * discounted: Raj, Kalyani 2017). Golden family `bandit_regret`.
 *
 * A reward between 0 and 1 counts as that share of a success. The posterior is then wider than the truth, so it explores a little more
 * than it must, and is never surer than it may be.
 */
import type { Random } from '../math/random.ts';
import { sampleBeta } from '../math/samplers.ts';
import { argMax, requireScale } from './arguments.ts';
import type { ArmTotals } from './arm-totals.ts';
import { totalsPolicy, type TotalsPolicy } from './totals-policy.ts';

/** Pseudo-counts of successes and failures before anything was seen. */
export interface BetaPrior {
  readonly successes: number;
  readonly failures: number;
}

export const UNIFORM_PRIOR: BetaPrior = { successes: 1, failures: 1 };

/** One draw of the success rate of each arm. Rounding of fractional sums is kept from making a negative count. */
export const drawRates = (arms: readonly ArmTotals[], prior: BetaPrior, random: Random): readonly number[] =>
  arms.map(({ n, sum }) => sampleBeta(prior.successes + sum, prior.failures + Math.max(0, n - sum), random));

/**
 * Beta-Bernoulli Thompson sampling.
 * @param options.discount what each round's past still counts: .999 forgets over about 1,000 rounds and follows a world that changes that often; 1, the
 * default, for a world that stays. Plain Thompson hardly recovers from a switch: regret 637 against 170 in `bern3_switch`.
 * @param options.prior pseudo-counts above 0; Beta(1, 1) when left out. It does not fade.
 * @throws RangeError naming `discount`, `successes` or `failures`.
 */
export const betaThompson = ({
  discount = 1,
  prior = UNIFORM_PRIOR,
}: { readonly discount?: number; readonly prior?: BetaPrior } = {}): TotalsPolicy => {
  requireScale('successes', prior.successes);
  requireScale('failures', prior.failures);
  return totalsPolicy({
    name: `thompson beta(${prior.successes}, ${prior.failures})`,
    discount,
    unitRewards: true,
    choose: (arms, random) => ({ arm: argMax(drawRates(arms, prior, random)), propensity: null }),
  });
};
