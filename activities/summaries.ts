/** What the workflows answer with when they end. */
import type { RolloutOutcome, StepRecord } from '../src/state/rollout/index.ts';
import type { Assessment } from './assess.ts';

export interface RolloutSummary {
  readonly serviceId: string;
  readonly generation: number;
  readonly summary: string;
  readonly outcome: RolloutOutcome;
  readonly reason: string;
  readonly looks: number;
  readonly steps: readonly StepRecord[];
  /** Length of the history when the workflow closed its books; the last few events come on top. */
  readonly historyEvents: number;
}

export interface CycleSummary {
  readonly assessment: Assessment | null;
  readonly change: { readonly workflowId: string; readonly outcome: string; readonly reason: string } | null;
  readonly reason: string;
  readonly historyEvents: number;
}

export interface WatchSummary {
  readonly serviceId: string;
  readonly generation: number;
  readonly outcome: 'closed' | 'reverted';
  readonly reason: string;
}
