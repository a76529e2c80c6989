/**
 * The confidence sequence of a difference of means over its looks: what is excluded once stays excluded. It is shown for every metric and decides
 * for means only. Valid (asymptotically, at every look) while the weights stay as they are: a new stage starts a new one.
 */
import { ASYMPTOTIC_BURN_IN, compareMeans } from '../asymptotic.ts';
import { requireWhole } from '../../math/require.ts';
import type { Moments } from '../moments.ts';

/** Bounds of b - a so far, null until the burn-in of both arms is over; `logP` is the log of the always-valid p of "no difference". */
export interface RunningInterval {
  readonly low: number | null;
  readonly high: number | null;
  readonly logP: number;
}

export const emptyRunningInterval = (): RunningInterval => ({ low: null, high: null, logP: 0 });

/**
 * The sequence after a look at cumulative moments of control `a` and variant `b`. Looks within the burn-in, and those at which there is no variance, change nothing.
 * Golden family `asymptotic_cs`, its sequences.
 * @throws RangeError naming before, a, b, alpha (below .5), nOpt or burnIn.
 */
export const lookAtMeans = (
  before: RunningInterval,
  a: Moments,
  b: Moments,
  { alpha, nOpt }: { readonly alpha: number; readonly nOpt: number },
  burnIn: number = ASYMPTOTIC_BURN_IN,
): RunningInterval => {
  if (Number.isNaN(before.logP) || Number.isNaN(before.low) || Number.isNaN(before.high)) {
    throw new RangeError(`before must hold numbers, got ${JSON.stringify(before)}`);
  }
  requireWhole('burnIn', burnIn, 2);
  const found = compareMeans(a, b, { alpha, nOpt });
  if (!found.ok || Math.min(a.n, b.n) < burnIn) return before;
  const { difference, halfWidth, logP } = found.value;
  return {
    low: Math.max(before.low ?? -Infinity, difference - halfWidth),
    high: Math.min(before.high ?? Infinity, difference + halfWidth),
    logP: Math.min(before.logP, logP),
  };
};
