/** The backup route of a rollout, from the hold that leads to it to the step that begins anew. */
import { describe, expect, it } from 'vitest';
import { readMessage, type Message } from '../../../src/state/messages.ts';
import {
  diverts,
  isApart,
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  rolloutNotices,
  type RolloutPhase,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testLook, testVerdict } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS + 10 * MINUTE_MS;
const BACKUP = { model: 'spare', hash: 'backup-hash' };
const RESUME: Message = { name: 'resume', by: 'ann' };

const inPhase = (phase: RolloutPhase, different: Partial<RolloutState> = {}): RolloutState => ({
  ...admitted({ backup: BACKUP, notify: [] }),
  phase,
  revision: 3,
  weightPct: phase === 'awaitingApproval' ? 0 : 5,
  stepIndex: phase === 'promoting' ? 3 : 0,
  soakEndsAtMs: T0 + MINUTE_MS,
  steps: [{ index: 0, weightPct: 5, startedAtMs: T0, endedAtMs: null, looks: 0, why: null }],
  ...different,
});
const anomaly = (severity: string, type = 'quality_drop'): Message => {
  const read = readMessage('anomaly', { anomaly_type: type, severity, affected_services: [] });
  if (!read.ok) throw new Error('a test sends what can be read');
  return read.message;
};
const tell = (state: RolloutState, message: Message, atMs = T0) => receiveMessage(state, message, atMs).state;
const served = (state: RolloutState, atMs = T0) =>
  reduceRollout(state, { kind: 'backupServed', atMs, leaseExpiresAtMs: atMs + 10 * MINUTE_MS });

describe('a high anomaly', () => {
  it.each(['awaitingApproval', 'applying', 'soaking', 'promoting'] as const)(
    'while %s leads to the backup route at once, and back to where it was',
    (phase) => {
      const before = inPhase(phase);
      const wanted = tell(before, anomaly('high'));
      expect(diverts(before, wanted)).toBe(true);
      expect(nextRolloutAction(wanted, T0)).toEqual({ kind: 'routeToBackup' });
      const there = served(wanted);
      expect(there).toMatchObject({ backup: { stage: 'served' }, weightPct: 0, held: { by: 'sentinel' } });
      const renewAtMs = T0 + Math.floor(there.plan.leaseMs / 3);
      expect(nextRolloutAction(there, T0)).toEqual({ kind: 'wait', untilMs: renewAtMs });
      expect(nextRolloutAction(there, renewAtMs)).toEqual({ kind: 'routeToBackup' });
      const leaving = tell(there, RESUME, T0 + 3 * MINUTE_MS);
      expect(nextRolloutAction(leaving, T0 + 3 * MINUTE_MS)).toEqual({ kind: 'leaveBackup' });
      const left = reduceRollout(leaving, { kind: 'backupLeft', atMs: T0 + 3 * MINUTE_MS });
      expect(left).toMatchObject({
        phase: phase === 'soaking' ? 'applying' : phase,
        backup: null,
        held: null,
      });
      const kinds = {
        awaitingApproval: 'wait',
        applying: 'setWeight',
        soaking: 'setWeight',
        promoting: 'promote',
      };
      expect(nextRolloutAction(left, T0 + 3 * MINUTE_MS).kind).toBe(kinds[phase]);
    },
  );

  it('again, while it is there, changes nothing but is taken', () => {
    const there = served(tell(inPhase('soaking'), anomaly('high')));
    expect(tell(there, anomaly('high'))).toEqual(there);
  });

  it('on the way back turns it round, and the blocks of both stays are one', () => {
    const leaving = tell(served(tell(inPhase('soaking'), anomaly('high'))), RESUME);
    const again = tell(leaving, anomaly('high'), T0 + MINUTE_MS);
    expect(again.backup).toMatchObject({ stage: 'wanted', sinceMs: T0 });
    expect(diverts(leaving, again)).toBe(true);
  });
});

describe('on the backup route', () => {
  const there = served(tell(inPhase('soaking'), anomaly('high')));

  it('a critical anomaly changes nothing, since the candidate serves nobody; a security alert takes back', () => {
    expect(tell(there, anomaly('critical'))).toMatchObject({
      phase: 'applying',
      backup: { stage: 'served' },
    });
    const back = tell(there, anomaly('low', 'security_breach'));
    expect(nextRolloutAction(back, T0)).toEqual({ kind: 'takeBack' });
  });

  it('before the gateway serves it, a critical anomaly takes back: the candidate may still be served', () => {
    expect(tell(tell(inPhase('soaking'), anomaly('high')), anomaly('critical')).phase).toBe('rollingBack');
  });

  it.each(['rollback', 'reject'] as const)('%s ends it as ever', (name) => {
    const back = tell(there, { name, by: 'oncall', reason: 'complaints' });
    expect(nextRolloutAction(back, T0)).toEqual({ kind: 'takeBack' });
    const ended = reduceRollout(back, { kind: 'takenBack', atMs: T0 });
    expect(ended).toMatchObject({ phase: 'ended', backup: null, weightPct: 0 });
  });

  it('time runs out as ever', () => {
    const endsAtMs = there.plan.admittedAtMs + there.plan.maxRolloutMs;
    expect(nextRolloutAction(there, endsAtMs)).toEqual({ kind: 'runOutOfTime' });
  });

  it('a late report of the step that was left changes nothing', () => {
    const event = { kind: 'weightSet', atMs: T0, weightPct: 5, leaseExpiresAtMs: T0 } as const;
    expect(reduceRollout(there, event)).toBe(there);
    expect(reduceRollout(there, { kind: 'looked', look: testLook(there, T0, 'healthy') })).toBe(there);
  });

  it('its blocks are kept apart from the evidence', () => {
    const leaving = tell(there, RESUME, T0 + 3 * MINUTE_MS);
    const left = reduceRollout(leaving, { kind: 'backupLeft', atMs: T0 + 3 * MINUTE_MS });
    const first = Math.floor(T0 / MINUTE_MS);
    const apart = [first - 1, first, first + 3, first + 4].map((no) => isApart(left, no));
    expect(apart).toEqual([false, true, true, false]);
  });
});

describe('a gateway that refuses the backup model', () => {
  it('leaves the rollout held at its step', () => {
    const wanted = tell(inPhase('soaking'), anomaly('high'));
    const refused = reduceRollout(wanted, { kind: 'backupRefused', atMs: T0, why: 'no such model' });
    expect(refused).toMatchObject({ backup: null, held: { by: 'sentinel' }, phase: 'applying' });
    expect(nextRolloutAction(refused, T0)).toEqual({ kind: 'setWeight', weightPct: 5 });
    expect(refused.log.at(-1)).toMatchObject({ what: 'backup route refused', why: 'no such model' });
  });

  it('under the third rules writes no weight: a look tells whether the candidate is served still', () => {
    const before = inPhase('soaking');
    const soaking = { ...before, plan: { ...before.plan, table: 3 as const, convergeMs: MINUTE_MS } };
    const refused = reduceRollout(tell(soaking, anomaly('high')), {
      kind: 'backupRefused',
      atMs: T0,
      why: 'timed out',
    });
    expect(nextRolloutAction(refused, T0)).toEqual({ kind: 'look' });
    const seen = reduceRollout(refused, { kind: 'looked', look: testLook(refused, T0, 'healthy') });
    expect(seen).toMatchObject({ phase: 'soaking', weightPct: 5, held: { by: 'sentinel' } });
    const lost = testLook(refused, T0, 'noData', 'leaseLost');
    const gone = reduceRollout(refused, { kind: 'looked', look: lost });
    expect(nextRolloutAction(gone, T0).kind).toBe('wait');
    const resumed = tell(gone, RESUME);
    expect(nextRolloutAction(resumed, T0)).toEqual({ kind: 'setWeight', weightPct: 5 });
    const step = { ...soaking, stepIndex: 1, phase: 'applying' as const };
    const never = reduceRollout(tell(step, anomaly('high')), {
      kind: 'backupRefused',
      atMs: T0,
      why: 'timed out',
    });
    expect(nextRolloutAction(never, T0).kind).toBe('wait');
  });

  it('or without its candidate, when its lease had run out meanwhile', () => {
    const there = served(tell(inPhase('soaking'), anomaly('high')));
    const refused = reduceRollout(there, { kind: 'backupRefused', atMs: T0, why: 'no such model' });
    expect(nextRolloutAction(refused, T0).kind).toBe('wait');
  });
});

describe('a look that finds both arms hurt', () => {
  const hurt = (state: RolloutState) =>
    reduceRollout(state, { kind: 'looked', look: testLook(state, T0, 'bothHurt') });

  it('holds on the backup route', () => {
    const next = hurt(inPhase('soaking'));
    expect(next).toMatchObject({ held: { by: 'optimizer' }, backup: { stage: 'wanted' }, phase: 'applying' });
  });

  it('has the fall proven anew once somebody has resumed, until the next look', () => {
    const resumed = tell(served(hurt(inPhase('soaking'))), RESUME);
    expect(resumed.fallAnew).toBe(true);
    const soaking: RolloutState = { ...resumed, phase: 'soaking', backup: null };
    const looked = reduceRollout(soaking, { kind: 'looked', look: testLook(soaking, T0, 'healthy') });
    expect(looked.fallAnew).toBe(false);
  });

  it('without a backup model just holds', () => {
    const before = inPhase('soaking');
    const next = hurt({ ...before, plan: { ...before.plan, backup: null } });
    expect(next).toMatchObject({ held: { by: 'optimizer' }, phase: 'soaking' });
    expect(next.backup).toBeUndefined();
  });
});

describe('a promotion under way', () => {
  it('waits while an anomaly holds it, and goes on when somebody resumes', () => {
    const before = inPhase('promoting', { verdict: testVerdict('healthy') });
    const held = tell(before, anomaly('medium'));
    expect([diverts(before, held), nextRolloutAction(held, T0).kind]).toEqual([true, 'wait']);
    expect(nextRolloutAction(tell(held, RESUME), T0)).toEqual({ kind: 'promote' });
  });

  it('of an older plan goes on regardless', () => {
    const old: RolloutState = { ...admitted(), phase: 'promoting', stepIndex: 3, revision: 3 };
    const held = tell(old, anomaly('medium'));
    expect([diverts(old, held), nextRolloutAction(held, T0)]).toEqual([false, { kind: 'promote' }]);
  });
});

describe('what people are told', () => {
  it('once when a rollout is held on the backup route, and again when one that was held goes there', () => {
    const before = inPhase('soaking');
    const straight = tell(before, anomaly('high'));
    expect(rolloutNotices(before, straight)).toMatchObject([
      { kind: 'held', reason: expect.stringContaining('high') as string },
    ]);
    const held = tell(before, anomaly('medium'));
    const then = tell(held, anomaly('high'));
    expect(rolloutNotices(held, then)).toMatchObject([{ kind: 'held', about: 'backup', by: 'sentinel' }]);
    expect(rolloutNotices(then, served(then))).toEqual([]);
  });
});
