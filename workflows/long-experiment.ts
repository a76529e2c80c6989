/** When an experiment's run is long, and before which of its actions it may go on as a new one. */
import { patched, workflowInfo } from '@temporalio/workflow';
import type { ExperimentAction, ExperimentRunState } from '../src/state/experiment/index.ts';

/** A server that suggests nothing gets a new run at this length of the history, in events, all the same. */
const LONGEST_HISTORY = 8_000;

export function isLongRun(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength >= LONGEST_HISTORY;
}

/**
 * Between two writes nothing is under way. Arms that come back in a freeze are written again and again, with neither a wait nor a tick between; the write that
 * begins an experiment is one, however long it takes.
 */
export function mayHandOverBefore(
  { kind }: ExperimentAction,
  { startedAtMs }: Pick<ExperimentRunState, 'startedAtMs'>,
): boolean {
  if (kind === 'wait' || kind === 'tick') return true;
  return kind === 'setArms' && startedAtMs !== null && patched('2026-11-hand-over-before-arms');
}
