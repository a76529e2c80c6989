/** A write that a standstill (the fleet's pause, a freeze window) has kept waiting for longer than one activity waits. */
import { describe, expect, it } from 'vitest';
import { startLabelParity, startShareGate } from '../../../src/analysis/index.ts';
import {
  nextRolloutAction,
  passesFreeze,
  receiveMessage,
  reduceRollout,
  type RolloutPlan,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { gatewayWrite } from '../../../workflows/gateway-write.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, SHADOW_PLAN } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const HALF_AN_HOUR_MS = 30 * MINUTE_MS;
const WHY = 'GovernanceUnavailable: the fleet is paused by ann: incident 7';

const stoodStill = (state: RolloutState, atMs: number, why = WHY): RolloutState =>
  reduceRollout(state, { kind: 'stoodStill', atMs, why });
const applying = (): RolloutState =>
  reduceRollout(admitted({ table: 4 }), { kind: 'writeStarted', atMs: T0 });
const waits = (state: RolloutState) => state.log.filter(({ what }) => what === 'waits');

describe('a write in a freeze window', () => {
  const at = (plan: Partial<RolloutPlan>, more: Partial<RolloutState> = {}): boolean =>
    passesFreeze({ ...admitted({ table: 4, ...plan }), ...more });
  const forced = { forced: true };
  const immediate = { ...forced, strategy: 'immediate', steps: [100] } as const;

  it('is made where somebody forced the change, for its first step, and for all of an immediate one', () => {
    expect([at({}), at(forced), at(forced, { stepIndex: 1 })]).toEqual([false, true, false]);
    expect([at(immediate), at(immediate, { phase: 'promoting' })]).toEqual([true, true]);
    expect(at({ ...immediate, forced: false })).toBe(false);
    expect(at({ ...forced, steps: [100] }, { phase: 'promoting' })).toBe(false);
  });

  it('carries whether it passes one, either way: left out, it is a write of before that was told', () => {
    const told = (plan: Partial<RolloutPlan>) =>
      gatewayWrite('rollout/support-bot', admitted({ table: 4, ...plan })).passesFreeze;
    expect([told({}), told(forced)]).toEqual([false, true]);
  });

  it('of a rollout of before the fourth rules waits before the start only', () => {
    const step = { index: 0, weightPct: 5, startedAtMs: T0, endedAtMs: null, looks: 0, why: null };
    const old = (plan: Partial<RolloutPlan>, more: Partial<RolloutState> = {}) =>
      at({ table: 3, ...plan }, more);
    expect([old({}), old(forced), old({}, { steps: [step] })]).toEqual([false, true, true]);
  });
});

describe('`promote` in a standstill', () => {
  const PROMOTE = { name: 'promote', by: 'ann', reason: 'seen enough' } as const;
  const START = { weightPct: 5, beforePct: 0, setAtMs: T0, convergeMs: MINUTE_MS };
  const gate = { id: 'standstill', reason: 'frozen until monday', observed: null, limit: null } as const;
  /** What the last look of a step, or of a shadow, has found. */
  const lookedAt = (outcome: 'waiting' | 'pass', plan: Partial<RolloutPlan> = {}): RolloutState => {
    const state = admitted({ table: 4, ...plan });
    const reports = [{ ...gate, outcome }];
    if (state.shadow) return { ...state, shadow: { ...state.shadow, setAtMs: T0, gates: reports } };
    const seen = { share: startShareGate(START), parity: startLabelParity(), reports };
    return { ...state, phase: 'soaking', weightPct: 5, soakEndsAtMs: T0, gates: seen };
  };
  const promoted = (state: RolloutState) => receiveMessage(state, PROMOTE, T0 + MINUTE_MS);

  it.each([
    ['a step', {}],
    ['a step after the one that was forced', { forced: true }],
    ['a shadow', { shadow: SHADOW_PLAN }],
  ] as const)('is refused with its reason, and %s goes on being looked at and renewed', (_what, plan) => {
    const state = lookedAt('waiting', plan);
    expect(promoted(state)).toEqual({
      state,
      answer: {
        accepted: false,
        reason: 'nothing is changed now: frozen until monday. Ask again when a look has found it over',
      },
    });
    expect(promoted(lookedAt('pass', plan))).toMatchObject({
      state: { phase: 'applying' },
      answer: { accepted: true },
    });
  });

  it('leaves a shadow for the first step where somebody forced that, and any of before the fourth rules', () => {
    const forced = lookedAt('waiting', { shadow: SHADOW_PLAN, forced: true });
    expect([promoted(forced), promoted(lookedAt('waiting', { table: 3 }))]).toMatchObject([
      { answer: { accepted: true } },
      { answer: { accepted: true } },
    ]);
  });
});

describe('a write that a standstill keeps waiting', () => {
  it.each([
    ['applying', applying(), { kind: 'setWeight', weightPct: 5 }],
    ['promoting', { ...applying(), phase: 'promoting' }, { kind: 'promote' }],
    [
      'shadowing',
      reduceRollout(admitted({ table: 4, shadow: SHADOW_PLAN }), { kind: 'writeStarted', atMs: T0 }),
      { kind: 'setShadow', copyPct: 20 },
    ],
  ] as const)('is tried again a look later, for as long as it takes, while %s', (phase, before, write) => {
    let state: RolloutState = before;
    for (let hours = 1; hours <= 5; hours += 1) {
      const atMs = T0 + hours * 2 * HALF_AN_HOUR_MS;
      state = stoodStill(state, atMs);
      expect(state).toMatchObject({ phase, ending: null, standstill: { reason: WHY } });
      const untilMs = atMs + state.plan.lookMs;
      expect(nextRolloutAction(state, atMs)).toEqual({ kind: 'wait', untilMs });
      expect(nextRolloutAction(state, untilMs)).toEqual(write);
    }
    expect(state.standstill?.sinceMs).toBe(T0 + 2 * HALF_AN_HOUR_MS);
    expect(waits(state)).toMatchObject([{ by: 'optimizer', why: WHY }]);
  });

  it('says so again when it waits for something else', () => {
    const state = stoodStill(stoodStill(applying(), T0), T0 + HALF_AN_HOUR_MS, 'frozen on fri');
    expect(waits(state).map(({ why }) => why)).toEqual([WHY, 'frozen on fri']);
  });

  it('has stood still no more once it is done', () => {
    const set = reduceRollout(stoodStill(applying(), T0), {
      kind: 'weightSet',
      atMs: T0,
      weightPct: 5,
      leaseExpiresAtMs: null,
    });
    expect(set).toMatchObject({ phase: 'soaking', standstill: null });
  });

  it('is never in the way of a rollback, nor of the longest duration of a rollout', () => {
    const state = stoodStill(applying(), T0);
    const message = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;
    expect(nextRolloutAction(receiveMessage(state, message, T0).state, T0)).toEqual({ kind: 'takeBack' });
    const endsAtMs = T0 + state.plan.maxRolloutMs;
    const late = stoodStill(applying(), endsAtMs - 1);
    expect(nextRolloutAction(late, endsAtMs - 1)).toEqual({ kind: 'wait', untilMs: endsAtMs });
    expect(nextRolloutAction(late, endsAtMs)).toEqual({ kind: 'runOutOfTime' });
  });

  it('takes a rollout of before the fourth rules back, as it always did', () => {
    const { table: _table, ...plan } = applying().plan;
    expect(stoodStill({ ...applying(), plan }, T0)).toMatchObject({
      phase: 'rollingBack',
      ending: { outcome: 'rolledBack', by: 'optimizer', reason: WHY },
    });
  });
});
