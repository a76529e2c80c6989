/** What stands between a proven step and the next one, besides its guardrails. Types only. */

/** `waiting`: not yet. `fail`: it will not pass by waiting, the rollout is held. `unknown`: cannot be told here, and does not gate. */
export type GateOutcome = 'pass' | 'waiting' | 'fail' | 'unknown';

/** One gate at one look, with its reason in one sentence. `observed` and `limit` in the gate's own unit, null where there is none. */
export interface GateReport {
  readonly id: 'share' | 'sampleRatio' | 'labelParity' | 'standstill' | 'lease';
  readonly outcome: GateOutcome;
  readonly reason: string;
  readonly observed: number | null;
  readonly limit: number | null;
}
