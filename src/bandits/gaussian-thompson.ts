/**
 * Thompson sampling for rewards on any scale whose standard deviation is known: each arm's mean has a normal posterior (Agrawal, Goyal 2013).
 * Where it is not known, `normalGammaThompson`. Golden family `bandit_regret`.
 */
import type { Random } from '../math/random.ts';
import { sampleNormal } from '../math/samplers.ts';
import { argMax, requireCentre, requireScale } from './arguments.ts';
import type { ArmTotals } from './arm-totals.ts';
import { totalsPolicy, type TotalsPolicy } from './totals-policy.ts';

/** Mean and standard deviation of an arm's mean before anything was seen. */
export interface NormalPrior {
  readonly mean: number;
  readonly sd: number;
}

/** One draw of each arm's mean for a known noise variance. */
export const drawMeans = (
  arms: readonly ArmTotals[],
  variance: number,
  prior: NormalPrior,
  random: Random,
): readonly number[] => {
  const priorPrecision = 1 / prior.sd ** 2;
  return arms.map(({ n, sum }) => {
    const precision = priorPrecision + n / variance;
    const mean = (prior.mean * priorPrecision + sum / variance) / precision;
    return mean + sampleNormal(random) / Math.sqrt(precision);
  });
};

/**
 * Gaussian Thompson sampling with known noise.
 * @param options.sd standard deviation of a single reward, above 0, in the unit of the reward.
 * @param options.prior of an arm's mean; N(0, 10^2) when left out, so state one when rewards are far from that scale.
 * @param options.discount see `arm-totals.ts`; 1 when left out.
 * @throws RangeError naming `sd`, `mean` or `discount`.
 */
export const gaussianThompson = ({
  sd,
  prior = { mean: 0, sd: 10 },
  discount = 1,
}: {
  readonly sd: number;
  readonly prior?: NormalPrior;
  readonly discount?: number;
}): TotalsPolicy => {
  requireScale('sd', sd);
  requireCentre('mean', prior.mean);
  requireScale('sd', prior.sd);
  return totalsPolicy({
    name: `thompson normal sd=${sd} prior N(${prior.mean}, ${prior.sd}^2)`,
    discount,
    choose: (arms, random) => ({
      arm: argMax(drawMeans(arms, sd ** 2, prior, random)),
      propensity: null,
    }),
  });
};
