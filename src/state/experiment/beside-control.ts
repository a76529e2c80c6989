/** What control and a variant cost and took, as far as they can be compared. Adds nothing up. */
import type { ArmTotals, WeighedPair } from './state.ts';

/** Values of control and of a variant, compared within blocks. */
export interface BesideControl {
  readonly control: number;
  readonly variant: number;
}

/** Null where nothing was compared in the running phase. Totals from before blocks were compared, or of one window, are taken as they are. */
export function besideControl(
  totals: Readonly<Record<string, ArmTotals>>,
  control: string,
  variant: string,
  what: 'costUsd' | 'latencyMs',
): BesideControl | null {
  const compared = totals[variant]?.beside?.[what];
  if (compared !== undefined) return meansOf(compared);
  const field = what === 'costUsd' ? 'costUsdPerRequest' : 'latencyP95Ms';
  const [a, b] = [totals[control]?.[field] ?? null, totals[variant]?.[field] ?? null];
  return a === null || b === null ? null : { control: a, variant: b };
}

function meansOf({ weight, control, variant }: WeighedPair): BesideControl | null {
  return weight > 0 ? { control: control / weight, variant: variant / weight } : null;
}
