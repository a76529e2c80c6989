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
  diverts,
  isLate,
  AS_EVENT,
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  replacementInput,
  startRollout,
  upgradeRolloutState,
  type RolloutAction,
  type RolloutEvent,
  type RolloutState,
} from '../src/state/rollout/index.ts';
import { admitOptions, compensateOptions, mutateOptions } from './activity-options.ts';
import { describeRollout } from './describe-rollout.ts';
import {
  asWorkflowFailure,
  endsStep,
  failureReason,
  failureType,
  isContinueAsNew,
  stepNotDone,
} from './failures.ts';
import { gatewayWrite } from './gateway-write.ts';
import { openInbox } from './inbox.ts';
import { keepBooks } from './keep-books.ts';
import { leaveBackupRoute } from './leave-backup.ts';
import { decisionsQuery, stateQuery, type Answer, type IgnoredMessage } from './messages.ts';
import { reportToParent } from './parent.ts';
import { describeSelf } from './search-attributes.ts';
import { beginShadow, leaseOf, lookAt, mayHandOver } from './shadow-stage.ts';
import { startWatch } from './start-watch.ts';
import { admitSuperseding, asksToSupersede, stopReason } from './superseding.ts';
import { openTelling } from './telling.ts';
import { untouchedWrite, type TakingBack } from './untouched-write.ts';
import { ROLLOUT_VOICE } from './voices.ts';

const admit =
  proxyActivities<Pick<Activities, 'admitRollout' | 'renewLeaseRun' | 'retakeLease'>>(admitOptions);
const mutate =
  proxyActivities<Pick<ControlActivities, 'setWeight' | 'promoteCandidate' | 'routeToBackup'>>(mutateOptions);
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

  const receive = (message: Message): Answer => {
    if (!state) {
      early.push(message);
      return { accepted: true, reason: 'kept until the rollout has been admitted' };
    }
    const received = receiveMessage(state, message, Date.now());
    if (message.name === 'anomaly' && isLate(state, message)) telling.noteLate(message);
    become(received.state);
    return received.answer;
  };
  const ignored = [...(carried?.ignored ?? [])];
  const telling = openTelling({ ignored }, ROLLOUT_VOICE);
  openInbox(receive, { ignored });
  setHandler(stateQuery, () => describeRollout({ input, state, ignored, refusal, waitsFor }));
  setHandler(decisionsQuery, () => state?.log ?? []);
  CancellationScope.current().cancelRequested.catch(() => {
    cancelled = true;
    receive({ name: 'rollback', by: 'temporal', reason: 'the workflow was cancelled' });
  });

  return CancellationScope.nonCancellable(async () => {
    state ??= await admitted();
    for (const message of early.splice(0)) receive(message);
    try {
      if (carried && !current().ending) await renewLeaseRun();
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
    const parent = info.parent ? { workflowId: info.parent.workflowId, runId: info.parent.runId } : null;
    const request = { input, holder: holder(), parentWorkflowId, parent };
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
    const started = startRollout(admission.plan, admission.evidence, admission.shadow);
    telling.noteFor(null, started);
    return started;
  }

  /** Names this run in the lease. Its failure decides nothing, and a rollback does not wait for it: the fence protects the gateway. */
  async function renewLeaseRun(): Promise<void> {
    const scope = new CancellationScope();
    step = scope;
    try {
      const { serviceId } = current().plan;
      const request = { serviceId, holder: holder(), fromRunId: info.continuedFromExecutionRunId };
      await scope.run(() => admit.renewLeaseRun(request));
    } catch (error) {
      ignored.push({ atMs: Date.now(), name: 'renewLeaseRun', why: failureReason(error) });
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
      let action = nextRolloutAction(current(), clockMs);
      if (workflowInfo().continueAsNewSuggested && mayHandOver(current(), action)) {
        await handOver();
        action = nextRolloutAction(current(), clockMs);
      }
      telling.tell(current());
      if (action.kind === 'finish') return;
      await perform(action);
    }
  }

  /** A message that comes while the notices are sent goes first: then the run goes on, and hands over later. */
  async function handOver(): Promise<void> {
    await condition(allHandlersFinished);
    telling.tell(current());
    changed = false;
    await Promise.race([telling.settled(current()), condition(() => changed)]);
    if (!changed) await continueAsNew<typeof canaryRollout>(input, { state: current(), ignored });
  }

  async function perform(action: Exclude<RolloutAction, { kind: 'finish' }>): Promise<void> {
    switch (action.kind) {
      case 'wait':
        return waitUntil(action.untilMs);
      case 'expireApproval':
      case 'runOutOfTime':
        return happened({ kind: AS_EVENT[action.kind], atMs: Date.now() });
      case 'setShadow':
        return setShadow(action.copyPct);
      case 'setWeight':
        return setWeight(action.weightPct);
      case 'look':
        return look();
      case 'routeToBackup':
        return routeToBackup();
      case 'leaveBackup':
        return leaveBackup();
      case 'promote':
        return promote();
      case 'takeBack':
        return takeBack(reserveTwo());
      case 'closeUntouched':
        return takeBack(untouchedWrite(info.workflowId, current()));
    }
  }

  async function waitUntil(untilMs: number | null): Promise<void> {
    changed = false;
    if (untilMs === null) await condition(() => changed);
    else if (!(await condition(() => changed, Math.max(1, untilMs - Date.now())))) clockReads(untilMs);
  }

  async function setShadow(copyPct: number): Promise<void> {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    await interruptible(async () => {
      const event = await beginShadow({ ...owned(), copyPct, ...leaseOf(current()) });
      clockReads(event.atMs);
      happened(event);
    });
    describeSelf({ service: current().plan.serviceId, kind: 'rollout', phase: current().phase });
  }

  async function setWeight(weightPct: number): Promise<void> {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    await interruptible(async () => {
      const { plan, steps, weightPct: servedPct } = current();
      // Of the freeze, activities of before `passesFreeze` know this alone.
      const starts = steps.length === 0 && plan.forced !== true;
      const set = await mutate.setWeight({ ...owned(), weightPct, leaseMs: plan.leaseMs, servedPct, starts });
      clockReads(set.atMs);
      happened({ kind: 'weightSet', atMs: set.atMs, weightPct, leaseExpiresAtMs: set.leaseExpiresAtMs });
    });
    const { plan, phase } = current();
    describeSelf({ service: plan.serviceId, kind: 'rollout', phase: `${phase} ${weightPct}` });
  }

  async function look(): Promise<void> {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    await interruptible(async () => {
      try {
        const event = await lookAt({ ...owned(), state: current() });
        clockReads(event.look.atMs);
        happened(event);
      } catch (error) {
        if (endsStep(error)) throw error;
        happened({ kind: 'lookFailed', atMs: Math.max(Date.now(), clockMs), why: failureReason(error) });
      }
    });
  }

  /** Serves the backup model to everybody, or renews its lease. What the gateway refuses leaves the rollout held, no more. */
  async function routeToBackup(): Promise<void> {
    const { plan, backup } = current();
    const { backup: route, leaseMs } = plan;
    if (!route) return happened({ kind: 'backupRefused', atMs: clockMs, why: 'the service names none' });
    happened({ kind: 'writeStarted', atMs: Date.now() });
    await interruptible(async () => {
      try {
        const { atMs, leaseExpiresAtMs } = await mutate.routeToBackup({ ...owned(), route, leaseMs });
        clockReads(atMs);
        happened({ kind: 'backupServed', atMs, leaseExpiresAtMs });
      } catch (error) {
        if (endsStep(error)) throw error;
        const why = failureReason(error);
        happened({ kind: 'backupRefused', atMs: Math.max(Date.now(), clockMs), why });
      }
    });
    if (backup?.stage === 'wanted')
      describeSelf({ service: plan.serviceId, kind: 'rollout', phase: 'backup' });
  }

  /** The same compensation as a rollback's: the stable configuration is live alone when it ends. A rollback interrupts it. */
  async function leaveBackup(): Promise<void> {
    const first = reserveTwo();
    await interruptible(async () => {
      await leaveBackupRoute(first, current(), holder());
      happened({ kind: 'backupLeft', atMs: Math.max(Date.now(), clockMs) });
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

  /** Until the candidate is gone, however long that takes, or somebody with a greater generation has taken over. Not interruptible. */
  async function takeBack(first: TakingBack | null): Promise<void> {
    const reason = current().ending?.reason ?? 'taken back';
    try {
      if (first) await compensate.takeBackCandidate({ ...first, reason });
      happened({ kind: 'takenBack', atMs: Date.now() });
    } catch (error) {
      if (failureType(error) === 'StaleGeneration') {
        happened({ kind: 'superseded', atMs: Date.now(), why: failureReason(error) });
      } else {
        await sleep('5s');
      }
    }
  }

  /** What a compensation writes under, with the next revision kept free: for a promotion that had already been written. */
  function reserveTwo() {
    happened({ kind: 'writeStarted', atMs: Date.now() });
    const first = write();
    happened({ kind: 'writeStarted', atMs: Date.now() });
    return first;
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
      } else if (!(isCancellation(error) && (current().ending || current().held || current().backup))) {
        happened(stepNotDone(error, Math.max(Date.now(), clockMs)));
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
      happened({ ...taken, kind: 'leaseRetaken' });
    });
  }

  async function finish(): Promise<RolloutSummary> {
    const ended = current();
    let summary = await keepBooks(ended, holder(), { ignored });
    if (summary.outcome === 'promoted') await startWatch(ended);
    if (replacementInput(current(), input)) await telling.settled(ended);
    const next = replacementInput(current(), input);
    if (next) return continueAsNew<typeof canaryRollout>(next);
    // The replacement was called off after this one had ended as replaced.
    if (current().outcome !== ended.outcome) summary = await keepBooks(current(), holder(), { ignored });
    const { outcome, reason, generation } = summary;
    await reportToParent({ outcome, reason, generation });
    await telling.settled(current());
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
    const interrupts = beginsToEnd || (state !== null && diverts(state, next));
    telling.noteFor(state, next);
    state = next;
    if (interrupts) step?.cancel();
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

  function write() {
    return gatewayWrite(info.workflowId, current());
  }
}
