/** What an experiment has cost so far, in quality and in money. It ends nothing; `judge-look.ts` holds it against the budget. */
import type { ArmTotals, ExperimentRunState } from '../../state/experiment/index.ts';
import type { Totals } from './totals.ts';

export type Spent = ExperimentRunState['spent'];

/** How far an arm's quality is from control's, and the variance of that. */
interface Distance {
  readonly difference: number;
  readonly variance: number;
  readonly answers: number;
}

/** Variance of one outcome around an observed mean of `n`; marks vary less than good and bad answers do, so this is at most too much. */
const varianceOf = (mean: number, n: number): number => {
  const shrunk = (mean * n + 1) / (n + 2);
  return shrunk * (1 - shrunk);
};

/** From differences within blocks, which neither a change of weights nor one of quality for all makes up; from means over all where a release before kept no others. */
const distanceOf = (control: ArmTotals, arm: ArmTotals): Distance | null => {
  const answers = Math.max(arm.requests, arm.exposures);
  if (arm.compared !== undefined) {
    const { weight, control: a, variant: b } = arm.compared.quality;
    if (weight <= 0) return null;
    const variance = varianceOf((a + b) / (2 * weight), 2 * weight) / weight;
    return { difference: (b - a) / weight, variance, answers };
  }
  if (arm.qualityMean === null || control.qualityMean === null) return null;
  if (arm.labels <= 0 || control.labels <= 0) return null;
  const variance =
    varianceOf(arm.qualityMean, arm.labels) / arm.labels +
    varianceOf(control.qualityMean, control.labels) / control.labels;
  return { difference: arm.qualityMean - control.qualityMean, variance, answers };
};

/**
 * How far an arm is behind the best, with the part taken off that noise alone would show: d - v / d, at least 0. The largest of several equal arms
 * looks better than it is, and without this a budget would run out on arms between which there is nothing.
 */
const behind = (best: Distance, arm: Distance): number => {
  const gap = best.difference - arm.difference;
  return gap <= 0 ? 0 : Math.max(0, gap - (best.variance + arm.variance) / gap);
};

/** Of a variant's request, above what control's cost in the same blocks; null where nothing was compared. */
const dearerBy = (control: ArmTotals, { compared, costUsdPerRequest }: ArmTotals): number | null => {
  if (compared !== undefined) {
    const { weight, control: a, variant: b } = compared.costUsd;
    return weight > 0 ? (b - a) / weight : null;
  }
  if (control.costUsdPerRequest === null || costUsdPerRequest === null) return null;
  return costUsdPerRequest - control.costUsdPerRequest;
};

/**
 * `regret`: good answers lost, the answers of each arm times how far it is behind the best arm now. `usd`: what requests to variants cost above what
 * they would have cost with control; one that saves does not pay for another. Both are estimates of the whole, and may fall when a look corrects them.
 * That users who come back fare as at their first label is an assumption.
 */
export const spentBy = (totals: Totals, control: string): Spent => {
  const ofControl = totals[control];
  if (ofControl === undefined) return { regret: 0, usd: 0 };
  const variants = Object.entries(totals).flatMap(([name, arm]) => (name === control ? [] : [arm]));
  const distances = variants.flatMap((arm) => distanceOf(ofControl, arm) ?? []);
  const own = {
    difference: 0,
    variance: 0,
    answers: Math.max(ofControl.requests, ofControl.exposures),
  };
  const best = distances.reduce<Distance>(
    (kept, one) => (one.difference > kept.difference ? one : kept),
    own,
  );
  const regret = [own, ...distances].reduce((sum, arm) => sum + arm.answers * behind(best, arm), 0);
  const usd = variants.reduce(
    (sum, arm) => sum + arm.requests * Math.max(0, dearerBy(ofControl, arm) ?? 0),
    0,
  );
  return { regret, usd };
};
