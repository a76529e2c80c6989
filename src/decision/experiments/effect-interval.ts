/**
 * An interval of the effect that covers at every look, also when weights changed at every look: for shares and marks, from the differences within
 * blocks. It is shown; no verdict rests on it.
 *
 * S = sum of w_i (d_i - delta), with d_i the difference within block i and w_i = nA nB / (nA + nB), is a martingale: outcomes of a block do not depend on
 * how many went where, once that is fixed by the past. Its variance is sum of w_i p (1 - p), at most W p (1 - p) with p over all blocks (p (1 - p) is
 * concave). The Gaussian mixture bounds it at all times at once (Waudby-Smith et al., Ann. Stat. 52(6), 2024, asymptotically):
 * |S| < sqrt(2 (V + 1/rho2) ln(sqrt(V rho2 + 1) / alpha)). Marks in 0..1 vary at most as good and bad answers do.
 */
import { mixturePrecision, type ExperimentDesign } from '../../analysis/index.ts';
import type { ExperimentState } from '../../analysis/index.ts';

export interface EffectInterval {
  readonly low: number;
  readonly high: number;
  readonly alpha: number;
}

type Primary = ExperimentState['variants'][number]['primary'];

/** The sum of w at which the interval is tightest: that of the fixed size, both arms alike, at the largest variance. Frozen with the design. */
const plannedVariance = ({ nFixPerArm }: ExperimentDesign): number => Math.max(1, nFixPerArm / 2 / 4);

/** Below this the sum is not yet near a normal. */
const LEAST_WEIGHT = 50;

/** Of the primary metric of one variant, over the blocks of the running phase; null for means, and while there is too little. */
export const effectInterval = (
  { effect }: Pick<Primary, 'effect'>,
  design: ExperimentDesign,
): EffectInterval | null => {
  const { weight } = effect;
  if (design.primary.kind === 'mean' || weight < LEAST_WEIGHT) return null;
  const alpha = design.alpha / design.variants.length;
  const [control, variant] = [effect.control / weight, effect.variant / weight];
  const p = Math.min(1, Math.max(0, (control + variant) / 2));
  // Each arm's own variance differs from the pooled one by the effect itself.
  const difference = variant - control;
  const variance = weight * Math.max(p * (1 - p), 1 / weight);
  const rho2 = mixturePrecision(alpha, plannedVariance(design));
  const half =
    Math.sqrt(2 * (variance + 1 / rho2) * (0.5 * Math.log1p(variance * rho2) - Math.log(alpha))) / weight;
  return { low: difference - half, high: difference + half, alpha };
};
