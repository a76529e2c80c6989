/** What holds of a rollout after any sequence of events and messages, in any order, sensible or not. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../../src/state/messages.ts';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS } from '../../support/rollout.ts';
import { applyMove, sequence, type Single } from '../../support/rollout-sequences.ts';

interface Step {
  readonly before: RolloutState;
  readonly after: RolloutState;
  readonly move: Single;
  readonly atMs: number;
}

/** Every step of a random rollout. */
const history = sequence.map(({ plan, moves }): readonly Step[] => {
  let atMs = ADMITTED_AT_MS;
  let state = admitted(plan);
  return moves.map((given) => {
    atMs += given.afterMs;
    const before = state;
    state = applyMove(before, given, atMs);
    return { before, after: state, move: given, atMs };
  });
});

const isOver = (state: RolloutState): boolean => state.phase === 'rollingBack' || state.phase === 'ended';

const HELD = { by: 'ann', reason: 'as the test says' };
const RESUME = { name: 'resume', by: 'ann' } as const;

/** Checked after every step of every sequence. */
const invariants: Readonly<Record<string, (step: Step) => unknown>> = {
  'the pair never falls, and its revision rises by one before each write while the rollout is open': ({
    before,
    after,
    move: given,
  }) => {
    const generations = after.plan.generation - before.plan.generation;
    const isReset = given.kind === 'event' && given.event === 'leaseRetaken' && !isOver(before);
    expect(generations).toBe(isReset ? 1 : 0);
    if (isReset)
      return expect(after).toMatchObject({
        revision: 1,
        phase: before.phase === 'awaitingApproval' ? 'awaitingApproval' : 'applying',
      });
    const isWrite = given.kind === 'event' && given.event === 'writeStarted' && before.phase !== 'ended';
    expect(after.revision).toBe(before.revision + (isWrite ? 1 : 0));
  },
  'the step never falls, rises by one at most, and stays within the plan': ({ before, after }) => {
    expect([0, 1]).toContain(after.stepIndex - before.stepIndex);
    expect(after.stepIndex).toBeLessThan(after.plan.steps.length);
  },
  'taking back is final: the phase stays, the step does not grow, the first reason stands': ({
    before,
    after,
  }) => {
    if (before.ending === null) return;
    expect(isOver(after)).toBe(true);
    expect(after.stepIndex).toBe(before.stepIndex);
    expect(after.ending).toEqual(before.ending);
    expect(after.outcome).not.toBe('promoted');
  },
  'the end is final': ({ before, after }) => {
    if (before.phase !== 'ended') return;
    expect({ ...after, seen: before.seen }).toEqual(before);
  },
  'a step is left by a healthy look after the soak with its gates passed, or by hand, or by approval of a proven one':
    ({ before, after, move: given, atMs }) => {
      const left =
        after.stepIndex > before.stepIndex || (after.phase === 'promoting' && before.phase !== 'promoting');
      if (!left) return;
      if (before.plan.strategy === 'immediate' && given.kind !== 'message') {
        expect([before.paused, before.held]).toEqual([null, null]);
        return;
      }
      expect(before.phase).toBe('soaking');
      if (given.kind === 'message' && given.name === 'promote') return;
      expect(before.plan.strategy === 'immediate').toBe(false);
      expect([before.paused, before.held]).toEqual([null, null]);
      const soaks = 1 + (before.extended ?? 0);
      const movedAtMs = before.plan.convergeMs === undefined ? null : (before.asked?.setAtMs ?? Infinity);
      const soakedAtMs = movedAtMs === null ? before.soakEndsAtMs : movedAtMs + soaks * before.plan.soakMs;
      expect(atMs).toBeGreaterThanOrEqual(soakedAtMs ?? Infinity);
      if (given.kind === 'message') {
        expect(given.name).toBe('approve');
        expect([before.awaiting !== null, before.verdict?.outcome]).toEqual([true, 'healthy']);
        const gates = (before.gates?.reports ?? []).map(({ outcome }) => outcome);
        expect(gates.filter((outcome) => outcome === 'waiting' || outcome === 'fail')).toEqual([]);
        return;
      }
      expect(given).toMatchObject({ kind: 'look', outcome: 'healthy', live: 'ours' });
      if (movedAtMs !== null && given.kind === 'look') {
        expect(given.moved).toBe(true);
        expect(['pass', 'unknown']).toContain(given.gate);
      }
      const { approval, steps } = before.plan;
      expect(approval === 'perStep').toBe(false);
      expect(approval === 'beforeLast' && before.stepIndex === steps.length - 2).toBe(false);
    },
  'a step that has ended keeps the evidence it was left with': ({ before, after }) => {
    for (const [i, step] of after.steps.entries()) {
      const earlier = before.steps[i];
      if (earlier?.endedAtMs != null) expect(step).toEqual(earlier);
      else if (step.endedAtMs !== null) expect(step.evidenceHash).toBe(after.evidenceHash);
    }
  },
  'the backup route is only for a rollout that was held, is never beside a step, and always leads back': ({
    before,
    after,
    atMs,
  }) => {
    if (!after.backup || isOver(after)) return;
    expect(after.plan.backup).not.toBeNull();
    expect(['awaitingApproval', 'applying', 'promoting']).toContain(after.phase);
    if (!before.backup || before.backup.stage === 'leaving') {
      if (after.backup.stage === 'wanted') expect(after.held).not.toBeNull();
    }
    const action = nextRolloutAction(after, atMs).kind;
    const allowed = ['routeToBackup', 'leaveBackup', 'wait', 'runOutOfTime', 'expireApproval'];
    expect(allowed).toContain(action);
    const resumed = receiveMessage({ ...after, held: HELD }, RESUME, atMs).state;
    const left = reduceRollout(resumed, { kind: 'backupLeft', atMs });
    expect([left.backup, left.stepIndex, left.weightPct]).toEqual([null, after.stepIndex, 0]);
  },
  'promotion comes only after the last step': ({ before, after }) => {
    if (after.outcome !== 'promoted') return;
    expect(after.stepIndex).toBe(after.plan.steps.length - 1);
    expect(['promoting', 'ended']).toContain(before.phase);
  },
  'a rollback is accepted in every open phase and is the very next action': ({ after, atMs }) => {
    const message = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;
    const { state, answer } = receiveMessage(after, message, atMs);
    expect(answer.accepted).toBe(after.phase !== 'ended');
    if (after.phase === 'ended') return;
    expect(state.phase).toBe('rollingBack');
    expect(nextRolloutAction(state, atMs).kind).toBe(state.revision === 0 ? 'closeUntouched' : 'takeBack');
    const done = reduceRollout(state, { kind: 'takenBack', atMs });
    expect(nextRolloutAction(done, atMs).kind).toBe('finish');
  },
  'a program that ends and starts again goes on from the same state': ({ before, after, move: given }) => {
    if (given.kind === 'restart') expect(after).toEqual(before);
  },
  'the weights are those of the plan, and sum to one': ({ after }) => {
    expect([0, 100, ...after.plan.steps]).toContain(after.weightPct);
    expect(after.weightPct / 100 + (100 - after.weightPct) / 100).toBe(1);
  },
  'a repeated message changes nothing': ({ after, move: given, atMs }) => {
    if (given.kind !== 'message') return;
    const read = readMessage(given.name, given.payload);
    if (!read.ok || read.message.messageId === undefined) return;
    expect(receiveMessage(after, read.message, atMs)).toMatchObject({
      state: after,
      answer: { accepted: false },
    });
  },
  'what was typed wrong changes nothing': ({ before, after, move: given }) => {
    if (given.kind !== 'message' || readMessage(given.name, given.payload).ok) return;
    expect(after).toBe(before);
  },
  'the state is plain JSON, its log and memory bounded': ({ after }) => {
    expect(JSON.parse(JSON.stringify(after))).toEqual(after);
    expect(after.log.length).toBeLessThanOrEqual(40);
    expect(after.seen.length).toBeLessThanOrEqual(200);
  },
  'there is always a next action, the same after a JSON round trip': ({ after, atMs }) => {
    const carried = JSON.parse(JSON.stringify(after)) as RolloutState;
    expect(nextRolloutAction(carried, atMs)).toEqual(nextRolloutAction(after, atMs));
  },
};

const SEQUENCES = 10_000;
const SEED = 20_260_105;

describe('whatever happens to a rollout', () => {
  it(
    `holds over ${SEQUENCES} random sequences, every one of ${Object.keys(invariants).length} invariants`,
    { timeout: 300_000 },
    () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(history, (steps) => {
          for (const step of steps) {
            seen.add(step.after.phase);
            if (step.after.outcome !== null) seen.add(step.after.outcome);
            if (step.after.backup) seen.add(`backup ${step.after.backup.stage}`);
            if (step.after.awaiting) seen.add('awaiting');
            if ((step.after.extended ?? 0) > 0) seen.add('extended');
            for (const [name, check] of Object.entries(invariants)) {
              try {
                check(step);
              } catch (error) {
                throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, {
                  cause: error,
                });
              }
            }
          }
        }),
        { seed: SEED, numRuns: SEQUENCES },
      );
      // None of this holds for want of cases.
      expect([...seen].sort()).toEqual(
        [
          'awaiting',
          'backup leaving',
          'backup served',
          'backup wanted',
          'extended',
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
    },
  );
});
