/** What can happen to a rollout. Past tense; each carries when. */
import type { RolloutEvidence } from '../../analysis/rollout/evidence.ts';
import type { ShareGate } from '../../analysis/gates/share-gate.ts';
import type { TlgState } from '../../analysis/tlg.ts';
import type { DryRunReport } from '../../domain/dry-run.ts';
import type { GateReport } from '../../domain/gate.ts';
import type { StepVerdict } from '../../domain/guardrail.ts';
import type { ShadowLook } from './shadow-state.ts';

/** What the gates of a look rest on, carried from look to look, and what they say. */
export interface LookGates {
  readonly share: ShareGate;
  readonly parity: TlgState;
  readonly reports: readonly GateReport[];
}

/** What one look found. `live` says whether the gateway still serves what this rollout wrote. */
export interface Look {
  readonly atMs: number;
  readonly live: 'ours' | 'leaseLost';
  readonly leaseExpiresAtMs: number | null;
  readonly observedSharePct: number | null;
  readonly evidence: RolloutEvidence;
  readonly evidenceHash: string;
  readonly foldedTo: number;
  readonly verdict: StepVerdict;
  /** Left out by looks of before there were gates. */
  readonly gates?: LookGates;
  /** The decision that this look recorded; left out when it recorded none. */
  readonly decisionId?: string;
  /** Left out where the service lists no metrics of its own. */
  readonly dryRuns?: readonly DryRunReport[];
}

export type RolloutEvent =
  | { readonly kind: 'writeStarted'; readonly atMs: number }
  | {
      readonly kind: 'weightSet';
      readonly atMs: number;
      readonly weightPct: number;
      readonly leaseExpiresAtMs: number | null;
    }
  /** The gateway serves the backup model to everybody, or still does. */
  | { readonly kind: 'backupServed'; readonly atMs: number; readonly leaseExpiresAtMs: number | null }
  | { readonly kind: 'backupRefused'; readonly atMs: number; readonly why: string }
  /** The stable configuration is live alone again. */
  | { readonly kind: 'backupLeft'; readonly atMs: number }
  | { readonly kind: 'looked'; readonly look: Look }
  | { readonly kind: 'shadowSet'; readonly atMs: number; readonly leaseExpiresAtMs: number | null }
  | { readonly kind: 'shadowLooked'; readonly look: ShadowLook }
  | { readonly kind: 'lookFailed'; readonly atMs: number; readonly why: string }
  | { readonly kind: 'approvalExpired'; readonly atMs: number }
  | { readonly kind: 'timeRanOut'; readonly atMs: number }
  | { readonly kind: 'stepFailed'; readonly atMs: number; readonly by: string; readonly why: string }
  /** A write has waited in vain for the end of a pause of the fleet, or of a freeze window. */
  | { readonly kind: 'stoodStill'; readonly atMs: number; readonly why: string }
  | { readonly kind: 'promoted'; readonly atMs: number }
  /** A promotion came to a gateway whose weight lease had run out. */
  | { readonly kind: 'leaseRanOut'; readonly atMs: number }
  /** The run was reset: it has taken the change lease anew, under a generation of its own. */
  | { readonly kind: 'leaseRetaken'; readonly atMs: number; readonly generation: number }
  | { readonly kind: 'takenBack'; readonly atMs: number }
  | { readonly kind: 'superseded'; readonly atMs: number; readonly why: string };
