/**
 * Plays the best mean so far, and with probability epsilon any arm (Sutton, Barto 2018, section 2.2). With an epsilon of 0 it is the greedy rule,
 * which can stay for ever with an arm that began lucky. Golden families `bandit_indices`, `bandit_regret`.
 */
import { requireClosedUnit, requirePositive } from '../math/require.ts';
import { argMax } from './arguments.ts';
import { totalPlays, type ArmTotals } from './arm-totals.ts';
import { totalsPolicy, type TotalsPolicy } from './totals-policy.ts';

/** The arm of the best mean; unplayed arms come first, ties go to the lowest. */
export const greedyArm = (arms: readonly ArmTotals[]): number =>
  argMax(arms.map(({ n, sum }) => (n > 0 ? sum / n : Infinity)));

const epsilonPolicy = (
  name: string,
  epsilonOf: (arms: readonly ArmTotals[]) => number,
  discount: number,
): TotalsPolicy => {
  const shareOf = (epsilon: number, arms: number, isGreedy: boolean): number =>
    epsilon / arms + (isGreedy ? 1 - epsilon : 0);
  return totalsPolicy({
    name,
    discount,
    choose: (arms, random) => {
      const epsilon = epsilonOf(arms);
      const greedy = greedyArm(arms);
      if (epsilon === 0) return { arm: greedy, propensity: 1 };
      const arm = random.next() < epsilon ? Math.floor(random.next() * arms.length) : greedy;
      return { arm, propensity: shareOf(epsilon, arms.length, arm === greedy) };
    },
    shares: (arms) => {
      const epsilon = epsilonOf(arms);
      const greedy = greedyArm(arms);
      return arms.map((_, arm) => shareOf(epsilon, arms.length, arm === greedy));
    },
  });
};

/**
 * Fixed epsilon. Its regret grows for ever, by epsilon times the mean gap a round.
 * @param options.epsilon share of exploring rounds, from 0 (greedy) to 1 (uniform).
 * @param options.discount see `arm-totals.ts`; 1 when left out.
 * @throws RangeError naming `epsilon` or `discount`.
 */
export const epsilonGreedy = ({
  epsilon,
  discount = 1,
}: {
  readonly epsilon: number;
  readonly discount?: number;
}): TotalsPolicy => {
  requireClosedUnit('epsilon', epsilon);
  return epsilonPolicy(`epsilon-greedy ${epsilon}`, () => epsilon, discount);
};

/**
 * Epsilon min(1, c K / (d^2 t)) after t plays of K arms (Auer, Cesa-Bianchi, Fischer 2002, section 3): regret grows with ln t when c is above 5 and d is at most
 * the gap of the best two arms. Smaller c earns more on average and loses much in the runs that settle on a wrong arm.
 * @param options.c above 0. @param options.d the gap, above 0 to 1; 1 when left out.
 * @param options.discount t is then the effective count, so exploring never dies out; 1 when left out.
 * @throws RangeError naming `c`, `d` or `discount`.
 */
export const decayedEpsilonGreedy = ({
  c,
  d = 1,
  discount = 1,
}: {
  readonly c: number;
  readonly d?: number;
  readonly discount?: number;
}): TotalsPolicy => {
  requirePositive('c', c);
  if (!(d > 0 && d <= 1)) throw new RangeError(`d must be above 0 and at most 1, got ${d}`);
  const epsilonOf = (arms: readonly ArmTotals[]): number =>
    Math.min(1, (c * arms.length) / (d * d * Math.max(1, totalPlays(arms))));
  return epsilonPolicy(`epsilon-greedy decayed c=${c} d=${d}`, epsilonOf, discount);
};
