/**
 * Which shares successive elimination would have next: as planned, but nothing for a variant that is proven worse than control. It proves nothing
 * itself, and puts out whom the verdict calls `worse`.
 *
 * Error control is the verdict's own, with no alpha of its own. "Worse" is said of some variant without an effect with at most alpha, over all variants
 * (Holm) and all looks; a variant that is out stays in that family. What is left is compared within periods, and who is out depends on the past alone:
 * a test that gets no more outcomes is one that was stopped, which a test that may be looked at all the time allows.
 */
import type { VariantLook } from '../../analysis/index.ts';
import type { ExperimentPlan, Weights } from '../../state/experiment/index.ts';

/** A difference of less than this is one of rounding. */
const ROUNDING = 1e-9;

/**
 * The weights of the next period, or null where they stay. What those had that are out goes to the arms that are left in proportion to their planned
 * shares; what a cap keeps from a variant goes to control. Null too when no variant is left: the verdict says so, and the last ones go on until
 * it may be concluded. A variant is tried anew when its evidence is dropped, because something else answers than before.
 */
export const weightsOncePutOut = (
  { weights: planned, caps = {} }: Pick<ExperimentPlan['allocation'], 'weights' | 'caps'>,
  control: string,
  looks: readonly Pick<VariantLook, 'variant' | 'status'>[],
  inForce: Weights,
): { readonly weights: Weights; readonly why: string } | null => {
  const out = looks.filter(({ status }) => status === 'worse').map(({ variant }) => variant);
  if (out.length === looks.length) return null;
  const shareOf = (arm: string): number => planned[arm] ?? 0;
  const whole = out.reduce((sum, arm) => sum - shareOf(arm), 1);
  const shares = looks.map(({ variant, status }): readonly [string, number] => {
    if (status === 'worse') return [variant, 0];
    const grown = out.length === 0 ? shareOf(variant) : shareOf(variant) / whole;
    return [variant, Math.min(grown, caps[variant] ?? 1)];
  });
  const ofControl = shares.reduce((sum, [, share]) => sum - share, 1);
  const weights = Object.fromEntries([[control, ofControl], ...shares]);
  const moved = Object.entries(weights).some(
    ([arm, share]) => Math.abs(share - (inForce[arm] ?? 0)) > ROUNDING,
  );
  if (!moved) return null;
  const why =
    out.length === 0
      ? 'elimination: none is proven worse since what answers changed'
      : `elimination: ${out.join(', ')} proven worse than ${control}, out`;
  return { weights, why };
};
