/**
 * Hands a winner to its rollout: an abandoned child that inherits the change lease. The experiment stays until the rollout holds the service, or
 * has ended, so that no other change gets in between.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  nextExperimentAction,
  type ExperimentEvent,
  type ExperimentRunState,
} from '../src/state/experiment/index.ts';
import { decideOptions } from './activity-options.ts';
import { canaryRollout } from './canary-rollout.ts';
import { failureReason } from './failures.ts';
import { changeEndedSignal, messageSignals, type IgnoredMessage } from './messages.ts';

const { graduationOf } = proxyActivities<Pick<Activities, 'graduationOf'>>(decideOptions);

/** Seconds between two looks at the lease: 1, 2, 4, 8, 15. */
const LONGEST_PAUSE_S = 15;

type Graduated = Extract<ExperimentEvent, { kind: 'graduated' | 'graduationRefused' }>;
/** Without its time. */
type Outcome = Graduated extends infer Event
  ? Event extends Graduated
    ? Omit<Event, 'atMs'>
    : never
  : never;

export interface Graduation {
  start(state: () => ExperimentRunState, input: unknown, variant: string): Promise<Outcome>;
}

/** Registers the handler of the child's report: to be called before the inbox is opened. */
export function openGraduation(ignored: IgnoredMessage[]): Graduation {
  let report: { readonly outcome: string; readonly reason: string } | null = null;
  setHandler(changeEndedSignal, (ended: unknown) => {
    const { outcome, reason } = (ended ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof outcome === 'string') report = { outcome, reason: String(reason) };
    else ignored.push({ atMs: Date.now(), name: 'changeEnded', why: 'not a report of a change' });
  });

  /**
   * Until the rollout holds the service, or has ended. Its report may be lost, so the lease is looked at as well. Somebody who takes the winner
   * back meanwhile is passed on at once, and once.
   */
  async function taken(
    of: { readonly serviceId: string; readonly workflowId: string; readonly startedBy?: string },
    state: () => ExperimentRunState,
  ): Promise<{ readonly isTaken: boolean; readonly why: string; readonly runId: string | null }> {
    const isRevoked = (): boolean => nextExperimentAction(state(), 0).kind === 'callOffGraduation';
    // Of one that it has not started itself, only what is known to be its own is told.
    let isOwn = of.startedBy === undefined;
    let isTold = false;
    const mustTell = (): boolean => isRevoked() && isOwn && !isTold;
    const tell = async (): Promise<void> => {
      if (!mustTell()) return;
      isTold = true;
      await passOn(of.workflowId, state());
    };
    let runId: string | null = null;
    for (let tried = 0; ; tried += 1) {
      await tell();
      let found: Awaited<ReturnType<typeof graduationOf>> | null = null;
      try {
        found = await graduationOf(of);
      } catch (error) {
        ignored.push({ atMs: Date.now(), name: 'graduationOf', why: failureReason(error) });
      }
      runId = found?.runId ?? runId;
      if (found?.kind === 'ended') return { isTaken: false, why: report?.reason ?? found.reason, runId };
      isOwn ||= found !== null;
      await tell();
      if (found?.kind === 'taken') return { isTaken: true, why: found.reason, runId };
      if (report !== null) return { isTaken: report.outcome !== 'refused', why: report.reason, runId };
      const pauseMs = 1_000 * Math.min(LONGEST_PAUSE_S, 2 ** tried);
      await condition(() => report !== null || mustTell(), pauseMs);
    }
  }

  /** Somebody took the winner back while its rollout was being admitted: the rollout is told, and does it. */
  async function passOn(workflowId: string, { ending }: ExperimentRunState): Promise<void> {
    const signal = messageSignals.find(({ name }) => name === 'rollback')?.signal;
    if (!signal || !ending) return;
    try {
      await getExternalWorkflowHandle(workflowId).signal(signal, { by: ending.by, reason: ending.reason });
    } catch (error) {
      ignored.push({ atMs: Date.now(), name: 'rollback', why: failureReason(error) });
    }
  }

  return {
    start: async (state, input, variant) => {
      const { plan, conclusion, ending } = state();
      const { serviceId } = plan;
      const workflowId = `rollout/${serviceId}`;
      const reason = `won ${workflowInfo().workflowId} (${plan.name}): ${conclusion?.sentence ?? ending?.reason ?? ''}`;
      const { workflowId: startedBy } = workflowInfo();
      let startedRunId: string | null = null;
      try {
        const child = await startChild(canaryRollout, {
          workflowId,
          parentClosePolicy: ParentClosePolicy.ABANDON,
          args: [
            {
              serviceId,
              change: changeOf(input, variant),
              by: startedBy,
              reason: reason.slice(0, 2_000),
            },
          ],
        });
        startedRunId = child.firstExecutionRunId;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
      // One that runs already may be the child of the run before a reset: that is followed, and nobody else's.
      const of = { serviceId, workflowId, ...(startedRunId === null && { startedBy }) };
      const { isTaken, why, runId } = await taken(of, state);
      return isTaken
        ? { kind: 'graduated', workflowId, runId: startedRunId ?? runId ?? '' }
        : { kind: 'graduationRefused', why: `${workflowId}: ${why}` };
    },
  };
}

/** As it was typed: the input was validated when the experiment was admitted. */
function changeOf(input: unknown, variant: string): unknown {
  const { variants } = (input ?? {}) as {
    readonly variants?: readonly { readonly id: string; readonly change?: unknown }[];
  };
  return variants?.find(({ id }) => id === variant)?.change;
}
