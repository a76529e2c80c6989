/**
 * What the policies without context know: per arm how much was seen, its sum and its spread. One state for all of them, so that a
 * service may change its policy and keep what it learned. Totals add up, so shards merge.
 *
 * The sum is kept and not the mean, so that arms with the same wins of the same plays tie exactly whatever the order was.
 *
 * Under a discount every total fades by it at each round, and `n` is an effective count. After an alarm of a drift detector (ADWIN) fade
 * once by hand: `fadeTotals(state, 0)` starts anew, a share above 0 keeps that much of the past as a prior.
 */
import { requireClosedUnit } from '../math/require.ts';
import { requireArm, requireArms } from './arguments.ts';

/** `n` observations (effective under a discount) with their sum, and the sum of squared deviations from their mean. */
export interface ArmTotals {
  readonly n: number;
  readonly sum: number;
  readonly m2: number;
}

/** The state of every policy without context. */
export interface TotalsState {
  readonly arms: readonly ArmTotals[];
}

const NOTHING: ArmTotals = { n: 0, sum: 0, m2: 0 };

/** @throws RangeError naming `arms`. */
export const startTotals = (arms: number): TotalsState => {
  requireArms(arms);
  return { arms: Array.from({ length: arms }, () => NOTHING) };
};

/** Effective observations over all arms. */
export const totalPlays = (arms: readonly ArmTotals[]): number => {
  let total = 0;
  for (const { n } of arms) total += n;
  return total;
};

/** Welford's update, with the mean from the sum. */
const observed = ({ n, sum, m2 }: ArmTotals, reward: number): ArmTotals => {
  const after = { n: n + 1, sum: sum + reward, m2 };
  if (n > 0) after.m2 += (reward - sum / n) * (reward - after.sum / after.n);
  return after;
};

const faded = ({ n, sum, m2 }: ArmTotals, share: number): ArmTotals => ({
  n: n * share,
  sum: sum * share,
  m2: m2 * share,
});

/**
 * Every total times `share`, from 0 (nothing is left) to 1 (nothing changes).
 * @throws RangeError naming `share`.
 */
export const fadeTotals = (state: TotalsState, share: number): TotalsState => {
  requireClosedUnit('share', share);
  return { arms: state.arms.map((totals) => faded(totals, share)) };
};

/** The state after a reward of `arm`: all fade by `discount` (1 for none), then the reward is added. */
export const learnTotals = (
  { arms }: TotalsState,
  arm: number,
  reward: number,
  discount: number,
): TotalsState => {
  requireArm(arm, arms.length);
  const next = discount === 1 ? arms.slice() : arms.map((totals) => faded(totals, discount));
  next[arm] = observed(next[arm]!, reward);
  return { arms: next };
};

/** Chan's formula for the spread. */
const merged = (a: ArmTotals, b: ArmTotals): ArmTotals => {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const gap = b.sum / b.n - a.sum / a.n;
  const n = a.n + b.n;
  return { n, sum: a.sum + b.sum, m2: a.m2 + b.m2 + (gap * gap * a.n * b.n) / n };
};

/** @throws RangeError naming `b` when the shards do not know the same arms. */
export const mergeTotals = (a: TotalsState, b: TotalsState): TotalsState => {
  if (a.arms.length !== b.arms.length) {
    throw new RangeError(`b must know ${a.arms.length} arms, as the other shard, got ${b.arms.length}`);
  }
  return { arms: a.arms.map((totals, i) => merged(totals, b.arms[i]!)) };
};
