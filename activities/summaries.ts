/** What the workflows answer with when they end. */
import type { ExperimentConclusion, ExperimentOutcome } from '../src/state/experiment/index.ts';
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

export interface ExperimentSummary {
  readonly serviceId: string;
  readonly generation: number;
  readonly name: string;
  readonly outcome: ExperimentOutcome;
  /** The variant that is adopted, null where none is. */
  readonly winner: string | null;
  readonly reason: string;
  readonly conclusion: ExperimentConclusion | null;
  /** The rollout of the winner, where one was started. */
  readonly graduation: { readonly workflowId: string; readonly runId: string } | null;
  readonly looks: number;
  readonly ticks: number;
  /** Of the last run, when it closed its books; the last few events come on top. */
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
