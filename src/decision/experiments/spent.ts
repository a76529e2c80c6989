/** What an experiment has cost so far, in quality and in money. It ends nothing; `judge-look.ts` holds it against the budget. */
import type { ArmTotals, ExperimentRunState } from '../../state/experiment/index.ts';
import type { Totals } from './totals.ts';

export type Spent = ExperimentRunState['spent'];

/** Variance of an arm's observed quality; marks vary less than good and bad answers do, so this is at most too much. */
const noiseOf = (mean: number, labels: number): number => {
  const shrunk = (mean * labels + 1) / (labels + 2);
  return (shrunk * (1 - shrunk)) / labels;
};

/**
 * How far an arm is behind the best, with the part taken off that noise alone would show: d - v / d, at least 0. The largest of several equal arms
 * looks better than it is, and without this a budget would run out on arms between which there is nothing.
 */
const behind = (best: ArmTotals, arm: ArmTotals): number => {
  if (best.qualityMean === null || arm.qualityMean === null) return 0;
  const gap = best.qualityMean - arm.qualityMean;
  if (gap <= 0) return 0;
  const noise = noiseOf(best.qualityMean, best.labels) + noiseOf(arm.qualityMean, arm.labels);
  return Math.max(0, gap - noise / gap);
};

/**
 * `regret`: good answers lost, the units of each arm times how far it is behind the best arm now. `usd`: what requests to variants cost above what
 * they would have cost with control; one that saves does not pay for another. Both are estimates of the whole, and may fall when a look corrects them.
 */
export const spentBy = (totals: Totals, control: string): Spent => {
  const arms = Object.entries(totals);
  const labelled = arms.filter(([, { labels, qualityMean }]) => labels > 0 && qualityMean !== null);
  let regret = 0;
  if (labelled.length > 1) {
    const [, best] = labelled.reduce((kept, one) =>
      one[1].qualityMean! > kept[1].qualityMean! ? one : kept,
    );
    for (const [, arm] of labelled) regret += arm.exposures * behind(best, arm);
  }
  const ofControl = totals[control]?.costUsdPerRequest ?? null;
  let usd = 0;
  for (const [name, { requests, costUsdPerRequest }] of arms) {
    if (name === control || ofControl === null || costUsdPerRequest === null) continue;
    usd += requests * Math.max(0, costUsdPerRequest - ofControl);
  }
  return { regret, usd };
};
