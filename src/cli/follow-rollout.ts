/** Follows a rollout to its end, showing how far it is. */
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { StepRecord } from '../state/rollout/index.ts';
import { liveRollout, plainRollout, planOf, type RolloutView } from './rollout-view.ts';
import type { Screen } from './screen.ts';
import { abortableDelay } from './wait.ts';

const LOOK_EVERY_MS = 1_000;

/** What `canaryRollout` answers with, as far as the stories need it. */
export interface RolloutEnd {
  readonly outcome: string;
  readonly reason: string;
  readonly generation: number;
  readonly summary: string;
  readonly looks: number;
  readonly historyEvents: number;
  readonly steps: readonly StepRecord[];
}

/**
 * The end of the rollout `workflowId`, run `runId`. A workflow that failed has the outcome `failed` and its message as the
 * reason. Throws the signal's reason when the program ends.
 */
export async function followRollout(
  client: Client,
  screen: Screen,
  of: { readonly workflowId: string; readonly runId: string },
  signal: AbortSignal,
): Promise<RolloutEnd> {
  const handle = client.workflow.getHandle(of.workflowId, of.runId);
  const result = (handle.result() as Promise<RolloutEnd>).catch(asFailed);
  const over = { yet: false };
  const ended = result.finally(() => (over.yet = true));
  ended.catch(() => undefined);
  let step = -1;
  let planned = false;
  while (!over.yet) {
    const view = await queryState(handle);
    if (view?.plan) {
      if (!planned) screen.line(`  ${planOf(view)}`);
      planned = true;
      if (view.stepIndex !== step && view.phase === 'soaking') {
        step = view.stepIndex;
        screen.settle();
        screen.line(
          `  ${new Date().toISOString().slice(11, 19)}  ${view.weightPct} % of the traffic on the candidate`,
        );
      }
      screen.live(liveRollout(view, Date.now()), plainRollout(view, Date.now()));
    }
    await Promise.race([ended.catch(() => undefined), abortableDelay(LOOK_EVERY_MS, signal)]);
    signal.throwIfAborted();
  }
  screen.settle();
  return ended;
}

function asFailed(error: unknown): RolloutEnd {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const reason = error.cause?.message ?? error.message;
  return {
    outcome: 'failed',
    reason,
    generation: 0,
    summary: 'the rollout did not start',
    looks: 0,
    historyEvents: 0,
    steps: [],
  };
}

/** The state, or null while no worker answers. */
async function queryState(handle: { query<T>(name: string): Promise<T> }): Promise<RolloutView | null> {
  return handle.query<RolloutView>('state').catch(() => null);
}
