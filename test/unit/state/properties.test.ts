/** What holds of a rollout after any sequence of events and messages, in any order, sensible or not. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTS_KEPT, LOG_KEPT } from '../../../src/state/log-kept.ts';
import { readMessage } from '../../../src/state/messages.ts';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  replacementInput,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { claim } from '../../support/claim.ts';
import { admitted, ADMITTED_AT_MS } from '../../support/rollout.ts';
import { applyMove, longestSequence, sequence, type Single } from '../../support/rollout-sequences.ts';

interface Step {
  readonly before: RolloutState;
  readonly after: RolloutState;
  readonly move: Single;
  readonly atMs: number;
}

/** Every step of a random rollout. */
const history = fc
  .oneof({ weight: 7, arbitrary: sequence }, { weight: 1, arbitrary: longestSequence })
  .map(({ plan, moves }): readonly Step[] => {
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

/** Whether the step, or the last one, was left for what comes after it. */
const isLeft = ({ before, after }: Pick<Step, 'before' | 'after'>): boolean =>
  after.stepIndex > before.stepIndex || (after.phase === 'promoting' && before.phase !== 'promoting');

/** The state as JSON carries it; read back once for as long as nothing changes it. */
let carriedLast: { readonly of: RolloutState; readonly state: RolloutState } | null = null;
const carried = (of: RolloutState): RolloutState => {
  if (carriedLast?.of !== of) carriedLast = { of, state: JSON.parse(JSON.stringify(of)) as RolloutState };
  return carriedLast.state;
};

const HELD = { by: 'ann', reason: 'as the test says' };
const RESUME = { name: 'resume', by: 'ann' } as const;
const ROLLBACK = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;

/** Whether a change that was to come next has just been called off. */
const isCalledOff = ({ before, after }: Pick<Step, 'before' | 'after'>): boolean =>
  before.replacement !== null && after.replacement === null;

/** Checked after every step of every sequence. */
const invariants: Readonly<Record<string, (step: Step) => unknown>> = {
  'the pair never falls, and its revision rises by one before each write while the rollout is open': ({
    before,
    after,
    move: given,
  }) => {
    const generations = after.plan.generation - before.plan.generation;
    const isReset = given.kind === 'event' && given.event === 'leaseRetaken' && !isOver(before);
    claim(generations).toBe(isReset ? 1 : 0);
    if (isReset)
      return expect(after).toMatchObject({
        revision: 1,
        phase: before.phase === 'awaitingApproval' ? 'awaitingApproval' : 'applying',
      });
    const isWrite = given.kind === 'event' && given.event === 'writeStarted' && before.phase !== 'ended';
    claim(after.revision).toBe(before.revision + (isWrite ? 1 : 0));
  },
  'the step never falls, rises by one at most, and stays within the plan': ({ before, after }) => {
    claim(after.stepIndex - before.stepIndex).toBeOneOf([0, 1]);
    claim(after.stepIndex < after.plan.steps.length).toBe(true);
  },
  'taking back is final: the phase stays, the step does not grow, the first reason stands until a replacement is called off':
    ({ before, after }) => {
      if (before.ending === null) return;
      claim(isOver(after)).toBe(true);
      claim(after.stepIndex).toBe(before.stepIndex);
      if (isCalledOff({ before, after })) claim(after.ending?.outcome).toBeOneOf(['rolledBack', 'rejected']);
      else claim(after.ending).toEqual(before.ending);
      claim(after.outcome === 'promoted').toBe(false);
    },
  'the end is final': ({ before, after }) => {
    if (before.phase !== 'ended') return;
    if (isCalledOff({ before, after })) claim(after.outcome).toBe(after.ending?.outcome ?? null);
    else claim({ ...after, seen: before.seen }).toEqual(before);
  },
  'a rollback wins over what was to come next, until that has begun, and nothing brings it back': ({
    before,
    after,
    atMs,
  }) => {
    const wasCalledOff = before.ending !== null && replacementInput(before, {}) === null;
    if (wasCalledOff) claim(replacementInput(after, {})).toBe(null);
    if ((after.plan.table ?? 1) < 4 || replacementInput(after, {}) === null) return;
    const { state, answer } = receiveMessage(after, ROLLBACK, atMs);
    claim([answer.accepted, replacementInput(state, {})]).toEqual([true, null]);
    const ended = reduceRollout(state, { kind: 'takenBack', atMs });
    claim([ended.phase, ended.outcome, replacementInput(ended, {})]).toEqual(['ended', 'rolledBack', null]);
  },
  'a step is left by a healthy look after the soak with its gates passed, or by hand, or by approval of a proven one':
    ({ before, after, move: given, atMs }) => {
      if (!isLeft({ before, after })) return;
      if (before.plan.strategy === 'immediate' && given.kind !== 'message') {
        claim([before.paused, before.held]).toEqual([null, null]);
        return;
      }
      claim(before.phase).toBe('soaking');
      if (given.kind === 'message' && given.name === 'promote') return;
      claim(before.plan.strategy === 'immediate').toBe(false);
      claim([before.paused, before.held]).toEqual([null, null]);
      const soaks = 1 + (before.extended ?? 0);
      const movedAtMs = before.plan.convergeMs === undefined ? null : (before.asked?.setAtMs ?? Infinity);
      const soakedAtMs = movedAtMs === null ? before.soakEndsAtMs : movedAtMs + soaks * before.plan.soakMs;
      expect(atMs).toBeGreaterThanOrEqual(soakedAtMs ?? Infinity);
      if (given.kind === 'message') {
        claim([given.name, (before.plan.table ?? 1) >= 3]).toEqual(['approve', false]);
        claim([before.awaiting !== null, before.verdict?.outcome]).toEqual([true, 'healthy']);
        const gates = (before.gates?.reports ?? []).map(({ outcome }) => outcome);
        claim(gates.filter((outcome) => outcome === 'waiting' || outcome === 'fail')).toEqual([]);
        return;
      }
      expect(given).toMatchObject({ kind: 'look', outcome: 'healthy', live: 'ours' });
      if (movedAtMs !== null && given.kind === 'look') {
        claim(given.moved).toBe(true);
        expect(['pass', 'unknown']).toContain(given.gate);
      }
      if (before.awaiting?.approved) return;
      const { approval, steps } = before.plan;
      claim(approval === 'perStep').toBe(false);
      claim(approval === 'beforeLast' && before.stepIndex === steps.length - 2).toBe(false);
    },
  'what a soak has not proven is extended or given up once its labels have matured, and not before': ({
    before,
    after,
    move: given,
    atMs,
  }) => {
    if (given.kind !== 'look' || (before.plan.table ?? 1) < 4 || after === before) return;
    const isExtended = (after.extended ?? 0) > (before.extended ?? 0);
    const isGivenUp = after.ending?.outcome === 'notEnoughEvidence' && before.ending === null;
    if (!isExtended && !isGivenUp) return;
    const soakedAtMs = (before.asked?.setAtMs ?? 0) + (1 + (before.extended ?? 0)) * before.plan.soakMs;
    claim(atMs >= soakedAtMs + before.plan.matureAfterMs).toBe(true);
    if (isExtended) claim((after.soakEndsAtMs ?? 0) >= atMs + after.plan.soakMs).toBe(true);
  },
  'a step that has ended keeps the evidence it was left with': ({ before, after }) => {
    for (const [i, step] of after.steps.entries()) {
      const earlier = before.steps[i];
      if (earlier?.endedAtMs != null) claim(step).toEqual(earlier);
      else if (step.endedAtMs !== null) claim(step.evidenceHash).toBe(after.evidenceHash);
    }
  },
  'the backup route is only for a rollout that was held, is never beside a step, and always leads back': ({
    before,
    after,
    atMs,
  }) => {
    if (!after.backup || isOver(after)) return;
    claim(after.plan.backup === null).toBe(false);
    claim(after.phase).toBeOneOf(['awaitingApproval', 'applying', 'promoting']);
    if (!before.backup || before.backup.stage === 'leaving') {
      if (after.backup.stage === 'wanted') claim(after.held === null).toBe(false);
    }
    const action = nextRolloutAction(after, atMs).kind;
    claim(action).toBeOneOf(['routeToBackup', 'leaveBackup', 'wait', 'runOutOfTime', 'expireApproval']);
    const resumed = receiveMessage({ ...after, held: HELD }, RESUME, atMs).state;
    const left = reduceRollout(resumed, { kind: 'backupLeft', atMs });
    claim([left.backup, left.stepIndex, left.weightPct]).toEqual([null, after.stepIndex, 0]);
  },
  'a held rollout writes no weight of the candidate by itself': ({ after, atMs }) => {
    if (!after.held || (after.plan.table ?? 1) < 3) return;
    claim(nextRolloutAction(after, atMs).kind === 'setWeight').toBe(false);
  },
  'promotion comes only after the last step': ({ before, after }) => {
    if (after.outcome !== 'promoted') return;
    claim(after.stepIndex).toBe(after.plan.steps.length - 1);
    expect(['promoting', 'ended']).toContain(before.phase);
  },
  'a rollback is accepted in every open phase and is the very next action': ({ after, atMs }) => {
    const { state, answer } = receiveMessage(after, ROLLBACK, atMs);
    const wasToCome = (after.plan.table ?? 1) >= 4 && replacementInput(after, {}) !== null;
    claim(answer.accepted).toBe(after.phase !== 'ended' || wasToCome);
    if (after.phase === 'ended') return;
    claim(state.phase).toBe('rollingBack');
    claim(nextRolloutAction(state, atMs).kind).toBe(state.revision === 0 ? 'closeUntouched' : 'takeBack');
    const done = reduceRollout(state, { kind: 'takenBack', atMs });
    claim(nextRolloutAction(done, atMs).kind).toBe('finish');
    if ((after.plan.table ?? 1) >= 4) claim(replacementInput(done, {})).toBe(null);
  },
  'a program that ends and starts again goes on from the same state': ({ before, after, move: given }) => {
    if (given.kind === 'restart') claim(after).toEqual(before);
  },
  'the weights are those of the plan, and sum to one': ({ after }) => {
    claim(after.weightPct).toBeOneOf([0, 100, ...after.plan.steps]);
    claim(after.weightPct / 100 + (100 - after.weightPct) / 100).toBe(1);
  },
  'a repeated message changes nothing': ({ after, move: given, atMs }) => {
    if (given.kind !== 'message') return;
    const read = readMessage(given.name, given.payload);
    if (!read.ok || read.message.messageId === undefined) return;
    const repeated = receiveMessage(after, read.message, atMs);
    claim(repeated.state).toEqual(after);
    claim(repeated.answer.accepted).toBe(false);
  },
  'what was typed wrong changes nothing': ({ before, after, move: given }) => {
    if (given.kind !== 'message' || readMessage(given.name, given.payload).ok) return;
    claim(after).toBe(before);
  },
  'the state is plain JSON, its log and memory bounded': ({ after }) => {
    claim(carried(after)).toEqual(after);
    claim(after.log.length <= LOG_KEPT + ACTS_KEPT).toBe(true);
    claim(after.seen.length <= 200).toBe(true);
  },
  'there is always a next action, the same after a JSON round trip': ({ after, atMs }) => {
    claim(nextRolloutAction(carried(after), atMs)).toEqual(nextRolloutAction(after, atMs));
  },
};

const SEQUENCES = 10_000;
const SEED = 20_260_105;

describe('whatever happens to a rollout', () => {
  it(
    `holds over ${SEQUENCES} random sequences, every one of ${Object.keys(invariants).length} invariants`,
    { timeout: 900_000 },
    () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(history, (steps) => {
          for (const step of steps) {
            seen.add(step.after.phase);
            if (step.after.outcome !== null) seen.add(step.after.outcome);
            if (step.after.backup) seen.add(`backup ${step.after.backup.stage}`);
            if (step.after.awaiting) seen.add('awaiting');
            if (step.before.awaiting?.approved && isLeft(step)) seen.add('left by approval');
            if (isCalledOff(step)) seen.add('called off');
            if ((step.after.extended ?? 0) > 0) seen.add(`extended, table ${step.after.plan.table ?? 1}`);
            if (step.after.standstill && step.after.phase !== 'ended') seen.add('standstill');
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
          'called off',
          'extended, table 1',
          'extended, table 2',
          'extended, table 3',
          'extended, table 4',
          'standstill',
          'left by approval',
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
