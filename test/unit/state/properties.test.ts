/** What holds of a rollout after any sequence of events and messages, in any order, sensible or not. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepVerdict } from '../../../src/domain/guardrail.ts';
import { MESSAGE_NAMES, readMessage, type MessageName } from '../../../src/state/messages.ts';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  type Look,
  type RolloutEvent,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testLook } from '../../support/rollout.ts';

type Move =
  | {
      readonly kind: 'event';
      readonly event: Exclude<RolloutEvent['kind'], 'looked'>;
      readonly afterMs: number;
    }
  | {
      readonly kind: 'look';
      readonly outcome: StepVerdict['outcome'];
      readonly live: Look['live'];
      readonly afterMs: number;
    }
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
  'lookFailed',
  'approvalExpired',
  'timeRanOut',
  'stepFailed',
  'promoted',
  'takenBack',
  'superseded',
] as const;

/** Weighted so that rollouts get far before something ends them. */
const move: fc.Arbitrary<Move> = fc.oneof(
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
      afterMs,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('event' as const), event: fc.constantFrom(...EVENTS), afterMs }),
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
);

const start = fc.record({
  approval: fc.constantFrom('none' as const, 'beforeStart' as const),
  onInconclusive: fc.constantFrom('hold' as const, 'rollback' as const),
  steps: fc.constantFrom([5, 25, 50, 100], [50, 100], [100]),
});

const eventOf = (
  state: RolloutState,
  kind: Exclude<RolloutEvent['kind'], 'looked'>,
  atMs: number,
): RolloutEvent => {
  switch (kind) {
    case 'weightSet':
      return { kind, atMs, weightPct: state.plan.steps[state.stepIndex] ?? 0, leaseExpiresAtMs: atMs + 1 };
    case 'lookFailed':
    case 'superseded':
      return { kind, atMs, why: 'as the test says' };
    case 'stepFailed':
      return { kind, atMs, by: 'optimizer', why: 'as the test says' };
    default:
      return { kind, atMs };
  }
};

interface Step {
  readonly before: RolloutState;
  readonly after: RolloutState;
  readonly move: Move;
  readonly atMs: number;
}

const apply = (state: RolloutState, given: Move, atMs: number): RolloutState => {
  if (given.kind === 'look') {
    return reduceRollout(state, { kind: 'looked', look: testLook(state, atMs, given.outcome, given.live) });
  }
  if (given.kind === 'event') return reduceRollout(state, eventOf(state, given.event, atMs));
  const read = readMessage(given.name, given.payload);
  return read.ok ? receiveMessage(state, read.message, atMs).state : state;
};

/** Every step of a random rollout. */
const history = fc
  .tuple(start, fc.array(move, { minLength: 1, maxLength: 60 }))
  .map(([plan, moves]): readonly Step[] => {
    let atMs = ADMITTED_AT_MS;
    let state = admitted(plan);
    return moves.map((given) => {
      atMs += given.afterMs;
      const before = state;
      state = apply(before, given, atMs);
      return { before, after: state, move: given, atMs };
    });
  });

const holds = (check: (step: Step) => void): void =>
  fc.assert(
    fc.property(history, (steps) => steps.forEach(check)),
    { seed: 20_260_105, numRuns: 1_500 },
  );

const isOver = (state: RolloutState): boolean => state.phase === 'rollingBack' || state.phase === 'ended';

describe('whatever happens to a rollout', () => {
  it('the revision never falls, and rises by one before each write while the rollout is open', () => {
    holds(({ before, after, move: given }) => {
      const isWrite = given.kind === 'event' && given.event === 'writeStarted' && before.phase !== 'ended';
      expect(after.revision).toBe(before.revision + (isWrite ? 1 : 0));
    });
  });

  it('the step never falls, rises by one at most, and stays within the plan', () => {
    holds(({ before, after }) => {
      expect([0, 1]).toContain(after.stepIndex - before.stepIndex);
      expect(after.stepIndex).toBeLessThan(after.plan.steps.length);
    });
  });

  it('taking back is final: the phase stays, the step does not grow, the first reason stands', () => {
    holds(({ before, after }) => {
      if (before.ending === null) return;
      expect(isOver(after)).toBe(true);
      expect(after.stepIndex).toBe(before.stepIndex);
      expect(after.ending).toEqual(before.ending);
      expect(after.outcome).not.toBe('promoted');
    });
  });

  it('the end is final', () => {
    holds(({ before, after }) => {
      if (before.phase !== 'ended') return;
      expect({ ...after, seen: before.seen }).toEqual(before);
    });
  });

  it('a step is left by a healthy look after the soak, unpaused and unheld, or by hand', () => {
    holds(({ before, after, move: given, atMs }) => {
      const left =
        after.stepIndex > before.stepIndex || (after.phase === 'promoting' && before.phase !== 'promoting');
      if (!left) return;
      expect(before.phase).toBe('soaking');
      expect(given).toMatchObject(
        given.kind === 'message' ? { name: 'promote' } : { kind: 'look', outcome: 'healthy', live: 'ours' },
      );
      if (given.kind === 'message') return;
      expect([before.paused, before.held]).toEqual([null, null]);
      expect(atMs).toBeGreaterThanOrEqual(before.soakEndsAtMs ?? Infinity);
    });
  });

  it('promotion comes only after the last step', () => {
    holds(({ before, after }) => {
      if (after.outcome !== 'promoted') return;
      expect(after.stepIndex).toBe(after.plan.steps.length - 1);
      expect(['promoting', 'ended']).toContain(before.phase);
    });
  });

  it('a rollback is accepted in every open phase and is the very next action', () => {
    const message = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;
    holds(({ after, atMs }) => {
      const { state, answer } = receiveMessage(after, message, atMs);
      expect(answer.accepted).toBe(after.phase !== 'ended');
      if (after.phase === 'ended') return;
      expect(state.phase).toBe('rollingBack');
      expect(nextRolloutAction(state, atMs).kind).toBe(state.revision === 0 ? 'closeUntouched' : 'takeBack');
      const done = reduceRollout(state, { kind: 'takenBack', atMs });
      expect(nextRolloutAction(done, atMs).kind).toBe('finish');
    });
  });

  it('a repeated message changes nothing', () => {
    holds(({ after, move: given, atMs }) => {
      if (given.kind !== 'message') return;
      const read = readMessage(given.name, given.payload);
      if (!read.ok || read.message.messageId === undefined) return;
      expect(receiveMessage(after, read.message, atMs)).toMatchObject({
        state: after,
        answer: { accepted: false },
      });
    });
  });

  it('what was typed wrong changes nothing', () => {
    holds(({ before, after, move: given }) => {
      if (given.kind !== 'message' || readMessage(given.name, given.payload).ok) return;
      expect(after).toBe(before);
    });
  });

  it('the state is plain JSON, its log and memory bounded', () => {
    holds(({ after }) => {
      expect(JSON.parse(JSON.stringify(after))).toEqual(after);
      expect(after.log.length).toBeLessThanOrEqual(40);
      expect(after.seen.length).toBeLessThanOrEqual(200);
    });
  });

  it('there is always a next action, the same after a JSON round trip', () => {
    holds(({ after, atMs }) => {
      const carried = JSON.parse(JSON.stringify(after)) as RolloutState;
      expect(nextRolloutAction(carried, atMs)).toEqual(nextRolloutAction(after, atMs));
    });
  });

  it('the random rollouts reach every phase and outcome, so that none of this holds for want of cases', () => {
    const seen = new Set<string>();
    holds(({ after }) => {
      seen.add(after.phase);
      if (after.outcome !== null) seen.add(after.outcome);
    });
    expect([...seen].sort()).toEqual(
      [
        'applying',
        'awaitingApproval',
        'ended',
        'notEnoughEvidence',
        'promoted',
        'promoting',
        'rejected',
        'replaced',
        'rolledBack',
        'rollingBack',
        'soaking',
        'superseded',
      ].sort(),
    );
  });
});
