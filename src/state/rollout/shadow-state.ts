/** The shadow before a rollout's first step, as data: what was planned for it, how far it is, what a look at it found. Decides nothing. */
import type { ShadowEvidence } from '../../analysis/shadow/evidence.ts';
import type { GateReport } from '../../domain/gate.ts';
import type { StepVerdict } from '../../domain/guardrail.ts';

/** Frozen at admission. `only`: it ends without a live per cent. `judged`: quality is what a judge prefers, not what was graded. */
export interface ShadowPlan {
  readonly copyPct: number;
  readonly minPairs: number;
  /** Pairs after which it is given up; null: `maxRollout` alone ends it. */
  readonly maxCopies: number | null;
  readonly only: boolean;
  readonly judged: boolean;
  /** Pairs that are expected to be needed, that an hour yields, and the finish that follows. */
  readonly pairs: {
    readonly needed: number | null;
    readonly perHour: number;
    readonly expectedMs: number | null;
  };
}

/** `setAtMs` is null while the gateway does not copy: before the first write, and after its lease ran out. */
export interface ShadowState {
  readonly evidence: ShadowEvidence;
  readonly foldedTo: number;
  readonly setAtMs: number | null;
  readonly leftAtMs: number | null;
  /** What the last look found besides the pairs. */
  readonly gates: readonly GateReport[];
}

/** What one look at a shadow found. `live` says whether the gateway still copies what this rollout wrote. */
export interface ShadowLook {
  readonly atMs: number;
  readonly live: 'ours' | 'leaseLost';
  readonly leaseExpiresAtMs: number | null;
  readonly evidence: ShadowEvidence;
  readonly evidenceHash: string;
  readonly foldedTo: number;
  readonly verdict: StepVerdict;
  /** What else stands between a proven shadow and the first step. */
  readonly gates: readonly GateReport[];
}

/** A shadow that has seen nothing. */
export const startShadow = (
  evidence: ShadowEvidence,
  plan: { readonly admittedAtMs: number; readonly blockMs: number },
): ShadowState => ({
  evidence,
  foldedTo: Math.floor(plan.admittedAtMs / plan.blockMs) - 1,
  setAtMs: null,
  leftAtMs: null,
  gates: [],
});
