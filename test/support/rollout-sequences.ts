/**
 * Random sequences of what can happen to a rollout: events, looks, messages, failures and restarts, in any order, sensible or not. The unit tests fold them
 * through the reducer; `test/support/sequences` plays them as real workflows. Decides nothing about what must hold.
 */
import * as fc from 'fast-check';
import { startLabelParity, startShareGate } from '../../src/analysis/index.ts';
import type { GateOutcome } from '../../src/domain/gate.ts';
import type { StepVerdict } from '../../src/domain/guardrail.ts';
import { MESSAGE_NAMES, readMessage, type MessageName } from '../../src/state/messages.ts';
import {
  receiveMessage,
  reduceRollout,
  upgradeRolloutState,
  type Look,
  type LookGates,
  type RolloutEvent,
  type RolloutPlan,
  type RolloutState,
} from '../../src/state/rollout/index.ts';
import { MINUTE_MS, testLook } from './rollout.ts';

export type Move =
  | {
      readonly kind: 'event';
      readonly event: Exclude<RolloutEvent['kind'], 'looked' | 'shadowLooked' | 'shadowSet'>;
      readonly afterMs: number;
    }
  | {
      readonly kind: 'look';
      readonly outcome: StepVerdict['outcome'];
      readonly live: Look['live'];
      /** Whether the traffic has moved, and what the gates say. */
      readonly moved: boolean;
      readonly gate: GateOutcome;
      readonly afterMs: number;
    }
  /** The program ends and starts again: the state is read back from JSON and upgraded. */
  | { readonly kind: 'restart'; readonly afterMs: number }
  /** The move before once more, as it was. */
  | { readonly kind: 'again'; readonly afterMs: number }
  | {
      readonly kind: 'message';
      readonly name: MessageName;
      readonly payload: unknown;
      readonly afterMs: number;
    };

const afterMs = fc.oneof(fc.integer({ min: 0, max: 2 * MINUTE_MS }), fc.constant(15 * MINUTE_MS));
const id = fc.option(fc.constantFrom('m1', 'm2', 'm3'), { nil: undefined });
const text = fc.constantFrom('ann', 'bob');
const payload = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      by: text,
      reason: text,
      messageId: id,
      evidence: fc.constantFrom(undefined, 'candidate-hash', 'another'),
      change: fc.constant({ model: 'm' }),
      anomaly_type: fc.constantFrom('quality_drop', 'security_breach'),
      severity: fc.constantFrom('low', 'medium', 'high', 'critical'),
      affected_services: fc.constantFrom(['support-bot'], ['code-bot'], []),
      id,
    }),
  },
  { weight: 1, arbitrary: fc.anything() },
);
const EVENTS = [
  'writeStarted',
  'weightSet',
  'backupServed',
  'backupRefused',
  'backupLeft',
  'lookFailed',
  'approvalExpired',
  'timeRanOut',
  'stepFailed',
  'promoted',
  'takenBack',
  'superseded',
  'stoodStill',
  'leaseRanOut',
  'leaseRetaken',
] as const;

/** Weighted so that rollouts get far before something ends them. */
export const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      event: fc.constantFrom('writeStarted' as const, 'weightSet' as const),
      afterMs,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('look' as const),
      outcome: fc.oneof(
        { weight: 6, arbitrary: fc.constant('healthy' as const) },
        {
          weight: 3,
          arbitrary: fc.constantFrom(
            'harm' as const,
            'bothHurt' as const,
            'inconclusive' as const,
            'noData' as const,
          ),
        },
      ),
      live: fc.oneof(
        { weight: 6, arbitrary: fc.constant('ours' as const) },
        { weight: 1, arbitrary: fc.constant('leaseLost' as const) },
      ),
      moved: fc.oneof(
        { weight: 6, arbitrary: fc.constant(true) },
        { weight: 1, arbitrary: fc.constant(false) },
      ),
      gate: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom('pass' as const, 'unknown' as const) },
        { weight: 1, arbitrary: fc.constantFrom('waiting' as const, 'fail' as const) },
      ),
      afterMs,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      event: fc.constantFrom('backupServed' as const, 'backupLeft' as const),
      afterMs,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('event' as const), event: fc.constantFrom(...EVENTS), afterMs }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'again' as const), afterMs }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      name: fc.constantFrom(...MESSAGE_NAMES),
      payload,
      afterMs,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      name: fc.constant('approve' as const),
      payload: fc.constant({ by: 'ann' }),
      afterMs,
    }),
  },
);

export const gatesOf = (
  state: RolloutState,
  { moved, gate }: Extract<Move, { kind: 'look' }>,
): LookGates | null => {
  const { asked, plan } = state;
  if (!asked || plan.convergeMs === undefined) return null;
  const share = startShareGate({ ...asked, convergeMs: plan.convergeMs });
  return {
    share: { ...share, movedAtMs: moved ? asked.setAtMs : null },
    parity: startLabelParity(),
    reports: [{ id: 'share', outcome: gate, reason: 'as the test says', observed: null, limit: null }],
  };
};

const start = fc
  .record({
    approval: fc.constantFrom(
      'none' as const,
      'none' as const,
      'none' as const,
      'beforeStart' as const,
      'perStep' as const,
      'beforeLast' as const,
    ),
    onApprovalTimeout: fc.constantFrom('reject' as const, 'hold' as const),
    onInconclusive: fc.constantFrom('hold' as const, 'extend' as const, 'rollback' as const),
    extensions: fc.constant(2),
    steps: fc.constantFrom([5, 25, 50, 100], [50, 100], [100]),
    backup: fc.constantFrom(null, { model: 'spare', hash: 'backup-hash' }),
    strategy: fc.constantFrom('canary' as const, 'blueGreen' as const, 'immediate' as const),
  })
  .map(({ strategy, steps, ...plan }) => ({
    ...plan,
    strategy,
    steps: strategy === 'canary' ? steps : [100],
    ...(strategy === 'immediate' && { soakMs: 0 }),
  }));

/** What differs between the plans. */
export const planDifferences: fc.Arbitrary<Partial<RolloutPlan>> = fc
  .tuple(
    start,
    fc.constantFrom(
      {},
      { convergeMs: 5 * MINUTE_MS },
      { convergeMs: 5 * MINUTE_MS, table: 2 as const },
      { convergeMs: 5 * MINUTE_MS, table: 3 as const },
      { convergeMs: 5 * MINUTE_MS, table: 4 as const, matureAfterMs: 10 * MINUTE_MS },
    ),
  )
  .map(([a, b]) => ({ ...a, ...b }));

const eventOf = (
  state: RolloutState,
  kind: Exclude<RolloutEvent['kind'], 'looked' | 'shadowLooked' | 'shadowSet'>,
  atMs: number,
): RolloutEvent => {
  switch (kind) {
    case 'weightSet':
      return { kind, atMs, weightPct: state.plan.steps[state.stepIndex] ?? 0, leaseExpiresAtMs: atMs + 1 };
    case 'backupServed':
      return { kind, atMs, leaseExpiresAtMs: atMs + 1 };
    case 'backupRefused':
    case 'lookFailed':
    case 'superseded':
    case 'stoodStill':
      return { kind, atMs, why: 'as the test says' };
    case 'stepFailed':
      return { kind, atMs, by: 'optimizer', why: 'as the test says' };
    case 'leaseRetaken':
      return { kind, atMs, generation: state.plan.generation + 1 };
    default:
      return { kind, atMs };
  }
};

/** A move that stands for itself. */
export type Single = Exclude<Move, { readonly kind: 'again' }>;

/** The moves with every repetition spelt out; one that repeats nothing is left out. */
export const spelledOut = (moves: readonly Move[]): readonly Single[] => {
  let last: Single | null = null;
  return moves.flatMap((given) => {
    if (given.kind !== 'again') {
      last = given;
      return [given];
    }
    return last ? [{ ...last, afterMs: given.afterMs }] : [];
  });
};

/** The state after one move. */
export const applyMove = (state: RolloutState, given: Single, atMs: number): RolloutState => {
  if (given.kind === 'restart') return upgradeRolloutState(JSON.parse(JSON.stringify(state)) as RolloutState);
  if (given.kind === 'look') {
    const gates = gatesOf(state, given);
    const look = { ...testLook(state, atMs, given.outcome, given.live), ...(gates && { gates }) };
    return reduceRollout(state, { kind: 'looked', look });
  }
  if (given.kind === 'event') return reduceRollout(state, eventOf(state, given.event, atMs));
  const read = readMessage(given.name, given.payload);
  return read.ok ? receiveMessage(state, read.message, atMs).state : state;
};

/** A plan and up to sixty moves; most have fewer than ten. */
export const sequence = fc
  .tuple(planDifferences, fc.array(move, { minLength: 1, maxLength: 60 }))
  .map(([plan, moves]) => ({ plan, moves: spelledOut(moves) }));

const ENDING_MESSAGES: ReadonlySet<string> = new Set(['rollback', 'reject', 'replace']);
const ENDING_EVENTS: ReadonlySet<string> = new Set(['stepFailed', 'superseded', 'timeRanOut']);

/** Whether the move may end a rollout at once, wherever it stands. */
const mayEnd = (given: Single): boolean => {
  if (given.kind === 'event') return ENDING_EVENTS.has(given.event);
  if (given.kind === 'look') return given.outcome === 'harm';
  if (given.kind !== 'message') return false;
  const read = readMessage(given.name, given.payload);
  if (!read.ok) return false;
  const { message } = read;
  if (message.name !== 'anomaly') return ENDING_MESSAGES.has(message.name);
  return message.security || message.severity === 'critical';
};

/** For rollouts that are to get far: of what may end one at once, the last alone is kept. */
const withoutEnds = ({ plan, moves }: { plan: Partial<RolloutPlan>; moves: readonly Single[] }) => {
  const last = moves.findLastIndex(mayEnd);
  return { plan, moves: moves.filter((given, i) => i === last || !mayEnd(given)) };
};

export const longSequence = sequence.map(withoutEnds);

/** Thirty to sixty moves of such a rollout. */
export const longestSequence = fc
  .tuple(planDifferences, fc.array(move, { minLength: 30, maxLength: 60, size: 'max' }))
  .map(([plan, moves]) => withoutEnds({ plan, moves: spelledOut(moves) }));
