/**
 * Plays an experiment as its workflow would: the next action is done at once, waits are skipped, time is what the timers say. What the
 * ticks find, and what people send, is the test's.
 */
import { readMessage, type MessageName } from '../../src/state/messages.ts';
import {
  EXPERIMENT_AS_EVENT,
  nextExperimentAction,
  receiveExperimentMessage,
  reduceExperiment,
  type ExperimentAction,
  type ExperimentEvent,
  type ExperimentFinding,
  type ExperimentRunState,
  type JudgedLook,
} from '../../src/state/experiment/index.ts';
import { ADMITTED_AT_MS, experimentTick, type Judged } from './experiment.ts';

/** How long each action takes. */
const TAKES_MS = 1_500;

type Finds = Judged | 'renewed' | 'leaseLost' | 'tickFailed';

export interface Played {
  readonly action: ExperimentAction;
  readonly atMs: number;
}

export class ExperimentPlay {
  state: ExperimentRunState;
  nowMs = ADMITTED_AT_MS;
  readonly played: Played[] = [];
  /** What a tick that judges finds, and what it brings along. */
  finds: (judges: boolean) => ExperimentFinding = (judges) => (judges ? 'undecided' : 'renewed');
  brings: Partial<JudgedLook> = {};

  constructor(state: ExperimentRunState) {
    this.state = state;
  }

  get next(): ExperimentAction {
    return nextExperimentAction(this.state, this.nowMs);
  }

  kinds(): readonly string[] {
    return this.played.map(({ action }) => action.kind);
  }

  happens(event: ExperimentEvent): this {
    this.state = reduceExperiment(this.state, event);
    return this;
  }

  /** A tick of the test's own, at the present time. */
  ticks(finds: Finds, different: Partial<JudgedLook> = {}): this {
    return finds === 'tickFailed'
      ? this.happens({ kind: 'tickFailed', atMs: this.nowMs, why: 'the store is away' })
      : this.happens({ kind: 'ticked', tick: experimentTick(this.state, this.nowMs, finds, different) });
  }

  sends(name: MessageName, payload: Readonly<Record<string, unknown>> = {}): string {
    const read = readMessage(name, { by: 'ann', reason: 'as the test says', ...payload });
    if (!read.ok) throw new TypeError(`payload: ${JSON.stringify(read.problems)}`);
    const { state, answer } = receiveExperimentMessage(this.state, read.message, this.nowMs);
    this.state = state;
    return `${answer.accepted ? 'accepted' : 'refused'}: ${answer.reason}`;
  }

  /** Plays until the next action is of this kind (and not yet done), or `untilMs` has come. */
  until(stops: (action: ExperimentAction, play: ExperimentPlay) => boolean, most = 50_000): this {
    for (let steps = 0; steps < most; steps += 1) {
      const action = this.next;
      if (stops(action, this)) return this;
      this.perform(action);
      if (action.kind === 'finish') return this;
    }
    throw new RangeError(`most: ${most} actions were played, and none was the last`);
  }

  untilMs(atMs: number): this {
    return this.until(
      (action, { nowMs }) => nowMs >= atMs || (action.kind === 'wait' && action.untilMs > atMs),
    );
  }

  toTheEnd(): this {
    return this.until(() => false);
  }

  perform(action: ExperimentAction): void {
    this.played.push({ action, atMs: this.nowMs });
    switch (action.kind) {
      case 'wait':
        this.nowMs = Math.max(this.nowMs, action.untilMs);
        return;
      case 'setArms': {
        this.happens({ kind: 'writeStarted', atMs: this.nowMs, arms: true });
        this.nowMs += TAKES_MS;
        const { weights, exposedPct } = action;
        const leaseExpiresAtMs = this.nowMs + this.state.plan.leaseMs;
        this.happens({ kind: 'armsSet', atMs: this.nowMs, weights, exposedPct, leaseExpiresAtMs });
        return;
      }
      case 'takeArmsAway':
        this.happens({ kind: 'writeStarted', atMs: this.nowMs, arms: true });
        this.nowMs += TAKES_MS;
        this.happens({ kind: 'armsTakenAway', atMs: this.nowMs });
        return;
      case 'tick': {
        this.happens({ kind: 'writeStarted', atMs: this.nowMs });
        this.nowMs += TAKES_MS;
        const finds = this.finds(action.judge);
        this.ticks(finds, finds === 'renewed' || finds === 'tickFailed' ? {} : this.brings);
        return;
      }
      case 'restore':
        this.happens({ kind: 'writeStarted', atMs: this.nowMs, arms: true });
        this.nowMs += TAKES_MS;
        this.happens({ kind: 'restored', atMs: this.nowMs });
        return;
      case 'graduate':
        this.happens({
          kind: 'graduated',
          atMs: this.nowMs,
          workflowId: 'rollout/support-bot',
          runId: 'run',
        });
        return;
      case 'runOutOfTime':
        this.happens({ kind: 'timeRanOut', atMs: this.nowMs, conclusion: null });
        return;
      case 'finish':
        return;
      default:
        this.happens({ kind: EXPERIMENT_AS_EVENT[action.kind], atMs: this.nowMs });
    }
  }
}
