/**
 * `abExperiment`: serves variants beside the control for days, looks at the evidence, and ends with a decision.
 *
 * Started by a cycle, an operator or a service, under the id `experiment/<service>`. Input: `ExperimentInput`, validated by the first activity.
 * Messages: all of `messages.ts`, each as a signal and as an update; queries `state` and `decisions`. Ends with a winner (whose
 * rollout it starts, as an abandoned child that inherits the change lease), without one, for harm, at its longest duration, or when somebody
 * stops it; a workflow never closes while what it wrote is live. Cancelling it means rolling back. Survives any crash: state, evidence and
 * timers are in its history. History budget: 11 events a tick (renewal, and a look when one is due), about 22,000 in seven days, over several
 * runs: it continues as new when the server suggests it, and every 8,000 events.
 */
import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, ControlActivities, ExperimentSummary } from '../activities/index.ts';
import {
  EXPERIMENT_AS_EVENT,
  interruptsExperiment,
  isLateForExperiment,
  nextExperimentAction,
  receiveExperimentMessage,
  reduceExperiment,
  startExperimentRun,
  upgradeExperimentState,
  type ExperimentAction,
  type ExperimentEvent,
  type ExperimentRunState,
} from '../src/state/experiment/index.ts';
import type { Message } from '../src/state/messages.ts';
import {
  admitOptions,
  compensateOptions,
  decideOptions,
  leaveBackupOptions,
  mutateAgainOptions,
  mutateOptions,
  recordOptions,
} from './activity-options.ts';
import { describeExperiment } from './describe-experiment.ts';
import { experimentSummary } from './experiment-summary.ts';
import { armsAsked, experimentWrite } from './experiment-write.ts';
import {
  asWorkflowFailure,
  endsStep,
  failureReason,
  failureType,
  isContinueAsNew,
  mayComeRight,
} from './failures.ts';
import { openGraduation } from './graduation.ts';
import { openInbox } from './inbox.ts';
import { isLongRun, mayHandOverBefore } from './long-experiment.ts';
import { decisionsQuery, stateQuery, type Answer, type IgnoredMessage } from './messages.ts';
import { reportToParent } from './parent.ts';
import { describeSelf } from './search-attributes.ts';
import { admitExperimentSuperseding, asksToSupersede, stopReason } from './superseding.ts';
import { openTelling } from './telling.ts';
import { EXPERIMENT_VOICE } from './voices.ts';

type Admitting = Pick<Activities, 'admitExperiment' | 'renewLeaseRun' | 'retakeExperimentLease'>;
const admit = proxyActivities<Admitting>(admitOptions);
const decide = proxyActivities<Pick<Activities, 'experimentTick'>>(decideOptions);
const record = proxyActivities<Pick<Activities, 'finishExperiment'>>(recordOptions);
const mutate = proxyActivities<Pick<ControlActivities, 'setArms'>>(mutateOptions);
const mutateAgain = proxyActivities<Pick<ControlActivities, 'setArms'>>(mutateAgainOptions);
const compensate = proxyActivities<Pick<ControlActivities, 'takeArmsAway'>>(compensateOptions);
/** The same, of an experiment that goes on: a rollback does not wait for it. */
const leave = proxyActivities<Pick<ControlActivities, 'takeArmsAway'>>(leaveBackupOptions);

/** What travels through continue-as-new. */
interface CarriedExperiment {
  readonly state: ExperimentRunState;
  readonly ignored: readonly IgnoredMessage[];
}

export async function abExperiment(input: unknown, carried?: CarriedExperiment): Promise<ExperimentSummary> {
  // Everything that `receive` touches comes before the inbox is opened: messages that wait already are delivered in there.
  const info = workflowInfo();
  let state: ExperimentRunState | null = carried ? upgradeExperimentState(carried.state) : null;
  const early: Message[] = [];
  let step: CancellationScope | null = null;
  let changed = false;
  let interrupted = false;
  let cancelled = false;
  let refusal: string | null = null;
  let waitsFor: string | null = null;
  let clockMs = info.startTime.getTime();
  const ignored = [...(carried?.ignored ?? [])];
  const telling = openTelling({ ignored }, EXPERIMENT_VOICE);
  const graduation = openGraduation(ignored);

  const receive = (message: Message): Answer => {
    if (!state) {
      early.push(message);
      return { accepted: true, reason: 'kept until the experiment has been admitted' };
    }
    const received = receiveExperimentMessage(state, message, Date.now());
    if (message.name === 'anomaly' && isLateForExperiment(state, message)) telling.noteLate(message);
    become(received.state);
    return received.answer;
  };
  openInbox(receive, { ignored });
  setHandler(stateQuery, () => describeExperiment({ input, state, ignored, refusal, waitsFor }));
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

  /** Validates, sizes and resolves the input and takes the change lease. What is refused ends the workflow with every problem listed. */
  async function admitted(): Promise<ExperimentRunState> {
    const parentWorkflowId = info.parent?.workflowId ?? null;
    const parent = info.parent ? { workflowId: info.parent.workflowId, runId: info.parent.runId } : null;
    const request = { input, holder: holder(), parentWorkflowId, parent };
    const supersedes = asksToSupersede(input);
    const hearsStop = supersedes && patched('2026-11-stop-while-superseding');
    const admitting = supersedes
      ? admitExperimentSuperseding(request, {
          on: (holds) => void (waitsFor = holds),
          stopped: () => stopReason(early, hearsStop),
        })
      : admit.admitExperiment(request);
    const { plan, evidence } = await admitting.catch(async (error: unknown) => {
      refusal = failureReason(error);
      await reportToParent({ outcome: 'refused', reason: refusal, generation: null });
      throw asWorkflowFailure(error);
    });
    describeSelf({ service: plan.serviceId, kind: 'experiment', phase: 'admitted' });
    const started = startExperimentRun(plan, evidence);
    clockReads(plan.admittedAtMs);
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

  /** Time as far as the history proves it: why not `Date.now()` is told at `clockReads` in `canary-rollout.ts`. */
  function clockReads(atMs: number): void {
    clockMs = Math.max(clockMs, Math.ceil(atMs));
  }

  /** Runs the interpreter until nothing is left to do. */
  async function drive(): Promise<void> {
    for (;;) {
      let action = nextExperimentAction(current(), clockMs);
      if (isLongRun() && mayHandOverBefore(action, current())) {
        await handOver();
        action = nextExperimentAction(current(), clockMs);
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
    if (!changed) await continueAsNew<typeof abExperiment>(input, { state: current(), ignored });
  }

  async function perform(action: Exclude<ExperimentAction, { kind: 'finish' }>): Promise<void> {
    switch (action.kind) {
      case 'wait':
        return waitUntil(action.untilMs);
      case 'expireApproval':
      case 'raiseExposure':
      case 'callOffGraduation':
        return happened({ kind: EXPERIMENT_AS_EVENT[action.kind], atMs: clockMs });
      case 'runOutOfTime':
        return happened({ kind: 'timeRanOut', atMs: clockMs, conclusion: null });
      case 'setArms':
        return setArms(action);
      case 'takeArmsAway':
        return takeArmsAway();
      case 'tick':
        return tick(action.judge);
      case 'restore':
        return restore(action.untouched);
      case 'graduate':
        return graduate(action.variant);
    }
  }

  async function waitUntil(untilMs: number): Promise<void> {
    changed = false;
    if (!(await condition(() => changed, Math.max(1, untilMs - Date.now())))) clockReads(untilMs);
  }

  async function setArms(action: Extract<ExperimentAction, { kind: 'setArms' }>): Promise<void> {
    const { weights, exposedPct } = action;
    happened({ kind: 'writeStarted', atMs: clockMs, arms: true });
    await interruptible(async () => {
      const asked = armsAsked(current(), action);
      const { begins } = asked;
      try {
        const { setArms: set } = begins ? mutate : mutateAgain;
        const { atMs, leaseExpiresAtMs } = await set({ ...owned(), ...asked });
        clockReads(atMs);
        happened({ kind: 'armsSet', atMs, weights, exposedPct, leaseExpiresAtMs });
      } catch (error) {
        if (begins || !mayComeRight(error)) throw error;
        happened({ kind: 'armsNotSet', atMs: clockMs, why: failureReason(error) });
      }
    });
    shown();
  }

  /** Everybody is served by the stable configuration; the experiment goes on. A rollback interrupts it. */
  async function takeArmsAway(): Promise<void> {
    happened({ kind: 'writeStarted', atMs: clockMs, arms: true });
    await interruptible(async () => {
      const { atMs } = await leave.takeArmsAway({
        ...owned(),
        newerStays: true,
        reason: 'the arms are not served for a while',
      });
      clockReads(atMs);
      happened({ kind: 'armsTakenAway', atMs });
    });
    shown();
  }

  async function tick(judge: boolean): Promise<void> {
    happened({ kind: 'writeStarted', atMs: clockMs });
    await interruptible(async () => {
      try {
        const ticked = await decide.experimentTick({ ...owned(), state: current(), judge, dueAtMs: clockMs });
        clockReads(ticked.atMs);
        happened({ kind: 'ticked', tick: ticked });
      } catch (error) {
        if (endsStep(error)) throw error;
        happened({ kind: 'tickFailed', atMs: clockMs, why: failureReason(error) });
      }
    });
  }

  /**
   * Brings the gateway back to the stable configuration and reads it back, for as long as it takes. Not interruptible. The loop comes back
   * here until the arms are gone or somebody with a greater generation has taken over.
   */
  async function restore(untouched: boolean): Promise<void> {
    happened({ kind: 'writeStarted', atMs: clockMs, arms: true });
    try {
      const { atMs } = await compensate.takeArmsAway({
        ...write(),
        ...(untouched && { untouched }),
        reason: current().ending?.reason ?? 'ended',
      });
      clockReads(atMs);
      happened({ kind: 'restored', atMs });
    } catch (error) {
      if (failureType(error) === 'StaleGeneration') {
        happened({ kind: 'superseded', atMs: Date.now(), why: failureReason(error) });
      } else {
        await sleep('5s');
      }
    }
  }

  /** Starts the winner's rollout and waits until that holds the service: between the two nobody else can. */
  async function graduate(variant: string): Promise<void> {
    describeSelf({ service: current().plan.serviceId, kind: 'experiment', phase: 'graduating' });
    const event = await graduation.start(current, input, variant);
    happened({ ...event, atMs: Math.max(Date.now(), clockMs) });
  }

  /** Runs a step that a rollback interrupts at once. What the step may still write is fenced out by its revision. */
  async function interruptible(run: () => Promise<void>): Promise<void> {
    const scope = new CancellationScope();
    step = scope;
    interrupted = false;
    try {
      await scope.run(run);
    } catch (error) {
      if (failureType(error) === 'LeaseMoved') {
        await retakeLease();
      } else if (failureType(error) === 'StaleGeneration') {
        happened({ kind: 'superseded', atMs: Date.now(), why: failureReason(error) });
      } else if (!(isCancellation(error) && interrupted)) {
        happened({ kind: 'stepFailed', atMs: Date.now(), by: 'optimizer', why: failureReason(error) });
      }
    } finally {
      step = null;
    }
  }

  /** A reset run is not the lease's run: it takes a generation of its own before it writes. */
  async function retakeLease(): Promise<void> {
    await interruptible(async () => {
      const taken = await admit.retakeExperimentLease(owned());
      clockReads(taken.atMs);
      happened({ ...taken, kind: 'leaseRetaken' });
    });
  }

  async function finish(): Promise<ExperimentSummary> {
    const ended = current();
    const summary = experimentSummary(ended);
    const { outcome, reason } = summary;
    describeSelf({ service: ended.plan.serviceId, kind: 'experiment', phase: 'ended', verdict: outcome });
    try {
      await record.finishExperiment({ state: ended, holder: holder() });
    } catch (error) {
      ignored.push({ atMs: Date.now(), name: 'finishExperiment', why: failureReason(error) });
    }
    await reportToParent({ outcome, reason, generation: ended.plan.generation });
    telling.tell(current());
    await telling.settled(current());
    if (cancelled && outcome !== 'adopted')
      throw new CancelledFailure(`cancelled, and ${outcome}: ${reason}`);
    return summary;
  }

  function current(): ExperimentRunState {
    if (!state) throw new TypeError('state: the experiment has not been admitted');
    return state;
  }

  function become(next: ExperimentRunState): void {
    if (next !== state) changed = true;
    const interrupts = state !== null && interruptsExperiment(state, next);
    telling.noteFor(state, next);
    state = next;
    if (!interrupts) return;
    interrupted = true;
    step?.cancel();
  }

  function happened(event: ExperimentEvent): void {
    become(reduceExperiment(current(), event));
  }

  /** One history event a call: when a phase begins, not at every tick. */
  function shown(): void {
    const { plan, phase, paused, held } = current();
    const what = paused ? 'paused' : held ? 'held' : phase;
    describeSelf({ service: plan.serviceId, kind: 'experiment', phase: what });
  }

  function holder() {
    return { workflowId: info.workflowId, firstRunId: info.firstExecutionRunId, runId: info.runId };
  }

  /** What a write carries that only the lease's own run may make. */
  function owned() {
    return { ...write(), holder: holder() };
  }

  function write() {
    return experimentWrite(info.workflowId, current());
  }
}
