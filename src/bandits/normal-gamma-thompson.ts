/**
 * Thompson sampling for rewards on any scale whose spread is not known either: Normal-Inverse-Gamma posterior per arm (Murphy 2007, section 6),
 * so that an arm with few plays is drawn from a Student t. Golden family `bandit_regret`.
 */
import type { Random } from '../math/random.ts';
import { sampleGamma, sampleNormal } from '../math/samplers.ts';
import { argMax, requireCentre, requireScale } from './arguments.ts';
import type { ArmTotals } from './arm-totals.ts';
import { totalsPolicy, type TotalsPolicy } from './totals-policy.ts';

/** variance ~ InverseGamma(shape, scale), mean ~ N(mean, variance / weight); `weight` is worth so many observations. */
export interface NormalGammaPrior {
  readonly mean: number;
  readonly weight: number;
  readonly shape: number;
  readonly scale: number;
}

const drawMean = ({ n, sum, m2 }: ArmTotals, prior: NormalGammaPrior, random: Random): number => {
  const weight = prior.weight + n;
  const mean = (prior.weight * prior.mean + sum) / weight;
  const gap = n > 0 ? sum / n - prior.mean : 0;
  const scale = prior.scale + m2 / 2 + (prior.weight * n * gap * gap) / (2 * weight);
  const variance = scale / sampleGamma(prior.shape + n / 2, random);
  return mean + sampleNormal(random) * Math.sqrt(variance / weight);
};

/**
 * Gaussian Thompson sampling with unknown mean and variance.
 * @param options.prior proper, so that it holds before the second reward; weight .01, mean 0, shape 1, scale .5 when left out:
 * fit for rewards of the order of 1.
 * @param options.discount see `arm-totals.ts`; 1 when left out.
 * @throws RangeError naming `mean`, `weight`, `shape`, `scale` or `discount`.
 */
export const normalGammaThompson = ({
  prior = { mean: 0, weight: 0.01, shape: 1, scale: 0.5 },
  discount = 1,
}: { readonly prior?: NormalGammaPrior; readonly discount?: number } = {}): TotalsPolicy => {
  requireCentre('mean', prior.mean);
  requireScale('weight', prior.weight);
  requireScale('shape', prior.shape);
  requireScale('scale', prior.scale);
  const { mean, weight, shape, scale } = prior;
  return totalsPolicy({
    name: `thompson normal-inverse-gamma(${mean}, ${weight}, ${shape}, ${scale})`,
    discount,
    choose: (arms, random) => ({
      arm: argMax(arms.map((totals) => drawMean(totals, prior, random))),
      propensity: null,
    }),
  });
};
