/**
 * How traffic is shared while settings are tuned: never more than `untriedPct` for one that has not been shown to do no harm, at the
 * start. Which one is put out later is decided by the look (`src/decision/experiments/put-out.ts`).
 */

/** Shares by arm id; they sum to 1. */
export type ArmWeights = Readonly<Record<string, number>>;

export interface WeighedArm {
  readonly id: string;
  /** Shown to do no harm: in an earlier experiment, or by every required guardrail of this one. */
  readonly isTried: boolean;
}

/** Tried settings share alike with the control, but leave it what the untried ones need. */
export function openingWeights(
  control: string,
  settings: readonly WeighedArm[],
  untriedPct: number,
): ArmWeights {
  const even = 1 / (settings.length + 1);
  const shares = settings.map(({ id, isTried }): readonly [string, number] => [
    id,
    isTried ? even : Math.min(even, untriedPct / 100),
  ]);
  // The control has what is left, so that the sum is 1 to the last bit that shares can say.
  const left = shares.reduce((sum, [, share]) => sum - share, 1);
  return Object.fromEntries([[control, left], ...shares]);
}
