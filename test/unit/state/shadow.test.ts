/** A shadow before the first step: what it does next, what looks and messages make of it. */
import { describe, expect, it } from 'vitest';
import type { StepVerdict } from '../../../src/domain/guardrail.ts';
import { readMessage } from '../../../src/state/messages.ts';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  rolloutNotices,
  type RolloutPlan,
  type RolloutState,
  type ShadowLook,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, SHADOW_PLAN, testShadowLook } from '../../support/rollout.ts';

const T1 = ADMITTED_AT_MS + MINUTE_MS;
const T2 = T1 + MINUTE_MS;

const begun = (plan: Partial<RolloutPlan> = {}): RolloutState => admitted({ shadow: SHADOW_PLAN, ...plan });
const copying = (plan: Partial<RolloutPlan> = {}): RolloutState =>
  reduceRollout(reduceRollout(begun(plan), { kind: 'writeStarted', atMs: T1 }), {
    kind: 'shadowSet',
    atMs: T1,
    leaseExpiresAtMs: T1 + 600_000,
  });
const looked = (
  state: RolloutState,
  outcome: StepVerdict['outcome'],
  live: ShadowLook['live'] = 'ours',
  gates: ShadowLook['gates'] = [],
) => reduceRollout(state, { kind: 'shadowLooked', look: testShadowLook(state, T2, outcome, live, gates) });
const told = (state: RolloutState, name: Parameters<typeof readMessage>[0], payload: object) => {
  const read = readMessage(name, payload);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return receiveMessage(state, read.message, T2);
};

describe('a rollout with a shadow', () => {
  it('copies first, looks at its pace, and enters the first step when it is proven', () => {
    expect(begun()).toMatchObject({ phase: 'shadowing', weightPct: 0 });
    expect(nextRolloutAction(begun(), T1)).toEqual({ kind: 'setShadow', copyPct: 20 });
    expect(nextRolloutAction(copying(), T1)).toEqual({ kind: 'wait', untilMs: T2 });
    expect(nextRolloutAction(copying(), T2)).toEqual({ kind: 'look' });
    const left = looked(copying(), 'healthy');
    expect(left).toMatchObject({
      phase: 'applying',
      stepIndex: 0,
      verdict: null,
      foldedTo: T2 / MINUTE_MS,
      shadow: { leftAtMs: T2 },
    });
    expect(nextRolloutAction(left, T2)).toEqual({ kind: 'setWeight', weightPct: 5 });
  });

  it.each<[StepVerdict['outcome'], Partial<RolloutState>]>([
    [
      'harm',
      {
        phase: 'rollingBack',
        ending: { outcome: 'rolledBack', by: 'optimizer', reason: 'quality says harm' },
      },
    ],
    ['inconclusive', { phase: 'shadowing', ending: null }],
    ['noData', { phase: 'shadowing', ending: null }],
  ])('that says %s', (outcome, expected) => {
    expect(looked(copying(), outcome)).toMatchObject(expected);
  });

  it('is not enough evidence when its time, or the copies it may make, are used up', () => {
    const endMs = ADMITTED_AT_MS + begun().plan.maxRolloutMs;
    expect(nextRolloutAction(copying(), endMs)).toEqual({ kind: 'runOutOfTime' });
    const bounded = copying({ shadow: { ...SHADOW_PLAN, maxCopies: 300 } });
    expect(looked(bounded, 'inconclusive').ending).toMatchObject({
      outcome: 'notEnoughEvidence',
      reason: '300 pairs: quality says inconclusive',
    });
    expect(looked(copying({ shadow: { ...SHADOW_PLAN, maxCopies: 301 } }), 'inconclusive').ending).toBeNull();
  });

  it('is set again when its lease ran out, with its pairs kept', () => {
    const lost = looked(copying(), 'healthy', 'leaseLost');
    expect(lost).toMatchObject({ phase: 'shadowing', shadow: { setAtMs: null } });
    expect(nextRolloutAction(lost, T2)).toEqual({ kind: 'setShadow', copyPct: 20 });
    expect(looked(copying(), 'harm', 'leaseLost').phase).toBe('rollingBack');
  });

  it('waits while it is paused or held, or while nothing may change', () => {
    const paused = told(copying(), 'pause', { by: 'ann', reason: 'lunch' }).state;
    expect(looked(paused, 'healthy').phase).toBe('shadowing');
    const standstill = {
      id: 'standstill',
      outcome: 'waiting',
      reason: 'frozen',
      observed: null,
      limit: null,
    } as const;
    const waiting = looked(copying(), 'healthy', 'ours', [standstill]);
    expect(waiting.phase).toBe('shadowing');
    const lost = looked(paused, 'healthy', 'leaseLost');
    expect(nextRolloutAction(lost, T2)).toMatchObject({ kind: 'wait' });
    const resumed = told(lost, 'resume', { by: 'ann' }).state;
    expect(nextRolloutAction(resumed, T2)).toMatchObject({ kind: 'setShadow' });
  });

  it('asks before it is left where every step is approved, for evidence that is the newest', () => {
    const asking = looked(copying({ approval: 'none' }), 'healthy');
    expect(asking.awaiting).toBeNull();
    const perStep = told(begun({ approval: 'perStep' }), 'approve', { by: 'ann' }).state;
    expect(perStep.phase).toBe('shadowing');
    const set = reduceRollout(perStep, { kind: 'shadowSet', atMs: T1, leaseExpiresAtMs: null });
    const waits = looked(set, 'healthy');
    expect(waits).toMatchObject({ phase: 'shadowing', awaiting: { next: '5 %' }, evidenceHash: 'pairs-1' });
    expect(told(waits, 'approve', { by: 'ann', evidence: 'old' }).answer.accepted).toBe(false);
    expect(told(waits, 'approve', { by: 'ann', evidence: 'pairs-1' }).state.phase).toBe('applying');
    expect(told(looked(waits, 'inconclusive'), 'approve', { by: 'ann' }).answer).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/^no longer proven/u),
    });
  });

  it('may be left by hand with what is unmet on record, but not while harm is proven or nothing is copied', () => {
    const byHand = told(looked(copying(), 'inconclusive'), 'promote', { by: 'ann', reason: 'seen enough' });
    expect(byHand).toMatchObject({ state: { phase: 'applying' }, answer: { accepted: true } });
    expect(byHand.answer.reason).toBe('step left with 1 gates unmet: quality');
    expect(told(begun(), 'promote', { by: 'ann', reason: 'now' }).answer).toEqual({
      accepted: false,
      reason: 'nothing to promote while shadowing',
    });
  });

  it.each(['low', 'medium', 'high', 'critical'] as const)(
    'takes a %s anomaly as any phase does',
    (severity) => {
      const anomaly = { anomaly_type: 'drift', severity, affected_services: ['support-bot'] };
      const { state } = told(copying(), 'anomaly', anomaly);
      const expected = { low: null, medium: 'held', high: 'held', critical: 'rollingBack' }[severity];
      expect(state.phase === 'rollingBack' ? 'rollingBack' : state.held ? 'held' : null).toBe(expected);
    },
  );

  it('looks again after a look that failed', () => {
    const failed = reduceRollout(copying(), { kind: 'lookFailed', atMs: T2, why: 'the database is away' });
    expect(failed.nextLookAtMs).toBe(T2 + MINUTE_MS);
  });
});

describe('a shadow alone', () => {
  const only = { shadow: { ...SHADOW_PLAN, only: true } };

  it('ends as shadowed when it is proven, its candidate taken away, and tells nobody of a rollback', () => {
    const proven = looked(copying(only), 'healthy');
    expect(proven).toMatchObject({ phase: 'rollingBack', ending: { outcome: 'shadowed' } });
    expect(nextRolloutAction(proven, T2)).toEqual({ kind: 'takeBack' });
    const ended = reduceRollout(proven, { kind: 'takenBack', atMs: T2 });
    expect(ended).toMatchObject({ phase: 'ended', outcome: 'shadowed', weightPct: 0 });
    expect(rolloutNotices(proven, ended)).toEqual([]);
  });

  it('cannot be promoted by hand', () => {
    const { answer } = told(looked(copying(only), 'inconclusive'), 'promote', { by: 'ann', reason: 'now' });
    expect(answer).toMatchObject({ accepted: false, reason: expect.stringMatching(/nothing to promote/u) });
  });
});

describe('what does not fit', () => {
  it('changes nothing: shadow events outside a shadow', () => {
    const plain = admitted();
    expect(reduceRollout(plain, { kind: 'shadowSet', atMs: T1, leaseExpiresAtMs: null })).toBe(plain);
    const look = testShadowLook(plain, T1, 'healthy');
    expect(reduceRollout(plain, { kind: 'shadowLooked', look })).toBe(plain);
    const shadow = copying();
    expect(reduceRollout(shadow, { kind: 'weightSet', atMs: T1, weightPct: 5, leaseExpiresAtMs: null })).toBe(
      shadow,
    );
  });
});
