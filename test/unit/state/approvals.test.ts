/** Steps that wait for somebody, and steps that get more time. */
import { describe, expect, it } from 'vitest';
import type { StepVerdict } from '../../../src/domain/guardrail.ts';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  rolloutNotices,
  type RolloutPlan,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, SHADOW_PLAN, testLook } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const HOUR_MS = 60 * MINUTE_MS;
const APPROVE = { name: 'approve', by: 'ann' } as const;

const inStep = (stepIndex: number, different: Partial<RolloutPlan>): RolloutState => ({
  ...reduceRollout(
    { ...admitted(different), phase: 'applying', stepIndex, log: [] },
    { kind: 'weightSet', atMs: T0, weightPct: admitted().plan.steps[stepIndex] ?? 0, leaseExpiresAtMs: null },
  ),
});

const look = (state: RolloutState, minute: number, outcome: StepVerdict['outcome']): RolloutState =>
  reduceRollout(state, { kind: 'looked', look: testLook(state, T0 + minute * MINUTE_MS, outcome) });

const approve = (state: RolloutState, minute: number, evidence?: string) =>
  receiveMessage(state, evidence === undefined ? APPROVE : { ...APPROVE, evidence }, T0 + minute * MINUTE_MS);

describe('which steps wait', () => {
  it.each([
    ['none', [false, false, false, false]],
    ['beforeStart', [false, false, false, false]],
    ['perStep', [true, true, true, true]],
    ['beforeLast', [false, false, true, false]],
  ] as const)('%s', (approval, waits) => {
    const found = [0, 1, 2, 3].map(
      (step) => look(inStep(step, { approval }), 15, 'healthy').awaiting !== null,
    );
    expect(found).toEqual(waits);
  });

  it.each([
    ['none', 'applying'],
    ['beforeStart', 'awaitingApproval'],
    ['perStep', 'awaitingApproval'],
    ['beforeLast', 'applying'],
  ] as const)('%s begins %s', (approval, phase) => {
    expect(admitted({ approval }).phase).toBe(phase);
  });
});

describe('a promotion by hand past an approval', () => {
  const PROMOTE = { name: 'promote', by: 'ann', reason: 'seen enough' } as const;
  const promoted = (state: RolloutState, minute = 15) => {
    const { answer, state: after } = receiveMessage(state, PROMOTE, T0 + minute * MINUTE_MS);
    return [answer.accepted, answer.reason, after.log.at(-1)?.why];
  };
  const none = 'step left with 0 gates unmet';
  const one = 'step left with 1 gates unmet: approval';

  it.each([
    ['none', 0, none],
    ['beforeStart', 0, none],
    ['perStep', 0, one],
    ['perStep', 3, one],
    ['beforeLast', 1, none],
    ['beforeLast', 2, one],
    ['beforeLast', 3, none],
  ] as const)('%s, step %i: %s', (approval, stepIndex, reason) => {
    const proven = look(inStep(stepIndex, { approval }), 14, 'healthy');
    const unmet = reason === one ? 'approval' : 'nothing';
    expect(promoted(proven)).toEqual([true, reason, `seen enough (unmet: ${unmet})`]);
  });

  it('names it beside what else is unmet, and whether or not it was asked for already', () => {
    const asks = look(inStep(0, { approval: 'perStep' }), 15, 'healthy');
    expect(asks.awaiting).not.toBeNull();
    expect(promoted(asks)[1]).toBe(one);
    expect(promoted(inStep(0, { approval: 'perStep' }), 1)[1]).toBe(
      'step left with 3 gates unmet: soak, no look yet, approval',
    );
  });

  it('does not name one that was given', () => {
    const asks = look(inStep(0, { table: 3, approval: 'perStep' }), 15, 'healthy');
    expect(promoted(approve(asks, 16).state)[1]).toBe(none);
  });

  it('names that of leaving the shadow, too', () => {
    const set = { kind: 'shadowSet', atMs: T0, leaseExpiresAtMs: null } as const;
    const copying = (approval: RolloutPlan['approval']): RolloutState =>
      reduceRollout({ ...admitted({ approval, shadow: SHADOW_PLAN }), phase: 'shadowing' }, set);
    expect(promoted(copying('perStep'))[1]).toBe('step left with 2 gates unmet: no look yet, approval');
    expect(promoted(copying('beforeLast'))[1]).toBe('step left with 1 gates unmet: no look yet');
  });
});

describe('a proven step that waits', () => {
  const waiting = look(inStep(2, { approval: 'beforeLast' }), 15, 'healthy');

  it('says of what, until when, and goes on looking', () => {
    expect(waiting.awaiting).toEqual({
      sinceMs: T0 + 15 * MINUTE_MS,
      untilMs: T0 + 15 * MINUTE_MS + 24 * HOUR_MS,
      next: '100 %',
    });
    expect(waiting.log.at(-1)).toMatchObject({ what: 'awaiting approval', why: 'of 100 %' });
    expect(nextRolloutAction(waiting, T0 + 15 * MINUTE_MS)).toEqual({
      kind: 'wait',
      untilMs: T0 + 16 * MINUTE_MS,
    });
    expect(look(waiting, 16, 'healthy')).toMatchObject({ awaiting: waiting.awaiting, phase: 'soaking' });
  });

  it('is left by an approval, with who gave it', () => {
    const { state, answer } = approve(waiting, 20);
    expect(answer).toEqual({ accepted: true, reason: 'approved: 100 %' });
    expect(state).toMatchObject({ phase: 'applying', stepIndex: 3, awaiting: null });
    expect(state.steps.at(-1)?.why).toBe('approved by ann');
  });

  it('takes the evidence that it saw, and none that is older', () => {
    const newer = look(waiting, 16, 'healthy');
    expect(approve(newer, 17, waiting.evidenceHash).answer).toEqual({
      accepted: false,
      reason: `evidence ${waiting.evidenceHash} is not the newest (${newer.evidenceHash})`,
    });
    expect(approve(newer, 17, newer.evidenceHash).answer.accepted).toBe(true);
  });

  it.each(['inconclusive', 'noData', 'bothHurt'] as const)('is not left once a look says %s', (outcome) => {
    const { state, answer } = approve(look(waiting, 16, outcome), 17);
    expect(answer.accepted).toBe(false);
    expect(state).toMatchObject({ phase: 'soaking', stepIndex: 2 });
  });

  it('is not left while somebody has paused it', () => {
    const paused = { ...waiting, paused: { by: 'bob', reason: 'release day' } };
    expect(approve(paused, 17).answer).toEqual({ accepted: false, reason: 'stopped by bob: release day' });
  });

  it('is taken back on harm, approved or not', () => {
    expect(look(waiting, 16, 'harm')).toMatchObject({ phase: 'rollingBack' });
  });
});

describe('an approval of a step, under the third rules', () => {
  const different = { table: 3, approval: 'beforeLast', leaseMs: 10 * MINUTE_MS } as const;
  const waiting = look(inStep(2, different), 15, 'healthy');
  const days = 3 * 24 * 60;

  it('leaves nothing by itself, whenever it is handled, and makes a look due', () => {
    for (const minute of [16, days]) {
      const { state, answer } = approve(waiting, minute, waiting.evidenceHash);
      expect(answer).toEqual({
        accepted: true,
        reason: 'approved: 100 %, as soon as a look finds it proven',
      });
      expect(state).toMatchObject({ phase: 'soaking', stepIndex: 2, awaiting: { approved: { by: 'ann' } } });
      expect(nextRolloutAction(state, T0 + 15 * MINUTE_MS)).toEqual({ kind: 'look' });
    }
  });

  it('is acted on by the next look that finds the step proven', () => {
    const { state } = approve(waiting, 16);
    for (const outcome of ['inconclusive', 'noData'] as const) {
      expect(look(state, 17, outcome)).toMatchObject({ phase: 'soaking', stepIndex: 2 });
    }
    const later = look(look(state, 17, 'inconclusive'), 18, 'healthy');
    expect(later).toMatchObject({ phase: 'applying', stepIndex: 3, awaiting: null });
    expect(later.steps.at(-1)).toMatchObject({ why: 'approved by ann', evidenceHash: later.evidenceHash });
    expect(look(state, 17, 'harm')).toMatchObject({ phase: 'rollingBack' });
  });

  it('is asked for anew after a hold, and is none that nobody gave', () => {
    const { state } = approve(waiting, 16);
    expect(nextRolloutAction(look(state, 17, 'noData'), T0 + days * MINUTE_MS)).toEqual({ kind: 'look' });
    const held = look(state, 17, 'bothHurt');
    expect(held.awaiting).toEqual(waiting.awaiting);
    expect(rolloutNotices(state, held).map(({ kind }) => kind)).toContain('approvalNeeded');
    const resumed = receiveMessage(held, { name: 'resume', by: 'ann' }, T0 + 18 * MINUTE_MS).state;
    expect(look(resumed, 19, 'healthy')).toMatchObject({ phase: 'soaking', stepIndex: 2 });
  });

  it('is refused when it was given already, for other evidence, or when the last look did not prove the step', () => {
    const { state } = approve(waiting, 16);
    expect(approve(state, 17).answer.reason).toBe('already approved by ann: 100 %');
    expect(approve(waiting, 17, 'older').answer.accepted).toBe(false);
    expect(approve(look(waiting, 16, 'noData'), 17).answer.reason).toMatch(/^no longer proven/u);
  });
});

describe('an approval that nobody gives', () => {
  const afterMs = T0 + 15 * MINUTE_MS + 24 * HOUR_MS;
  const expire = (state: RolloutState) => reduceRollout(state, { kind: 'approvalExpired', atMs: afterMs });
  const waiting = (onApprovalTimeout: 'reject' | 'hold') =>
    look(inStep(2, { approval: 'beforeLast', onApprovalTimeout }), 15, 'healthy');

  it('is due before anything else', () => {
    expect(nextRolloutAction(waiting('reject'), afterMs)).toEqual({ kind: 'expireApproval' });
  });
  it('rejects the change', () => {
    expect(expire(waiting('reject'))).toMatchObject({
      phase: 'rollingBack',
      ending: { outcome: 'rejected', reason: 'nobody approved in time' },
    });
  });
  it('holds it where it is, and asks again when somebody resumes', () => {
    const held = expire(waiting('hold'));
    expect(held).toMatchObject({ phase: 'soaking', awaiting: null, held: { by: 'optimizer' } });
    const atMs = afterMs + MINUTE_MS;
    const resumed = receiveMessage(held, { name: 'resume', by: 'ann' }, atMs).state;
    const next = look(resumed, (atMs - T0) / MINUTE_MS + 1, 'healthy');
    expect(next.awaiting?.untilMs).toBe(atMs + MINUTE_MS + 24 * HOUR_MS);
  });
  it('before the start always rejects', () => {
    const before = admitted({ approval: 'perStep', onApprovalTimeout: 'hold' });
    expect(expire(before)).toMatchObject({ ending: { outcome: 'rejected' } });
  });
});

describe('a step that stays inconclusive, with extensions', () => {
  it('gets one soak more at a time, says how many are left, and then there is not enough evidence', () => {
    let state = inStep(0, { onInconclusive: 'extend', extensions: 2 });
    const ends: (number | null)[] = [];
    for (const minute of [15, 29, 30, 44]) {
      state = look(state, minute, 'inconclusive');
      ends.push(state.soakEndsAtMs === null ? null : (state.soakEndsAtMs - T0) / MINUTE_MS);
    }
    expect(ends).toEqual([30, 30, 45, 45]);
    expect(state.log.map(({ what, why }) => `${what}: ${why}`).slice(-2)).toEqual([
      'soak extended: 1 of 2: quality says inconclusive',
      'soak extended: 2 of 2: quality says inconclusive',
    ]);
    expect(look(state, 45, 'inconclusive').ending).toMatchObject({ outcome: 'notEnoughEvidence' });
    expect(look(state, 45, 'healthy')).toMatchObject({ phase: 'applying', stepIndex: 1 });
  });
  it('counts anew at the next step', () => {
    const extended = look(inStep(0, { onInconclusive: 'extend', extensions: 2 }), 15, 'inconclusive');
    const left = look(extended, 30, 'healthy');
    const set = { kind: 'weightSet', atMs: T0, weightPct: 25, leaseExpiresAtMs: null } as const;
    expect(reduceRollout(left, set).extended).toBe(0);
  });
});

it('before the start an approval may name the candidate or the shadow decision that the plan rests on, and nothing else', () => {
  const restsOn = { decisionId: 'shadow/1', hash: 'shadow-hash', atMs: T0 };
  const asks = admitted({ strategy: 'blueGreen', steps: [100], approval: 'beforeStart', restsOn });
  for (const evidence of ['candidate-hash', 'shadow-hash']) {
    expect(approve(asks, 1, evidence).answer.accepted).toBe(true);
  }
  expect(approve(asks, 1, 'older-hash').answer).toEqual({
    accepted: false,
    reason: 'evidence older-hash is not what waits for approval (candidate-hash, shadow-hash)',
  });
});
