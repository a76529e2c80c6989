/**
 * `optimizationCycle`: observe, analyze, decide and validate in one activity; deploy as a child; then monitor.
 *
 * Started by the sweep, an anomaly (signal-with-start) or an operator under `cycle/<service>`. Input: `CycleInput`.
 * Messages: all of `messages.ts`; `rollback` and `anomaly` are passed on to the change in flight. Ends when there is
 * nothing to do, or when the change has finished or was rolled back. Survives any crash. History budget: 11 events for
 * an idle cycle (its states are fields of the result), about 25 with a change.
 */
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities, Assessment, CycleSummary } from '../activities/index.ts';
import type { Message } from '../src/state/messages.ts';
import { admitOptions, decideOptions } from './activity-options.ts';
import { canaryRollout } from './canary-rollout.ts';
import { asWorkflowFailure } from './failures.ts';
import { openInbox } from './inbox.ts';
import {
  changeEndedSignal,
  decisionsQuery,
  messageSignals,
  stateQuery,
  type Answer,
  type ChangeEnded,
} from './messages.ts';
import { describeSelf } from './search-attributes.ts';

const { assess } = proxyActivities<Pick<Activities, 'assess'>>(admitOptions);
const { describeChange } = proxyActivities<Pick<Activities, 'describeChange'>>(decideOptions);

/** A child whose report got lost is asked for at this pace. */
const ASK_AGAIN = '10m';

type Phase = 'OBSERVING' | 'DEPLOYING' | 'MONITORING' | 'ROLLING_BACK' | 'COMPLETE';

export async function optimizationCycle(input: unknown): Promise<CycleSummary> {
  let phase: Phase = 'OBSERVING';
  let assessment: Assessment | null = null;
  let ended: ChangeEnded | null = null;
  let stopped: string | null = null;
  const outbox: Message[] = [];

  const inbox = openInbox((message): Answer => {
    if (message.name !== 'rollback' && message.name !== 'anomaly') {
      return {
        accepted: false,
        reason: `a cycle takes rollback and anomaly; send ${message.name} to the rollout`,
      };
    }
    if (phase === 'OBSERVING' && message.name === 'rollback') stopped = message.reason;
    outbox.push(message);
    return { accepted: true, reason: 'passed on to the change in flight' };
  });
  setHandler(stateQuery, () => ({ input, phase, assessment, ended, ignored: inbox.ignored }));
  setHandler(decisionsQuery, () => (assessment ? [assessment] : []));
  setHandler(changeEndedSignal, (report: unknown) => {
    if (isReport(report)) ended = report;
    else inbox.ignored.push({ atMs: Date.now(), name: 'changeEnded', why: 'not a report of a change' });
  });
  CancellationScope.current().cancelRequested.catch(() => {
    outbox.push({ name: 'rollback', by: 'temporal', reason: 'the cycle was cancelled' });
    stopped = 'the cycle was cancelled';
  });

  return CancellationScope.nonCancellable(async () => {
    const { workflowId, runId } = workflowInfo();
    const decided = await assess({ input, workflowId, runId }).catch((error: unknown) => {
      throw asWorkflowFailure(error);
    });
    assessment = decided;
    if (decided.kind !== 'deploy' || stopped !== null) return finish(stopped ?? decided.reason);
    phase = 'DEPLOYING';
    describeSelf({ service: decided.serviceId, kind: 'cycle', phase: 'deploying' });
    if (!(await deploy(decided))) return finish('another change is in flight');
    phase = 'MONITORING';
    await follow(`rollout/${decided.serviceId}`);
    return finish(ended?.reason ?? 'the change has ended');
  });

  async function deploy(decided: Exclude<Assessment, { kind: 'nothingToDo' }>): Promise<boolean> {
    try {
      await startChild(canaryRollout, {
        workflowId: `rollout/${decided.serviceId}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [
          {
            serviceId: decided.serviceId,
            change: decided.change,
            by: workflowInfo().workflowId,
            reason: decided.reason,
          },
        ],
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  /** Waits for the child's report, passing messages on. The child outlives us, so its end is also asked for. */
  async function follow(rolloutId: string): Promise<void> {
    while (!ended) {
      await condition(() => ended !== null || outbox.length > 0, ASK_AGAIN);
      if (ended) return;
      for (const message of outbox.splice(0)) {
        if (message.name === 'rollback') phase = 'ROLLING_BACK';
        await passOn(rolloutId, message);
      }
      if (!ended && outbox.length === 0) ended = await askForTheEnd(rolloutId);
    }
  }

  /** Null while the change runs, and when nobody could say: it is asked for again. */
  async function askForTheEnd(workflowId: string): Promise<ChangeEnded | null> {
    try {
      return await describeChange({ workflowId });
    } catch {
      return null;
    }
  }

  async function passOn(rolloutId: string, message: Message): Promise<void> {
    const signal = messageSignals.find(({ name }) => name === message.name)?.signal;
    if (!signal) return;
    const payload =
      message.name === 'anomaly'
        ? {
            anomaly_type: message.anomalyType,
            severity: message.severity,
            affected_services: message.affectedServices,
            ...(message.messageId === undefined ? {} : { id: message.messageId }),
          }
        : message;
    try {
      await getExternalWorkflowHandle(rolloutId).signal(signal, payload);
    } catch {
      // The rollout has ended in the meantime: its report is on the way.
    }
  }

  function finish(reason: string): CycleSummary {
    phase = 'COMPLETE';
    return { assessment, change: ended, reason, historyEvents: workflowInfo().historyLength };
  }
}

/** A hand-typed signal of that name must not end the cycle. */
function isReport(report: unknown): report is ChangeEnded {
  if (typeof report !== 'object' || report === null) return false;
  const { workflowId, outcome, reason } = report as Readonly<Record<string, unknown>>;
  return [workflowId, outcome, reason].every((text) => typeof text === 'string');
}
