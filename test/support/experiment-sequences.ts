/**
 * Random sequences of what can happen to an experiment, drawn from a seed: mostly what its workflow would do next, between that messages,
 * ticks that find anything, events out of turn and restarts. Decides nothing about what must hold.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { MESSAGE_NAMES, readMessage, type Message } from '../../src/state/messages.ts';
import {
  nextExperimentAction,
  receiveExperimentMessage,
  reduceExperiment,
  upgradeExperimentState,
  type ExperimentAction,
  type ExperimentEvent,
  type ExperimentFinding,
  type ExperimentPlan,
  type ExperimentRunState,
} from '../../src/state/experiment/index.ts';
import {
  ADMITTED_AT_MS,
  experimentAdmitted,
  experimentTick,
  HOUR_MS,
  JUDGED,
  MINUTE_MS,
} from './experiment.ts';

export type Move =
  | { readonly kind: 'event'; readonly event: ExperimentEvent }
  | { readonly kind: 'message'; readonly message: Message; readonly accepted: boolean }
  | { readonly kind: 'restart' };

/** One move: the state before it, the state after it, and when. */
export interface Step {
  readonly before: ExperimentRunState;
  readonly after: ExperimentRunState;
  readonly move: Move;
  readonly atMs: number;
}

type Shares = Readonly<Record<string, number>>;
const WEIGHTS: readonly [Shares, ...Shares[]] = [
  { control: 0.5, concise: 0.25, clear: 0.25 },
  { control: 0.2, concise: 0.7, clear: 0.1 },
  { control: 0.1, concise: 0, clear: 0.9 },
  { control: 0, concise: 0.5, clear: 0.5 },
  { control: 0.5, concise: 0.5 },
];
const MOVES = 30;

class Draw {
  readonly #random;

  constructor(seed: number) {
    this.#random = xoroshiro128plus(seed);
  }

  below(n: number): number {
    return uniformInt(this.#random, 0, n - 1);
  }

  of<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0];
  }
}

const planOf = (draw: Draw): Partial<ExperimentPlan> => ({
  approval: draw.of(['none', 'none', 'beforeStart', 'beforeGraduation', 'both']),
  approvalTimeoutMs: draw.of([HOUR_MS, 24 * HOUR_MS]),
  maxDurationMs: draw.of([3 * HOUR_MS, 48 * HOUR_MS]),
  graduate: draw.below(4) > 0,
  ramp: { exposedPct: draw.of([[100], [5, 20, 80]]), everyMs: 10 * MINUTE_MS },
  allocation: {
    kind: draw.of(['fixed', 'thompson']),
    weights: WEIGHTS[0],
    floor: 0.1,
  },
  ...(draw.below(8) === 0 && {
    target: {
      driver: 'rest',
      url: 'http://127.0.0.1:1',
      also: [{ name: 'cache', driver: 'rest', url: 'http://127.0.0.1:2', keys: ['cacheTtlSeconds'] }],
    },
  }),
});

const findingOf = (draw: Draw): Exclude<ExperimentFinding, 'tickFailed'> => {
  if (draw.below(3) > 0) return draw.of(['undecided', 'undecided', 'renewed']);
  return draw.of(['leaseLost', 'winner', 'winner', 'winner', ...JUDGED]);
};

const tickOf = (draw: Draw, state: ExperimentRunState, atMs: number): ExperimentEvent => {
  if (draw.below(12) === 0) return { kind: 'tickFailed', atMs, why: 'the store is away' };
  const finding = findingOf(draw);
  const allocation = { weights: draw.of(WEIGHTS), why: 'it earns more' };
  const brings = draw.below(3) === 0 ? { allocation } : {};
  return { kind: 'ticked', tick: experimentTick(state, atMs, finding, brings) };
};

/** What the workflow reports after it did what is next. */
const doneOf = (
  draw: Draw,
  state: ExperimentRunState,
  action: ExperimentAction,
  atMs: number,
): readonly ExperimentEvent[] => {
  const began = { kind: 'writeStarted', atMs } as const;
  switch (action.kind) {
    case 'setArms': {
      const { weights, exposedPct } = action;
      const set = {
        kind: 'armsSet',
        atMs,
        weights,
        exposedPct,
        leaseExpiresAtMs: atMs + 20 * MINUTE_MS,
      } as const;
      // Now and then somebody interrupts the write, or it does not come off.
      if (draw.below(8) === 0 && state.startedAtMs !== null)
        return [
          { ...began, arms: true },
          { kind: 'armsNotSet', atMs, why: 'the gateway is away' },
        ];
      return draw.below(8) === 0 ? [{ ...began, arms: true }] : [{ ...began, arms: true }, set];
    }
    case 'takeArmsAway':
      return [
        { ...began, arms: true },
        { kind: 'armsTakenAway', atMs },
      ];
    case 'tick':
      return [began, tickOf(draw, state, atMs)];
    case 'restore':
      return [
        { ...began, arms: true },
        { kind: 'restored', atMs },
      ];
    case 'graduate':
      return [
        draw.below(4) === 0
          ? { kind: 'graduationRefused', atMs, why: 'a rollout is running' }
          : { kind: 'graduated', atMs, workflowId: 'rollout/support-bot', runId: 'run' },
      ];
    case 'runOutOfTime':
      return [{ kind: 'timeRanOut', atMs, conclusion: null }];
    case 'expireApproval':
      return [{ kind: 'approvalExpired', atMs }];
    case 'raiseExposure':
      return [{ kind: 'rampDue', atMs }];
    case 'callOffGraduation':
      return [{ kind: 'graduationCalledOff', atMs }];
    case 'wait':
    case 'finish':
      return [];
  }
};

/** Whatever comes, whether it fits or not. */
const outOfTurn = (draw: Draw, state: ExperimentRunState, atMs: number): ExperimentEvent => {
  const why = 'as the test says';
  return draw.of<ExperimentEvent>([
    { kind: 'writeStarted', atMs },
    { kind: 'armsSet', atMs, weights: WEIGHTS[0], exposedPct: 5, leaseExpiresAtMs: null },
    { kind: 'armsTakenAway', atMs },
    { kind: 'armsNotSet', atMs, why },
    tickOf(draw, state, atMs),
    { kind: 'rampDue', atMs },
    { kind: 'approvalExpired', atMs },
    { kind: 'timeRanOut', atMs, conclusion: null },
    { kind: 'stepFailed', atMs, by: 'gateway', why },
    { kind: 'leaseRetaken', atMs, generation: state.plan.generation + draw.below(2) },
    { kind: 'restored', atMs },
    { kind: 'superseded', atMs, why },
    { kind: 'graduated', atMs, workflowId: 'rollout/support-bot', runId: 'run' },
    { kind: 'graduationRefused', atMs, why },
    { kind: 'graduationCalledOff', atMs },
  ]);
};

const messageOf = (draw: Draw, state: ExperimentRunState): Message | null => {
  const name = draw.of(MESSAGE_NAMES);
  const variant = draw.of([undefined, undefined, 'concise', 'control', 'terse']);
  const evidence = draw.of([undefined, state.evidenceHash, 'another']);
  const messageId = draw.of([undefined, undefined, 'm1', 'm2']);
  const weights = draw.of([undefined, ...WEIGHTS]);
  const exposedPct = draw.of([undefined, 3, 50, 100]);
  const read = readMessage(name, {
    by: 'ann',
    reason: 'as the test says',
    change: { model: 'm' },
    anomaly_type: 'quality_drop',
    severity: draw.of(['low', 'medium', 'medium', 'high', 'critical']),
    affected_services: draw.of([['support-bot'], ['code-bot'], []]),
    ...(variant !== undefined && { variant }),
    ...(evidence !== undefined && { evidence }),
    ...(messageId !== undefined && { messageId }),
    ...(weights && { weights }),
    ...(exposedPct !== undefined && { exposedPct }),
  });
  return read.ok ? read.message : null;
};

/** Ends an experiment whatever it is at: kept rare, so that most get far. */
const ENDS = ['rollback', 'stop', 'reject', 'promote'];

export const experimentSequence = (seed: number): readonly Step[] => {
  const draw = new Draw(seed);
  let state = experimentAdmitted(planOf(draw));
  let atMs = ADMITTED_AT_MS;
  const steps: Step[] = [];
  const moved = (after: ExperimentRunState, move: Move): void => {
    steps.push({ before: state, after, move, atMs });
    state = after;
  };
  const happens = (event: ExperimentEvent): void => {
    moved(reduceExperiment(state, event), { kind: 'event', event });
  };
  for (let i = 0; i < MOVES; i += 1) {
    const which = draw.below(20);
    if (which < 14) {
      const action = nextExperimentAction(state, atMs);
      atMs = action.kind === 'wait' ? Math.max(atMs, action.untilMs) : atMs + 1_500;
      for (const event of doneOf(draw, state, action, atMs)) happens(event);
      continue;
    }
    atMs += draw.below(7 * MINUTE_MS);
    if (which < 18) {
      const message = messageOf(draw, state);
      if (!message || (ENDS.includes(message.name) && draw.below(3) > 0)) continue;
      const { state: after, answer } = receiveExperimentMessage(state, message, atMs);
      moved(after, { kind: 'message', message, accepted: answer.accepted });
    } else if (which < 19) {
      const carried = JSON.parse(JSON.stringify(state)) as ExperimentRunState;
      moved(upgradeExperimentState(carried), { kind: 'restart' });
    } else if (draw.below(3) === 0) {
      happens(outOfTurn(draw, state, atMs));
    }
  }
  return steps;
};
