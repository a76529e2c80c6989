/** Shares of settings that are left when others were put out, as at the start. */
import {
  openingWeights,
  type ArmWeights,
  type WeighedArm,
} from '../../../src/strategies/parameters/index.ts';

/** The same for those that are left: `out` keep nothing. The control alone when none is left. */
export function weightsOfThoseLeft(
  control: string,
  settings: readonly WeighedArm[],
  out: readonly string[],
  untriedPct: number,
): ArmWeights {
  return openingWeights(
    control,
    settings.filter(({ id }) => !out.includes(id)),
    untriedPct,
  );
}
