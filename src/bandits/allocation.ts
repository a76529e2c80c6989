/**
 * How much of the traffic a policy would give each arm now, and drawing an arm from such shares. It decides nothing about time:
 * the shares hold for the state they were made from.
 *
 * A propensity that is logged must be the probability that the arm was really drawn with. Thompson's has no closed form, so draw
 * from the estimated shares (`drawFromShares`), not from the policy: then the estimate is the propensity, exactly, whatever its error.
 */
import { requireWhole } from '../math/require.ts';
import type { Random } from '../math/random.ts';
import type { BanditPolicy, Choice } from './policy.ts';
import { requireShares, withFloor } from './with-floor.ts';

/** Draws that estimate a share to within 3 points (two standard errors at one half). */
export const ALLOCATION_DRAWS = 1000;

/** Shares per arm. `draws` is 0 when they are exact; otherwise the standard error of a share p is sqrt(p (1 - p) / draws). */
export interface Allocation {
  readonly shares: readonly number[];
  readonly exact: boolean;
  readonly draws: number;
}

/** A policy that says a propensity of 1 has only one arm to play, so one draw tells all. */
const fromDraws = <S, X>(
  policy: BanditPolicy<S, X>,
  state: S,
  context: X,
  random: Random,
  draws: number,
): Allocation => {
  const counts = Array.from({ length: policy.arms(state) }, () => 0);
  for (let i = 0; i < draws; i++) {
    const { arm, propensity } = policy.choose(state, context, random);
    if (propensity === 1) return { shares: counts.map((_, a) => (a === arm ? 1 : 0)), exact: true, draws: 0 };
    counts[arm]! += 1;
  }
  return { shares: counts.map((count) => count / draws), exact: false, draws };
};

/**
 * What the policy would give each arm: exact where there is a closed form, otherwise the relative frequency over `draws` draws, which is 0
 * for an arm that was never drawn. A log for off-policy evaluation needs every propensity above 0: set a floor.
 * @param options.draws how many draws estimate shares that have no closed form (from 1; 1,000 when left out).
 * @param options.floor least share of every arm, from 0 to 1/arms (0 when left out), see `withFloor`.
 * @throws RangeError naming `draws`, `floor`, or as the policy's `choose`.
 */
export const allocation = <S, X>(
  policy: BanditPolicy<S, X>,
  state: S,
  context: X,
  random: Random,
  { draws = ALLOCATION_DRAWS, floor = 0 }: { readonly draws?: number; readonly floor?: number } = {},
): Allocation => {
  requireWhole('draws', draws, 1);
  const closedForm = policy.shares?.(state, context);
  const found =
    closedForm === undefined
      ? fromDraws(policy, state, context, random, draws)
      : { shares: closedForm, exact: true, draws: 0 };
  return { ...found, shares: withFloor(found.shares, floor) };
};

/**
 * Draws an arm from the shares by one number of `random`; its share is the propensity to log, exactly.
 * An arm with a share of 0 is never drawn.
 * @throws RangeError naming `shares` unless they are from 0 and sum to one.
 */
export const drawFromShares = (shares: readonly number[], random: Random): Choice => {
  requireShares(shares);
  const last = shares.findLastIndex((share) => share > 0);
  let left = random.next();
  for (let arm = 0; arm < last; arm++) {
    left -= shares[arm]!;
    if (left < 0) return { arm, propensity: shares[arm]! };
  }
  return { arm: last, propensity: shares[last]! };
};
