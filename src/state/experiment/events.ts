/** What can happen to an experiment. Past tense; each carries when. */
import type { ExperimentState as Evidence } from '../../analysis/sequential/state.ts';
import type { ExperimentVerdict } from '../../analysis/sequential/verdict.ts';
import type { ArmTotals, ExperimentConclusion, ExperimentRunState, Weights } from './state.ts';

/** What a tick found. `judged` is null when only the lease was renewed, or the arms were not served. */
export interface ExperimentTick {
  readonly atMs: number;
  /** Whether the gateway still serves what this experiment wrote. */
  readonly live: 'ours' | 'leaseLost';
  readonly leaseExpiresAtMs: number | null;
  readonly judged: JudgedLook | null;
  /** Why nothing may be changed now. Left out: something may. */
  readonly standstill?: string;
  /** When it wrote what was in force anew, after a write that was left halfway. */
  readonly settledAtMs?: number;
}

export interface JudgedLook {
  readonly evidence: Evidence;
  readonly evidenceHash: string;
  readonly foldedToMs: number;
  readonly verdict: ExperimentVerdict;
  readonly totals: Readonly<Record<string, ArmTotals>>;
  readonly spent: ExperimentRunState['spent'];
  readonly providers: ExperimentRunState['providers'];
  /** What an adaptive allocation would have next; null where it is fixed or nothing changes. */
  readonly allocation: { readonly weights: Weights; readonly why: string } | null;
  /** What it comes to, when the verdict ends it; decided by the core, with the criteria of the service. */
  readonly conclusion: ExperimentConclusion | null;
  readonly decisionId?: string;
  /** In words, when the control is known to do worse than before; left out otherwise. */
  readonly controlFell?: string;
  /** What could not be shown, for the log. */
  readonly note?: string;
}

export type ExperimentEvent =
  /**
   * `arms`: what is written may change who serves whom, so the present period ends here. Take a time that the history proves (that of
   * the last activity or timer): too early costs minutes of data, too late would count traffic of other weights.
   */
  | { readonly kind: 'writeStarted'; readonly atMs: number; readonly arms?: true }
  /** Read back at `atMs`. */
  | {
      readonly kind: 'armsSet';
      readonly atMs: number;
      readonly weights: Weights;
      readonly exposedPct: number;
      readonly leaseExpiresAtMs: number | null;
    }
  /** What is served is not known: arms that were there are looked at before the write is tried again. */
  | { readonly kind: 'armsNotSet'; readonly atMs: number; readonly why: string }
  /** The stable configuration is live alone, read back; the experiment goes on. */
  | { readonly kind: 'armsTakenAway'; readonly atMs: number }
  | { readonly kind: 'ticked'; readonly tick: ExperimentTick }
  | { readonly kind: 'tickFailed'; readonly atMs: number; readonly why: string }
  | { readonly kind: 'rampDue'; readonly atMs: number }
  | { readonly kind: 'approvalExpired'; readonly atMs: number }
  /** `conclusion`: how it stands, where somebody has worked it out; it never makes a winner. */
  | { readonly kind: 'timeRanOut'; readonly atMs: number; readonly conclusion: ExperimentConclusion | null }
  | { readonly kind: 'stepFailed'; readonly atMs: number; readonly by: string; readonly why: string }
  /** The run was reset: it has taken the change lease anew, under a generation of its own. */
  | { readonly kind: 'leaseRetaken'; readonly atMs: number; readonly generation: number }
  /** The stable configuration is live alone, or was never left. */
  | { readonly kind: 'restored'; readonly atMs: number }
  | { readonly kind: 'superseded'; readonly atMs: number; readonly why: string }
  | { readonly kind: 'graduated'; readonly atMs: number; readonly workflowId: string; readonly runId: string }
  | { readonly kind: 'graduationRefused'; readonly atMs: number; readonly why: string }
  /** Somebody took the winner back before its rollout was started. */
  | { readonly kind: 'graduationCalledOff'; readonly atMs: number };
