/** The effect with what was known of the units before they were exposed taken out of its noise: shown beside the verdict, never deciding. */
import { covariateMomentsOfSums, cupedOfMoments, momentsOf, type CupedArm } from '../../analysis/index.ts';
import type { PrePeriodSums } from '../../domain/experiment-window.ts';
import type { ExperimentConclusion } from '../../state/experiment/index.ts';

const armOf = (sums: PrePeriodSums): CupedArm => ({
  known: covariateMomentsOfSums(sums),
  missing: momentsOf(sums.missing, sums.missingSumY, sums.missingSumYY),
});

/**
 * CUPED's estimate with its interval at 1 - alpha (of one look at a fixed size, so it does not license peeking); null where there is none to be had, as when
 * units are requests and have no past.
 * @throws RangeError naming a sum that cannot be.
 */
export const cupedOf = (
  control: PrePeriodSums | undefined,
  variant: PrePeriodSums | undefined,
  alpha: number,
): ExperimentConclusion['cuped'] => {
  if (control === undefined || variant === undefined || control.n + variant.n === 0) return null;
  const found = cupedOfMoments(armOf(control), armOf(variant), { alpha });
  if (!found.ok || !found.value.test.ok || !found.value.varianceReduction.ok) return null;
  const { test, varianceReduction } = found.value;
  const { low, high } = test.value.interval;
  return { difference: test.value.difference, low, high, varianceReduction: varianceReduction.value };
};
