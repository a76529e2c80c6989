/**
 * The confidence sequence of a difference of means over its looks: what is excluded once stays excluded. It is shown for every metric and decides
 * for means only. Valid (asymptotically, at every look) while the weights stay as they are: a new stage starts a new one.
 */
import { ASYMPTOTIC_BURN_IN, compareMeans } from '../asymptotic.ts';
import type { Moments } from '../moments.ts';

/** Bounds of b - a so far, null until the burn-in of both arms is over; `logP` is the log of the always-valid p of "no difference". */
export interface RunningInterval {
  readonly low: number | null;
  readonly high: number | null;
  readonly logP: number;
}

export const emptyRunningInterval = (): RunningInterval => ({ low: null, high: null, logP: 0 });

/**
 * The sequence after a look at cumulative moments. Looks within the burn-in, and those at which there is no variance, change nothing.
 * Golden family `asymptotic_cs`, its sequences.
 * @throws RangeError naming alpha or nOpt.
 */
export const lookAtMeans = (
  before: RunningInterval,
  control: Moments,
  variant: Moments,
  { alpha, nOpt }: { readonly alpha: number; readonly nOpt: number },
  burnIn: number = ASYMPTOTIC_BURN_IN,
): RunningInterval => {
  const found = compareMeans(control, variant, { alpha, nOpt });
  if (!found.ok || Math.min(control.n, variant.n) < burnIn) return before;
  const { difference, halfWidth, logP } = found.value;
  return {
    low: Math.max(before.low ?? -Infinity, difference - halfWidth),
    high: Math.min(before.high ?? Infinity, difference + halfWidth),
    logP: Math.min(before.logP, logP),
  };
};
