/** What a bandit's log must hold so that another policy can be judged by it, and its checks. */
import { requireCentre } from '../arguments.ts';

/**
 * One decision that was played and rewarded.
 * `propensity` is the probability with which the logging policy drew the arm, noted when it drew (Thompson's is an estimate by draws: `allocation`).
 * `targetProbability` is that of the policy to judge, for the same arm in the same context.
 * `qHat` is what a model expected of that arm, `vHat` of the target policy (its mean over arms); the model must not have been fitted on this row.
 */
export interface LoggedDecision {
  readonly propensity: number;
  readonly targetProbability: number;
  readonly reward: number;
  readonly qHat?: number;
  readonly vHat?: number;
}

/** Below this a weight could overflow. A decision this unlikely is not evidence anyway. */
const SMALLEST_PROPENSITY = 1e-30;

/**
 * A propensity of 0 is an error, never a weight of 0: what the logging policy could not play, its log cannot tell.
 * @throws RangeError naming `log` with the row and the field.
 */
export const requireLog = (log: readonly LoggedDecision[]): void => {
  const modelled = log[0]?.qHat !== undefined;
  log.forEach(({ propensity, targetProbability, reward, qHat, vHat }, i) => {
    if (!(propensity >= SMALLEST_PROPENSITY && propensity <= 1)) {
      throw new RangeError(`log[${i}].propensity must be above 0 and at most 1, got ${propensity}`);
    }
    if (!(targetProbability >= 0 && targetProbability <= 1)) {
      throw new RangeError(`log[${i}].targetProbability must be from 0 to 1, got ${targetProbability}`);
    }
    requireCentre(`log[${i}].reward`, reward);
    if ((qHat !== undefined) !== modelled || (vHat !== undefined) !== modelled) {
      throw new RangeError(`log[${i}] must have qHat and vHat as all rows do, or neither as none does`);
    }
    if (qHat !== undefined) requireCentre(`log[${i}].qHat`, qHat);
    if (vHat !== undefined) requireCentre(`log[${i}].vHat`, vHat);
  });
};

export const weightOf = ({ propensity, targetProbability }: LoggedDecision): number =>
  targetProbability / propensity;
