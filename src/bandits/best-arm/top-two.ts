/**
 * Finds the best arm with few plays, whatever they earn: half of the plays go to the leader of a posterior draw, half to its challenger
 * (top-two Thompson sampling: Russo, COLT 2016; T3C: Shang, de Heide, Kaufmann, Menard, Valko, AISTATS 2020). For earning while learning use Thompson
 * sampling; for stopping, `glrStop`.
 *
 * T3C's challenger is the arm with the least transport cost. Plain top-two draws again until another arm wins, which late in a run
 * practically never happens: after `redraws` it takes T3C's challenger, or the leader, which about doubles the plays (statistics.md 2.9).
 * No discount: the best arm of a world that drifts is not a thing to be found.
 */
import { requireClosedUnit, requireWhole } from '../../math/require.ts';
import type { Random } from '../../math/random.ts';
import { argMax } from '../arguments.ts';
import type { ArmTotals } from '../arm-totals.ts';
import type { Choice } from '../policy.ts';
import { totalsPolicy, type TotalsPolicy } from '../totals-policy.ts';
import { challengerOf, transportCosts } from './challenger.ts';
import { drawFromModel, modelName, requireModel, type RewardModel } from './reward-model.ts';

/** Options of both; each has the default that the references were made with. */
export interface TopTwoOptions {
  readonly model: RewardModel;
  /** Share of plays that go to the leader, from 0 to 1; .5 when left out. */
  readonly leaderShare?: number;
  /** Plays of each arm, in turn, before anything is drawn; 20 when left out. */
  readonly initialPlays?: number;
}

const leastPlayed = (arms: readonly ArmTotals[]): number => argMax(arms.map(({ n }) => -n));

const topTwoPolicy = (
  name: string,
  { model, leaderShare = 0.5, initialPlays = 20 }: TopTwoOptions,
  challenge: (arms: readonly ArmTotals[], leader: number, random: Random) => number,
): TotalsPolicy => {
  requireModel(model);
  requireClosedUnit('leaderShare', leaderShare);
  requireWhole('initialPlays', initialPlays, 0);
  const choose = (arms: readonly ArmTotals[], random: Random): Choice => {
    const least = leastPlayed(arms);
    if (arms[least]!.n < initialPlays) return { arm: least, propensity: 1 };
    const leader = argMax(drawFromModel(arms, model, random));
    const staysWithLeader = random.next() < leaderShare || arms.length === 1;
    return { arm: staysWithLeader ? leader : challenge(arms, leader, random), propensity: null };
  };
  return totalsPolicy({
    name: `${name} ${modelName(model)} leader=${leaderShare} initial=${initialPlays}`,
    unitRewards: model.kind === 'bernoulli',
    choose,
  });
};

/** T3C. @throws RangeError naming `sd`, `leaderShare` or `initialPlays`. */
export const t3c = (options: TopTwoOptions): TotalsPolicy =>
  topTwoPolicy(
    't3c',
    options,
    (arms, leader) => challengerOf(transportCosts(arms, leader, options.model)).arm,
  );

/**
 * Top-two Thompson sampling with at most `redraws` new draws (20 when left out), then `whenNoneWins`.
 * @throws RangeError naming `redraws`, `sd`, `leaderShare` or `initialPlays`.
 */
export const topTwoThompson = ({
  redraws = 20,
  whenNoneWins = 'challenger',
  ...options
}: TopTwoOptions & {
  readonly redraws?: number;
  readonly whenNoneWins?: 'challenger' | 'leader';
}): TotalsPolicy => {
  requireWhole('redraws', redraws, 0);
  return topTwoPolicy(`top-two redraws=${redraws} else ${whenNoneWins}`, options, (arms, leader, random) => {
    for (let i = 0; i < redraws; i++) {
      const winner = argMax(drawFromModel(arms, options.model, random));
      if (winner !== leader) return winner;
    }
    return whenNoneWins === 'leader' ? leader : challengerOf(transportCosts(arms, leader, options.model)).arm;
  });
};
