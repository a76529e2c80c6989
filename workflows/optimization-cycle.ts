/**
 * `optimizationCycle`: observe, analyze, decide and validate in one activity; deploy as a child; then monitor. An experiment is started as a child, too,
 * and not waited for: it lasts for days, and holds the service itself.
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
  patched,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type {
  Activities,
  Assessment,
  ControlActivities,
  CycleSummary,
  IncidentResponse,
} from '../activities/index.ts';
import { isLongAgo, raisedInWords, responseTo } from '../src/state/incident.ts';
import { anomalyPayload, SEVERITIES, type Message } from '../src/state/messages.ts';
import { abExperiment } from './ab-experiment.ts';
import { admitOptions, decideOptions, mutateOptions, notifyOptions } from './activity-options.ts';
import { canaryRollout } from './canary-rollout.ts';
import { asWorkflowFailure, failureReason } from './failures.ts';
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
const { notify } = proxyActivities<Pick<Activities, 'notify'>>(notifyOptions);
const { respondToIncident } = proxyActivities<Pick<ControlActivities, 'respondToIncident'>>(mutateOptions);

/** What was done about anomalies, newest last. */
const RESPONSES_KEPT = 20;

/** A child whose report got lost is asked for at this pace. */
const ASK_AGAIN = '10m';

type Phase = 'OBSERVING' | 'DEPLOYING' | 'MONITORING' | 'ROLLING_BACK' | 'COMPLETE';

export async function optimizationCycle(input: unknown): Promise<CycleSummary> {
  let phase: Phase = 'OBSERVING';
  let assessment: Assessment | null = null;
  let ended: ChangeEnded | null = null;
  let stopped: string | null = null;
  const outbox: Message[] = [];
  /** Anomalies that the change in flight did not take any more. */
  const untaken: Message[] = [];
  const responses: string[] = [];

  const inbox = openInbox((message): Answer => {
    if (message.name !== 'rollback' && message.name !== 'anomaly') {
      const taker = message.name === 'stop' || message.name === 'setAllocation' ? 'experiment' : 'rollout';
      return {
        accepted: false,
        reason: `a cycle takes rollback and anomaly; send ${message.name} to the ${taker}`,
      };
    }
    if (message.name === 'anomaly' && !concerns(message, input))
      return { accepted: false, reason: 'does not concern this service' };
    if (phase === 'OBSERVING' && message.name === 'rollback') stopped = message.reason;
    outbox.push(message);
    return { accepted: true, reason: 'passed on to the change in flight' };
  });
  setHandler(stateQuery, () => ({ input, phase, assessment, ended, responses, ignored: inbox.ignored }));
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
    await respond();
    const decided = await assess({ input, workflowId, runId }).catch((error: unknown) => {
      throw asWorkflowFailure(error);
    });
    assessment = decided;
    if (decided.kind === 'experiment' && stopped === null && !outbox.some(isAnomaly)) {
      // A worker of before there were experiments has ended its cycle here.
      if (patched('2026-11-experiment-from-cycle')) return finish(await startExperiment(decided));
    }
    if (decided.kind !== 'deploy' || stopped !== null) {
      await respond();
      return finish(stopped ?? decided.reason);
    }
    phase = 'DEPLOYING';
    describeSelf({ service: decided.serviceId, kind: 'cycle', phase: 'deploying' });
    if (!(await deploy(decided))) {
      await respond();
      return finish('another change is in flight');
    }
    phase = 'MONITORING';
    await follow(`rollout/${decided.serviceId}`);
    outbox.push(...untaken);
    await respond();
    return finish(ended?.reason ?? 'the change has ended');
  });

  /**
   * Answers the anomalies that no change of this cycle took. What holds the service gets them; else the service goes on its backup route.
   * Cycles of before there was one passed them on only, and ended without.
   */
  async function respond(): Promise<void> {
    while (outbox.some(isAnomaly)) {
      if (!patched('2026-11-backup-route')) return;
      const all = outbox.splice(0);
      outbox.push(...all.filter((message) => !isAnomaly(message)));
      const anomalies = all.filter(isAnomaly);
      const nowMs = Date.now();
      const old = anomalies.filter((anomaly) => isLongAgo(anomaly, nowMs));
      responses.push(
        ...old.map(
          (anomaly) => `${inWords(anomaly)}: noted; ${raisedInWords(anomaly)}, more than an hour ago`,
        ),
      );
      const recent = anomalies.filter((anomaly) => !isLongAgo(anomaly, nowMs));
      const [worst, ...others] = recent.toSorted((a, b) => rankOf(b) - rankOf(a));
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      if (worst) responses.push(`${await respondTo(worst)}${more}`);
      responses.splice(0, responses.length - RESPONSES_KEPT);
    }
  }

  async function respondTo(anomaly: Anomaly): Promise<string> {
    const { severity, security } = anomaly;
    const what = inWords(anomaly);
    if (!responseTo({ severity, security, inFlight: false, bothHurt: false }).backup) return `${what}: noted`;
    try {
      const response = await respondToIncident({ input, anomaly, holder: holder() });
      if (response.kind === 'inFlight') {
        await passOn(response.workflowId, anomaly);
        return `${what}: passed on to ${response.workflowId}`;
      }
      if (response.kind === 'routed') await tell(response);
      return response.kind === 'routed' ? response.reason : `${what}: ${response.reason}`;
    } catch (error) {
      return `${what}: ${failureReason(error)}`;
    }
  }

  async function tell({ notify: to, notice }: Extract<IncidentResponse, { kind: 'routed' }>): Promise<void> {
    if (to.length === 0) return;
    await notify({ notify: to, notice }).catch((error: unknown) => {
      inbox.ignored.push({ atMs: Date.now(), name: 'notify', why: failureReason(error) });
    });
  }

  function holder() {
    const { workflowId, firstExecutionRunId: firstRunId, runId } = workflowInfo();
    return { workflowId, firstRunId, runId };
  }

  async function deploy(decided: Extract<Assessment, { readonly change: unknown }>): Promise<boolean> {
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

  /** Abandoned: from here on it is the experiment that messages and anomalies of the service go to. */
  async function startExperiment({
    serviceId,
    input: asked,
    reason,
  }: Extract<Assessment, { kind: 'experiment' }>): Promise<string> {
    const workflowId = `experiment/${serviceId}`;
    describeSelf({ service: serviceId, kind: 'cycle', phase: 'deploying' });
    try {
      await startChild(abExperiment, {
        workflowId,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [asked],
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return `${workflowId} runs already`;
    }
    await passOnAll(workflowId);
    return `${workflowId} was started: ${reason}`;
  }

  /** What came while the experiment was being started. */
  async function passOnAll(workflowId: string): Promise<void> {
    for (const message of outbox.splice(0)) await passOn(workflowId, message);
  }

  /** Waits for the child's report, passing messages on. The child outlives us, so its end is also asked for. */
  async function follow(rolloutId: string): Promise<void> {
    while (!ended) {
      await condition(() => ended !== null || outbox.length > 0, ASK_AGAIN);
      if (ended) return;
      for (const message of outbox.splice(0)) {
        if (message.name === 'rollback') phase = 'ROLLING_BACK';
        if (!(await passOn(rolloutId, message)) && isAnomaly(message)) untaken.push(message);
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

  /** False when nobody takes it any more. */
  async function passOn(rolloutId: string, message: Message): Promise<boolean> {
    const signal = messageSignals.find(({ name }) => name === message.name)?.signal;
    if (!signal) return false;
    const payload = message.name === 'anomaly' ? anomalyPayload(message) : message;
    try {
      await getExternalWorkflowHandle(rolloutId).signal(signal, payload);
      return true;
    } catch {
      // The rollout has ended in the meantime: its report is on the way.
      return false;
    }
  }

  function finish(reason: string): CycleSummary {
    phase = 'COMPLETE';
    return {
      assessment,
      change: ended,
      reason: [...responses, reason].join('; '),
      historyEvents: workflowInfo().historyLength,
    };
  }
}

type Anomaly = Extract<Message, { name: 'anomaly' }>;

const inWords = ({ severity, anomalyType }: Anomaly): string => `${severity} anomaly: ${anomalyType}`;

const rankOf = ({ severity, security }: Anomaly): number =>
  SEVERITIES.indexOf(severity) + (security ? SEVERITIES.length : 0);

const isAnomaly = (message: Message): message is Anomaly => message.name === 'anomaly';

/** The input is as it was typed: one that names no service is refused by the first activity. */
function concerns({ affectedServices }: Anomaly, input: unknown): boolean {
  const { serviceId } = (input ?? {}) as Readonly<Record<string, unknown>>;
  return affectedServices.length === 0 || affectedServices.some((service) => service === serviceId);
}

/** A hand-typed signal of that name must not end the cycle. */
function isReport(report: unknown): report is ChangeEnded {
  if (typeof report !== 'object' || report === null) return false;
  const { workflowId, outcome, reason } = report as Readonly<Record<string, unknown>>;
  return [workflowId, outcome, reason].every((text) => typeof text === 'string');
}
