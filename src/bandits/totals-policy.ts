/** Makes a policy over arm totals from the one thing that tells such policies apart: how an arm is chosen. */
import type { Random } from '../math/random.ts';
import { learnTotals, mergeTotals, startTotals, type ArmTotals, type TotalsState } from './arm-totals.ts';
import { requireNoContext, requireReward, requireUnitReward } from './arguments.ts';
import type { BanditPolicy, Choice } from './policy.ts';

/** A policy without context. */
export type TotalsPolicy = BanditPolicy<TotalsState, null>;

interface TotalsRule {
  readonly name: string;
  readonly choose: (arms: readonly ArmTotals[], random: Random) => Choice;
  readonly shares?: (arms: readonly ArmTotals[]) => readonly number[];
  /** Rewards must be from 0 to 1. */
  readonly unitRewards?: boolean;
  /** Each round's past counts this much, above 0 to 1. */
  readonly discount?: number;
}

/** @throws RangeError naming `discount`. */
const requireDiscount = (discount: number): void => {
  if (!(discount > 0 && discount <= 1)) {
    throw new RangeError(`discount must be above 0 and at most 1, got ${discount}`);
  }
};

/** `0.999` as a part of a policy's name, nothing for no discount. */
const discountName = (discount: number): string => (discount === 1 ? '' : `, discount ${discount}`);

/** @throws RangeError naming `discount`. */
export const totalsPolicy = ({
  name,
  choose,
  shares,
  unitRewards = false,
  discount = 1,
}: TotalsRule): TotalsPolicy => {
  requireDiscount(discount);
  const requireRewardOf = unitRewards ? requireUnitReward : requireReward;
  return {
    name: `${name}${discountName(discount)}`,
    start: startTotals,
    arms: ({ arms }) => arms.length,
    choose: ({ arms }, context, random) => {
      requireNoContext(context);
      return choose(arms, random);
    },
    learn: (state, context, arm, reward) => {
      requireNoContext(context);
      requireRewardOf(reward);
      return learnTotals(state, arm, reward, discount);
    },
    merge: mergeTotals,
    ...(shares && {
      shares: ({ arms }, context) => {
        requireNoContext(context);
        return shares(arms);
      },
    }),
  };
};
