/**
 * What a random sequence means for a rollout that is really driven: the reducer is run as its workflow runs it, action by action, and each action takes
 * what the sequence says next. Out come the script (what happens while each activity runs, and how it ends) and the end that the reducer and the contract foretell.
 */
import {
  configurationHash,
  reduceWrite,
  type GatewayWrite,
  type ServiceState,
} from '../../../src/contract/index.ts';
import { startEvidence } from '../../../src/analysis/index.ts';
import type { Configuration } from '../../../src/domain/orchestrator-wire.ts';
import { readMessage, type MessageName } from '../../../src/state/messages.ts';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  startRollout,
  upgradeRolloutState,
  type RolloutEvent,
  type RolloutPlan,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { testLook } from '../rollout.ts';
import { gatesOf, type Single } from '../rollout-sequences.ts';

export type Scripted = 'setWeight' | 'look' | 'promoteCandidate' | 'takeBackCandidate';
type LookMove = Extract<Single, { readonly kind: 'look' }>;

export interface Sent {
  readonly name: MessageName;
  readonly payload: unknown;
}

/** How an activity ends. `overtaken`: somebody with a greater generation writes first. `answerLost`: done, and tried again. */
export type Ending =
  | { readonly kind: 'done' | 'answerLost' | 'refused' | 'overtaken' | 'lookFailed' | 'tooLate' }
  | { readonly kind: 'looked'; readonly move: LookMove };

export type Point =
  | {
      readonly kind: 'activity';
      readonly activity: Scripted;
      /** Delivered while it runs, before it ends. */
      readonly messages: readonly Sent[];
      readonly ending: Ending;
    }
  /** Nothing goes on without a message. `at` is the state that waits. */
  | { readonly kind: 'wait'; readonly message: Sent; readonly at: RolloutState };

export interface Script {
  readonly points: readonly Point[];
  readonly state: RolloutState;
  readonly gateway: ServiceState;
}

/** Bodies of the two configurations. */
export interface Bodies {
  readonly stable: Configuration;
  readonly candidate: Configuration;
}

/** What somebody else writes who overtakes the rollout. */
export const SOMEBODY_ELSES: Configuration = { model: 'gpt-4o-mini-2024-07-18' };
export const REFUSED = 'as the script says';
const CLOSING: Sent = { name: 'rollback', payload: { by: 'the script', reason: 'it is over' } };
const APPROVING: Sent = { name: 'approve', payload: { by: 'the script' } };
const RESUMING: Sent = { name: 'resume', payload: { by: 'the script' } };
const POINTS_AT_MOST = 60;
/** Between two actions; longer than a soak, shorter than anything else. */
const TICK_MS = 25;
const MESSAGES_AT_ONCE = 1;

export function scriptOf(plan: RolloutPlan, bodies: Bodies, moves: readonly Single[]): Script {
  return new Playwright(plan, bodies, moves).write();
}

class Playwright {
  readonly #bodies: Bodies;
  readonly #left: Single[];
  readonly #points: Point[] = [];
  #state: RolloutState;
  #gateway: ServiceState;
  #nowMs: number;
  #clockMs: number;

  constructor(plan: RolloutPlan, bodies: Bodies, moves: readonly Single[]) {
    this.#bodies = bodies;
    this.#left = [...moves];
    this.#state = startRollout(plan, startEvidence(plan.guardrails, plan.steps));
    this.#nowMs = plan.admittedAtMs + TICK_MS;
    this.#clockMs = this.#nowMs;
    this.#gateway = adoptedState(plan.serviceId, bodies.stable, plan.admittedAtMs);
  }

  write(): Script {
    for (;;) {
      const action = nextRolloutAction(this.#state, this.#clockMs);
      switch (action.kind) {
        case 'finish':
          return { points: this.#points, state: this.#state, gateway: this.#gateway };
        case 'wait':
          this.#wait(action.untilMs);
          break;
        case 'expireApproval':
          this.#happens({ kind: 'approvalExpired', atMs: this.#nowMs });
          break;
        case 'runOutOfTime':
          this.#happens({ kind: 'timeRanOut', atMs: this.#nowMs });
          break;
        case 'closeUntouched':
          this.#happens({ kind: 'takenBack', atMs: this.#nowMs });
          break;
        case 'setWeight':
          this.#setWeight(action.weightPct);
          break;
        case 'look':
          this.#look();
          break;
        case 'promote':
          this.#promote();
          break;
        case 'takeBack':
          this.#takeBack();
          break;
        case 'routeToBackup':
        case 'leaveBackup':
        case 'setShadow':
          throw new TypeError('plan: sequences are played without a backup route and without a shadow');
      }
    }
  }

  /** The next look comes by itself; everything else that waits is waked by a message. */
  #wait(untilMs: number | null): void {
    this.#nowMs += TICK_MS;
    if (this.#state.phase === 'soaking' && untilMs !== null) {
      this.#nowMs = Math.max(this.#nowMs, untilMs);
      this.#clockMs = Math.max(this.#clockMs, untilMs);
      return;
    }
    const message = this.#nextMessage() ?? this.#waker();
    this.#points.push({ kind: 'wait', message, at: this.#state });
    this.#receives(message);
  }

  /** The next message, whatever else comes before it: that is kept for what runs later. */
  #nextMessage(): Sent | null {
    const i = this.#left.findIndex(({ kind }) => kind === 'message');
    const [given] = i < 0 ? [] : this.#left.splice(i, 1);
    return given?.kind === 'message' ? this.#sent(given) : null;
  }

  /** What lets a rollout go on once the sequence has nothing left to say; at last, that it is over. */
  #waker(): Sent {
    if (this.#points.length > POINTS_AT_MOST) return CLOSING;
    const { phase, awaiting } = this.#state;
    return phase === 'awaitingApproval' || awaiting ? APPROVING : RESUMING;
  }

  /** What the sequence says of an activity that starts now: messages first, then how it ends. */
  #takeFor(activity: Scripted): { readonly messages: readonly Sent[]; readonly ending: Ending } {
    const messages: Sent[] = [];
    if (this.#left.length === 0 && isStuck(this.#state)) messages.push(this.#waker());
    while (this.#left.length > 0 && messages.length < MESSAGES_AT_ONCE) {
      const [given] = this.#left;
      if (!given || (given.kind === 'look' && activity !== 'look')) break;
      this.#left.shift();
      if (given.kind === 'restart') this.#restart();
      if (given.kind === 'message') messages.push(this.#sent(given));
      const ending = endingOf(activity, given);
      if (ending) return { messages, ending };
    }
    const usual: Ending =
      activity === 'look'
        ? {
            kind: 'looked',
            move: { kind: 'look', outcome: 'healthy', live: 'ours', moved: true, gate: 'pass', afterMs: 0 },
          }
        : { kind: 'done' };
    return { messages, ending: usual };
  }

  /** Named as this rollout names things, and as JSON carries it. */
  #sent({ name, payload }: Extract<Single, { readonly kind: 'message' }>): Sent {
    const text = JSON.stringify(payload ?? null) ?? 'null';
    const { serviceId, candidateHash } = this.#state.plan;
    const named = text
      .replaceAll('"support-bot"', `"${serviceId}"`)
      .replaceAll('"candidate-hash"', `"${candidateHash}"`);
    return { name, payload: JSON.parse(named) as unknown };
  }

  #begin(activity: Scripted) {
    this.#nowMs += TICK_MS;
    this.#happens({ kind: 'writeStarted', atMs: this.#nowMs });
    if (activity === 'takeBackCandidate') this.#happens({ kind: 'writeStarted', atMs: this.#nowMs });
    const before = this.#state;
    const { messages, ending } = this.#takeFor(activity);
    this.#points.push({ kind: 'activity', activity, messages, ending });
    if (ending.kind === 'overtaken') this.#somebodyElse();
    for (const message of messages) this.#receives(message);
    this.#nowMs += TICK_MS;
    return { before, ending };
  }

  #setWeight(weightPct: number): void {
    const { before, ending } = this.#begin('setWeight');
    const { plan, revision } = before;
    if (ending.kind === 'refused') return this.#fails();
    if (!this.#serve(candidateWrite(plan, this.#bodies, weightPct, revision))) return this.#stale();
    if (this.#state.ending) return;
    const leaseExpiresAtMs = this.#nowMs + plan.leaseMs;
    this.#ends({ kind: 'weightSet', atMs: this.#nowMs, weightPct, leaseExpiresAtMs });
  }

  #look(): void {
    const { before, ending } = this.#begin('look');
    const { plan, revision, weightPct } = before;
    if (ending.kind === 'lookFailed') {
      if (!this.#state.ending) this.#happens({ kind: 'lookFailed', atMs: this.#nowMs, why: REFUSED });
      return;
    }
    const isOurs = ending.kind !== 'looked' || ending.move.live === 'ours';
    if (!isOurs && this.#gateway.generation !== plan.generation) return this.#stale();
    if (isOurs && !this.#serve(candidateWrite(plan, this.#bodies, weightPct, revision))) return this.#stale();
    if (this.#state.ending) return;
    const atMs = ending.kind === 'tooLate' ? tooLateMs(plan) : this.#nowMs;
    this.#ends({ kind: 'looked', look: lookOf(before, ending, atMs) });
  }

  #promote(): void {
    const { before, ending } = this.#begin('promoteCandidate');
    if (ending.kind === 'refused') return this.#fails();
    if (!this.#serve(stableWrite(before.plan, this.#bodies.candidate, before.revision))) return this.#stale();
    if (!this.#state.ending) this.#ends({ kind: 'promoted', atMs: this.#nowMs });
  }

  #takeBack(): void {
    const { before } = this.#begin('takeBackCandidate');
    const { plan, revision } = before;
    const fence = { generation: plan.generation, revision: revision - 1, idempotency_key: 'script' };
    if (!this.#serve({ kind: 'rollback', write: { ...fence, reason: 'script' } })) return this.#superseded();
    const wanted = configurationHash(this.#bodies.stable);
    if (this.#gateway.stable.hash !== wanted) this.#serve(stableWrite(plan, this.#bodies.stable, revision));
    this.#happens({ kind: 'takenBack', atMs: this.#nowMs });
  }

  #ends(event: RolloutEvent): void {
    this.#clockMs = Math.max(this.#clockMs, 'look' in event ? event.look.atMs : event.atMs);
    this.#happens(event);
  }

  #fails(): void {
    if (this.#state.ending) return;
    this.#happens({
      kind: 'stepFailed',
      atMs: this.#nowMs,
      by: 'optimizer',
      why: `OrchestratorRejected: ${REFUSED}`,
    });
  }

  #superseded(): void {
    this.#happens({ kind: 'superseded', atMs: this.#nowMs, why: REFUSED });
  }

  /** A step that a rollback has interrupted is not heard of any more. */
  #stale(): void {
    if (!this.#state.ending) this.#superseded();
  }

  #somebodyElse(): void {
    const { serviceId } = this.#state.plan;
    const generation = this.#gateway.generation + 1;
    this.#serve({ kind: 'update', write: immediate(serviceId, SOMEBODY_ELSES, generation, 1) });
  }

  /** Whether the contract takes the write. */
  #serve(write: GatewayWrite): boolean {
    const outcome = reduceWrite(this.#gateway, write, { nowMs: this.#nowMs, newSalt: 'salt' });
    if (outcome.kind !== 'changed' && outcome.kind !== 'unchanged') return false;
    this.#gateway = outcome.state;
    return true;
  }

  #receives({ name, payload }: Sent): void {
    const read = readMessage(name, payload);
    if (read.ok) this.#state = receiveMessage(this.#state, read.message, this.#nowMs).state;
  }

  #restart(): void {
    this.#state = upgradeRolloutState(JSON.parse(JSON.stringify(this.#state)) as RolloutState);
  }

  #happens(event: RolloutEvent): void {
    this.#state = reduceRollout(this.#state, event);
  }
}

/** Nothing but a message lets it go on. */
const isStuck = ({ ending, paused, held, awaiting }: RolloutState): boolean =>
  !ending && (paused ?? held ?? awaiting ?? null) !== null;

function endingOf(activity: Scripted, given: Single): Ending | null {
  if (given.kind === 'look') return { kind: 'looked', move: given };
  if (given.kind !== 'event') return null;
  if (given.event === 'superseded') return { kind: 'overtaken' };
  switch (activity) {
    case 'look':
      if (given.event === 'lookFailed') return { kind: 'lookFailed' };
      return given.event === 'timeRanOut' ? { kind: 'tooLate' } : null;
    case 'setWeight':
      if (given.event === 'lookFailed') return { kind: 'answerLost' };
      if (given.event === 'stepFailed') return { kind: 'refused' };
      return given.event === 'weightSet' ? { kind: 'done' } : null;
    case 'promoteCandidate':
      if (given.event === 'stepFailed') return { kind: 'refused' };
      return given.event === 'promoted' ? { kind: 'answerLost' } : null;
    case 'takeBackCandidate':
      return given.event === 'takenBack' ? { kind: 'answerLost' } : null;
  }
}

/** A moment at which the rollout has lasted as long as it may. */
export const tooLateMs = (plan: RolloutPlan): number => plan.admittedAtMs + plan.maxRolloutMs + 1;

/** What a look finds, as the script says, of the state that it was asked with. */
export function lookOf(asked: RolloutState, ending: Ending, atMs: number) {
  if (ending.kind !== 'looked') return testLook(asked, atMs, 'noData');
  const gates = gatesOf(asked, ending.move);
  return { ...testLook(asked, atMs, ending.move.outcome, ending.move.live), ...(gates && { gates }) };
}

const immediate = (
  serviceId: string,
  configuration: Configuration,
  generation: number,
  revision: number,
) => ({
  service_id: serviceId,
  configuration,
  deployment: { strategy: 'IMMEDIATE' as const, initial_percentage: 100 },
  generation,
  revision,
  idempotency_key: 'script',
});

const stableWrite = (plan: RolloutPlan, body: Configuration, revision: number): GatewayWrite => ({
  kind: 'update',
  write: immediate(plan.serviceId, body, plan.generation, revision),
});

const candidateWrite = (
  plan: RolloutPlan,
  { candidate }: Bodies,
  weightPct: number,
  revision: number,
): GatewayWrite => ({
  kind: 'update',
  write: {
    ...immediate(plan.serviceId, candidate, plan.generation, revision),
    deployment: { strategy: 'CANARY', initial_percentage: weightPct },
    lease_seconds: plan.leaseMs / 1_000,
  },
});

/** What the gateway has of a service before its first change. */
function adoptedState(serviceId: string, body: Configuration, nowMs: number): ServiceState {
  const outcome = reduceWrite(
    undefined,
    { kind: 'create', write: immediate(serviceId, body, 1, 0) },
    { nowMs, newSalt: 'salt' },
  );
  if (outcome.kind !== 'changed') throw new Error(`the contract does not create ${serviceId}`);
  return outcome.state;
}
