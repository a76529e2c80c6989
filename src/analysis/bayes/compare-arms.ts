/**
 * What several independent posteriors say of each other: the chance that one is the best, and what choosing it may cost. Integrals over
 * one coordinate that all arms share. Decides nothing: such a chance is a description of what is known, not a test. Stopping when it passes
 * .95 is wrong far more often than in 5 % of experiments without a difference, at every further look more so.
 */
import type { Tail } from '../../math/distributions/tail.ts';
import { logAddExp } from '../../math/special.ts';
import { logUnimodalIntegral } from '../../math/unimodal-integral.ts';

/** A posterior in a coordinate u in which its density has one peak. */
export interface ComparableArm {
  /** About where the peak is, and about half its width. */
  readonly centre: number;
  readonly width: number;
  readonly logDensity: (u: number) => number;
  /** Both tails of the posterior at u. */
  readonly tails: (u: number) => { readonly lower: Tail; readonly upper: Tail };
  /** ln of the change of the parameter itself with u: of one unit of loss. The same for all arms. */
  readonly logUnit: (u: number) => number;
}

/** Which end of the scale is good. */
export type Better = 'max' | 'min';

/** @throws RangeError naming `better`. */
export const requireBetter = (better: Better): void => {
  if (better !== 'max' && better !== 'min') {
    throw new RangeError(`better must be max or min, got ${String(better)}`);
  }
};

const others = (arms: readonly ComparableArm[], k: number): readonly ComparableArm[] =>
  arms.filter((_, j) => j !== k);

/** ln of the chances that an arm is worse and that it is better than the point u. */
const logSides = (arm: ComparableArm, u: number, better: Better) => {
  const { lower, upper } = arm.tails(u);
  return better === 'max' ? { worse: lower.log, better: upper.log } : { worse: upper.log, better: lower.log };
};

const logAllWorse = (arms: readonly ComparableArm[], u: number, better: Better): number =>
  arms.reduce((sum, arm) => sum + logSides(arm, u, better).worse, 0);

/** ln of the chance that some arm is better than the point u: the first, or else the second, and so on. No chance is subtracted. */
const logSomeBetter = (arms: readonly ComparableArm[], u: number, better: Better): number => {
  let [some, none] = [-Infinity, 0];
  for (const arm of arms) {
    const sides = logSides(arm, u, better);
    some = logAddExp(some, none + sides.better);
    none += sides.worse;
  }
  return some;
};

/** P(arm k is the best): its density times the chances that each other is worse. They sum to 1 up to rounding. */
export const chancesToBeBest = (arms: readonly ComparableArm[], better: Better): readonly number[] =>
  arms.map((arm, k) => {
    const rest = others(arms, k);
    if (rest.length === 0) return 1;
    const log = logUnimodalIntegral(
      (u) => arm.logDensity(u) + logAllWorse(rest, u, better),
      arm.centre,
      arm.width,
    );
    return Math.min(1, Math.exp(log));
  });

/**
 * E[best of all - arm k], in units of the parameter: the integral of P(arm k is worse than x and some other arm is better than x).
 * The chosen arm's loss is 0 only if it is the only one.
 */
export const expectedLosses = (arms: readonly ComparableArm[], better: Better): readonly number[] =>
  arms.map((arm, k) => {
    const rest = others(arms, k);
    if (rest.length === 0) return 0;
    const log = logUnimodalIntegral(
      (u) => arm.logUnit(u) + logAllWorse([arm], u, better) + logSomeBetter(rest, u, better),
      arm.centre,
      arm.width,
    );
    return Math.exp(log);
  });
