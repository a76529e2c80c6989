/**
 * `canaryRollout`: tries one change on live traffic, step by step, and takes it back when it hurts.
 *
 * Started by a cycle, an operator or a service, under the id `rollout/<service>`. Input: `RolloutInput`, validated by the
 * first activity. Messages: all of `messages.ts`, each as a signal and as an update; queries `state` and `decisions`.
 * Ends when promoted, rolled back, rejected, without enough evidence, replaced or superseded; a workflow never closes
 * while what it wrote is live and not stable. Cancelling it means rolling back. Survives any crash: state, evidence and
 * soak end are in its history. History budget: 11 events a look; continues as new when the server suggests it.
 */
import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, ControlActivities, Promoted, RolloutSummary } from '../activities/index.ts';
import type { Message } from '../src/state/messages.ts';
import {
  nextRolloutAction,
  noticeOf,
  receiveMessage,
  reduceRollout,
  replacementInput,
  rolloutNotices,
  startRollout,
  upgradeRolloutState,
  type RolloutAction,
  type RolloutEvent,
  type RolloutNotice,
  type RolloutState,
} from '../src/state/rollout/index.ts';
import {
  admitOptions,
  compensateOptions,
  decideOptions,
  mutateOptions,
  notifyOptions,
  recordOptions,
} from './activity-options.ts';
import { describeRollout } from './describe-rollout.ts';
import { asWorkflowFailure, failureReason, failureType, isContinueAsNew } from './failures.ts';
import { openInbox } from './inbox.ts';
import { decisionsQuery, stateQuery, type Answer, type IgnoredMessage } from './messages.ts';
import { reportToParent } from './parent.ts';
import { describeSelf } from './search-attributes.ts';
import { startWatch } from './start-watch.ts';
import { admitSuperseding, asksToSupersede, stopReason } from './superseding.ts';

const admit =
  proxyActivities<Pick<Activities, 'admitRollout' | 'renewLeaseRun' | 'retakeLease'>>(admitOptions);
const decide = proxyActivities<Pick<Activities, 'look'>>(decideOptions);
const record = proxyActivities<Pick<Activities, 'finishRollout'>>(recordOptions);
const people = proxyActivities<Pick<Activities, 'notify'>>(notifyOptions);
const mutate = proxyActivities<Pick<ControlActivities, 'setWeight' | 'promoteCandidate'>>(mutateOptions);
const compensate = proxyActivities<Pick<ControlActivities, 'takeBackCandidate'>>(compensateOptions);

/** What travels through continue-as-new. */
interface CarriedRollout {
  readonly state: RolloutState;
  readonly ignored: readonly IgnoredMessage[];
}

export async function canaryRollout(input: unknown, carried?: CarriedRollout): Promise<RolloutSummary> {
  const info = workflowInfo();
  let state: RolloutState | null = carried ? upgradeRolloutState(carried.state) : null;
  const early: Message[] = [];
  let step: CancellationScope | null = null;
  let changed = false;
  let cancelled = false;
  let refusal: string | null = null;
  let waitsFor: string | null = null;
  let clockMs = info.startTime.getTime();
  const toTell: RolloutNotice[] = [];
  const telling = new Set<Promise<void>>();

  const receive = (message: Message): Answer => {
    if (!state) {
      early.push(message);
      return { accepted: true, reason: 'kept until the rollout has been admitted' };
    }
    const received = receiveMessage(state, message, Date.now());
    become(received.state);
    return received.answer;
  };
  const inbox = openInbox(receive, carried?.ignored);
  setHandler(stateQuery, () => describeRollout({ input, state, ignored: inbox.ignored, refusal, waitsFor }));
  setHandler(decisionsQuery, () => state?.log ?? []);
  CancellationScope.current().cancelRequested.catch(() => {
    cancelled = true;
    receive({ name: 'rollback', by: 'temporal', reason: 'the workflow was cancelled' });
  });

  return CancellationScope.nonCancellable(async () => {
    state ??= await admitted();
    for (const message of early.splice(0)) receive(message);
    try {
      if (carried) await renewLeaseRun();
      await drive();
    } catch (error) {
      if (isContinueAsNew(error)) throw error;
      happened({ kind: 'stepFailed', atMs: Date.now(), by: 'optimizer', why: failureReason(error) });
      await drive();
    }
    return finish();
  });

  /** Validates and resolves the input and takes the change lease. What is refused ends the workflow with every problem listed. */
  async function admitted(): Promise<RolloutState> {
    const parentWorkflowId = info.parent?.workflowId ?? null;
    const request = { input, holder: holder(), parentWorkflowId };
    const admitting = asksToSupersede(input)
      ? admitSuperseding(request, {
          on: (holds) => void (waitsFor = holds),
          stopped: () => stopReason(early),
        })
      : admit.admitRollout(request);
    const admission = await admitting.catch(async (error: unknown) => {
      refusal = failureReason(error);
      await reportToParent({ outcome: 'refused', reason: refusal, generation: null });
      throw asWorkflowFailure(error);
    });
    describeSelf({ service: admission.plan.serviceId, kind: 'rollout', phase: 'admitted' });
    const started = startRollout(admission.plan, admission.evidence);
    noteFor(null, started);
    return started;
  }

  /**
   * Names this run in the lease. Its failure decides nothing, and a rollback does not wait for it: the fence, not the lease,
   * protects the gateway.
   */
  async function renewLeaseRun(): Promise<void> {
    const scope = new CancellationScope();
    step = scope;
    try {
      await scope.run(() => admit.renewLeaseRun({ serviceId: current().plan.serviceId, holder: holder() }));
    } catch (error) {
      inbox.ignored.push({ atMs: Date.now(), name: 'renewLeaseRun', why: failureReason(error) });
    } finally {
      step = null;
    }
  }

  /**
   * Time as far as the history proves it: what activities reported, and when fired timers were due. What comes next is decided
   * by this clock alone. `Date.now()` will not do: after a crash, a query that reaches the new worker before the workflow
   * task makes the SDK run the newest events at the time of the task before them, a replay runs them at their own time,
   * and the two would order different commands.
   */
  function clockReads(atMs: number): void {
    clockMs = Math.max(clockMs, atMs);
  }

  /** Runs the interpreter until nothing is left to do. */
  async function drive(): Promise<void> {
    for (;;) {
      if (workflowInfo().continueAsNewSuggested && current().phase === 'soaking') await handOver();
      tell();
      const action = nextRolloutAction(current(), clockMs);
      if (action.kind === 'finish') return;
      await perform(action);
    }
  }

  async function handOver(): Promise<never> {
    await condition(allHandlersFinished);
    tell();
    await Promise.all(telling);
    return continueAsNew<typeof canaryRollout>(input, { state: current(), ignored: inbox.ignored });
  }

  async function perform(action: Exclude<RolloutAction, { kind: 'finish' }>): Promise<void> {
    switch (action.kind) {
      case 'wait':
        return waitUntil(action.untilMs);
      case 'expireApproval':
        return happened({ kind: 'approvalExpired', atMs: Date.now() });
      case 'runOutOfTime':
        return happened({ kind: 'timeRanOut', atMs: Date.now() });
      case 'closeUntouched':
        return happened({ kind: 'takenBack', atMs: Date.now() });
      case 'setWeight':
        return setWeight(action.weightPct);
      case 'look':
        return look();
      case 'promote':
        return promote();
      case 'takeBack':
        return takeBack();
    }
  }

  async function waitUntil(untilMs: number | null): Promise<void> {
    changed = false;
    if (untilMs === null) await condition(() => changed);
    else if (!(await condition(() => changed, Math.max(1, untilMs - Date.now())))) clockReads(untilMs);
  }

  async function setWeight(weightPct: number): Promise<void> {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    await interruptible(async () => {
      const { plan, steps, weightPct: servedPct } = current();
      const starts = steps.length === 0 && plan.forced !== true;
      const set = await mutate.setWeight({ ...owned(), weightPct, leaseMs: plan.leaseMs, servedPct, starts });
      clockReads(set.atMs);
      happened({ kind: 'weightSet', atMs: set.atMs, weightPct, leaseExpiresAtMs: set.leaseExpiresAtMs });
    });
    describeSelf({
      service: current().plan.serviceId,
      kind: 'rollout',
      phase: `${current().phase} ${weightPct}`,
    });
  }

  async function look(): Promise<void> {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    await interruptible(async () => {
      try {
        const found = await decide.look({ ...owned(), state: current() });
        clockReads(found.atMs);
        happened({ kind: 'looked', look: found });
      } catch (error) {
        if (isCancellation(error) || ['StaleGeneration', 'LeaseMoved'].includes(failureType(error)))
          throw error;
        happened({ kind: 'lookFailed', atMs: Math.max(Date.now(), clockMs), why: failureReason(error) });
      }
    });
  }

  async function promote(): Promise<void> {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    await interruptible(async () => {
      // Workers of before it was told answer nothing.
      const { leaseExpiresAtMs } = current();
      const promoted: Promoted | undefined = await mutate.promoteCandidate({ ...owned(), leaseExpiresAtMs });
      happened({ kind: promoted?.kind === 'leaseLost' ? 'leaseRanOut' : 'promoted', atMs: Date.now() });
    });
  }

  /**
   * Rolls the gateway back and reads it back, for as long as it takes. Not interruptible. The loop comes back here until
   * the candidate is gone or somebody with a greater generation has taken over. Reserves two revisions: the second one is
   * for the case that a promotion had already been written.
   */
  async function takeBack(): Promise<void> {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    const first = write();
    happened({ kind: 'writeStarted', atMs: Date.now() });
    try {
      await compensate.takeBackCandidate({ ...first, reason: current().ending?.reason ?? 'taken back' });
      happened({ kind: 'takenBack', atMs: Date.now() });
    } catch (error) {
      if (failureType(error) === 'StaleGeneration') {
        happened({ kind: 'superseded', atMs: Date.now(), why: failureReason(error) });
      } else {
        await sleep('5s');
      }
    }
  }

  /** Runs a step that a rollback interrupts at once. What the step may still write is fenced out by its revision. */
  async function interruptible(run: () => Promise<void>): Promise<void> {
    const scope = new CancellationScope();
    step = scope;
    try {
      await scope.run(run);
    } catch (error) {
      if (failureType(error) === 'LeaseMoved') {
        await retakeLease();
      } else if (failureType(error) === 'StaleGeneration') {
        happened({ kind: 'superseded', atMs: Date.now(), why: failureReason(error) });
      } else if (!(isCancellation(error) && current().ending)) {
        happened({ kind: 'stepFailed', atMs: Date.now(), by: 'optimizer', why: failureReason(error) });
      }
    } finally {
      step = null;
    }
  }

  /** A reset run is not the lease's run: it takes a generation of its own before it writes. */
  async function retakeLease(): Promise<void> {
    await interruptible(async () => {
      const taken = await admit.retakeLease(owned());
      clockReads(taken.atMs);
      happened({ kind: 'leaseRetaken', ...taken });
    });
  }

  async function finish(): Promise<RolloutSummary> {
    const ended = current();
    const outcome = ended.outcome ?? 'rolledBack';
    const reason = ended.ending?.reason ?? ended.log.at(-1)?.why ?? '';
    describeSelf({ service: ended.plan.serviceId, kind: 'rollout', phase: 'ended', verdict: outcome });
    const summary: RolloutSummary = {
      serviceId: ended.plan.serviceId,
      generation: ended.plan.generation,
      summary: ended.plan.summary,
      outcome,
      reason,
      looks: ended.looks,
      steps: ended.steps,
      historyEvents: workflowInfo().historyLength,
    };
    try {
      await record.finishRollout({ state: ended, holder: holder() });
    } catch (error) {
      inbox.ignored.push({ atMs: Date.now(), name: 'finishRollout', why: failureReason(error) });
    }
    if (outcome === 'promoted') await startWatch(ended);
    const next = outcome === 'replaced' ? replacementInput(ended, input) : null;
    if (next) {
      await Promise.all(telling);
      return continueAsNew<typeof canaryRollout>(next);
    }
    await reportToParent({ outcome, reason, generation: ended.plan.generation });
    await Promise.all(telling);
    if (cancelled && outcome !== 'promoted')
      throw new CancelledFailure(`cancelled, and ${outcome}: ${reason}`);
    return summary;
  }

  function current(): RolloutState {
    if (!state) throw new TypeError('state: the rollout has not been admitted');
    return state;
  }

  function become(next: RolloutState): void {
    if (next !== state) changed = true;
    const beginsToEnd = next.ending !== null && state?.ending === null;
    noteFor(state, next);
    state = next;
    if (beginsToEnd) step?.cancel();
  }

  /** What has to be told. Sent by the loop, not by a message's handler. */
  function noteFor(before: RolloutState | null, after: RolloutState): void {
    if (after.plan.notify && before !== after) toTell.push(...rolloutNotices(before, after));
  }

  /** Sends what is to be told, beside everything else: nothing waits for a webhook but the end of the run. */
  function tell(): void {
    for (const told of toTell.splice(0)) {
      const notice = noticeOf(current(), told, info.workflowId, Date.now());
      const sending = people
        .notify({ notify: current().plan.notify ?? [], notice })
        .catch((error: unknown) => {
          inbox.ignored.push({ atMs: Date.now(), name: 'notify', why: failureReason(error) });
        })
        .finally(() => telling.delete(sending));
      telling.add(sending);
    }
  }

  function happened(event: RolloutEvent): void {
    become(reduceRollout(current(), event));
  }

  function holder() {
    return { workflowId: info.workflowId, firstRunId: info.firstExecutionRunId, runId: info.runId };
  }

  /** What a write carries that only the lease's own run may make. */
  function owned() {
    return { ...write(), holder: holder() };
  }

  /** What every write carries. `revision` was raised by the event before. */
  function write() {
    const { plan, revision } = current();
    return {
      serviceId: plan.serviceId,
      target: plan.target,
      generation: plan.generation,
      revision,
      idempotencyKey: `${info.workflowId}/${plan.generation}/${revision}`,
      stableHash: plan.stableHash,
      ...(plan.parts && { parts: plan.parts }),
      stableGeneration: plan.stableGeneration,
      candidateHash: plan.candidateHash,
    };
  }
}
