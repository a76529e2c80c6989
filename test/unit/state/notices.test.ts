/** What people are told, and when. */
import { describe, expect, it } from 'vitest';
import {
  noticeOf,
  receiveMessage,
  reduceRollout,
  rolloutNotices,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, testLook } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const soaking = (state: RolloutState): RolloutState =>
  reduceRollout(state, { kind: 'weightSet', atMs: T0, weightPct: 5, leaseExpiresAtMs: null });
const look = (state: RolloutState, outcome: 'healthy' | 'bothHurt'): RolloutState =>
  reduceRollout(state, {
    kind: 'looked',
    look: testLook(state, T0 + state.plan.soakMs, outcome),
  });
const kinds = (before: RolloutState | null, after: RolloutState) =>
  rolloutNotices(before, after).map(({ kind }) => kind);

describe('approval needed', () => {
  it('is told when a rollout asks before its start, and not again', () => {
    const asks = admitted({ approval: 'beforeStart' });
    expect(rolloutNotices(null, asks)).toEqual([
      { kind: 'approvalNeeded', reason: 'to start: model a -> b', by: 'ann', sinceMs: T0 },
    ]);
    const noted = receiveMessage(asks, { name: 'pause', by: 'bob', reason: 'lunch' }, T0).state;
    expect(kinds(asks, noted)).toEqual([]);
    expect(kinds(null, admitted())).toEqual([]);
  });
  it('is told when a proven step asks, with what comes next', () => {
    const before = soaking(admitted({ approval: 'perStep' }));
    const open = { ...before, phase: 'soaking' as const, soakEndsAtMs: T0 + before.plan.soakMs };
    const after = look(open, 'healthy');
    expect(rolloutNotices(open, after)).toMatchObject([
      { kind: 'approvalNeeded', reason: 'to go on to 25 %' },
    ]);
    expect(kinds(after, look(after, 'healthy'))).toEqual([]);
  });
});

it('held is told once, with whom and why', () => {
  const before = soaking(admitted());
  const after = look(before, 'bothHurt');
  expect(rolloutNotices(before, after)).toEqual([
    { kind: 'held', by: 'optimizer', reason: 'quality says bothHurt', sinceMs: T0 + after.plan.soakMs },
  ]);
  expect(kinds(after, look(after, 'bothHurt'))).toEqual([]);
});

it.each([
  ['rollback', 'rolledBack: complaints'],
  ['reject', 'rejected: complaints'],
] as const)('the end after %s is told once it is over, with whom and why', (name, reason) => {
  const before = soaking(admitted());
  const going = receiveMessage(before, { name, by: 'oncall', reason: 'complaints' }, T0).state;
  expect(kinds(before, going)).toEqual([]);
  const ended = reduceRollout(going, { kind: 'takenBack', atMs: T0 });
  expect(rolloutNotices(going, ended)).toEqual([{ kind: 'rolledBack', by: 'oncall', reason, sinceMs: T0 }]);
});

describe('a rollout that somebody else has overtaken', () => {
  const superseded = (state: RolloutState): RolloutState =>
    reduceRollout(state, { kind: 'superseded', atMs: T0, why: 'generation 9 is live' });

  it('is told as left as it was found, at the weight that was seen last', () => {
    const before = soaking(admitted());
    const ended = superseded(before);
    expect(ended).toMatchObject({ phase: 'ended', outcome: 'superseded', weightPct: 5 });
    const [told, ...more] = rolloutNotices(before, ended);
    expect(more).toEqual([]);
    expect(told).toMatchObject({
      kind: 'rolledBack',
      by: 'optimizer',
      reason: 'superseded, left as found: generation 9 is live',
    });
    expect(told && noticeOf(ended, told, 'rollout/support-bot', T0).weightPct).toBe(5);
  });

  it('says the same when its own rollback came too late', () => {
    const rollback = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;
    const before = receiveMessage(soaking(admitted()), rollback, T0).state;
    expect(rolloutNotices(before, superseded(before))).toMatchObject([
      { by: 'oncall', reason: 'superseded, left as found: complaints' },
    ]);
  });

  it('with several targets has taken its own away: nothing of it is left', () => {
    const also = [
      { name: 'cache', driver: 'rest' as const, url: 'http://127.0.0.1:2', keys: ['cacheTtlSeconds'] },
    ];
    const target = { driver: 'rest' as const, url: 'http://127.0.0.1:1', also };
    const begun = reduceRollout(soaking(admitted({ target })), { kind: 'writeStarted', atMs: T0 });
    const before = superseded(begun);
    const ended = reduceRollout(before, { kind: 'takenBack', atMs: T0 });
    expect(ended).toMatchObject({ outcome: 'superseded', weightPct: 0 });
    expect(rolloutNotices(before, ended)).toMatchObject([{ reason: 'superseded: generation 9 is live' }]);
  });
});

it('two holds without a look between them are two notices, and one that is sent again is the same', () => {
  const hold = (state: RolloutState, anomalyType: string, atMs: number): RolloutState =>
    receiveMessage(
      state,
      {
        name: 'anomaly',
        by: 'sentinel',
        severity: 'high',
        security: false,
        affectedServices: [],
        anomalyType,
      },
      atMs,
    ).state;
  const idOf = (before: RolloutState, after: RolloutState, sentAtMs: number) =>
    rolloutNotices(before, after).map((told) => noticeOf(after, told, 'rollout/support-bot', sentAtMs).id);
  const open = soaking(admitted());
  const once = hold(open, 'quality_drop', T0 + 1);
  const resumed = receiveMessage(once, { name: 'resume', by: 'ann' }, T0 + 2).state;
  const again = hold(resumed, 'latency_spike', T0 + 3);
  const ids = [...idOf(open, once, T0 + 1), ...idOf(resumed, again, T0 + 3)];
  expect(new Set(ids).size).toBe(2);
  expect(idOf(open, once, T0 + 60_000)).toEqual(ids.slice(0, 1));
});

it('a promotion is told', () => {
  const before: RolloutState = { ...soaking(admitted()), phase: 'promoting' };
  const ended = reduceRollout(before, { kind: 'promoted', atMs: T0 });
  expect(kinds(before, ended)).toEqual(['promoted']);
});

it('what has ended is told once more when what was to come next is called off', () => {
  const plan = { ...admitted().plan, table: 4 as const };
  const ending = { outcome: 'replaced' as const, by: 'bob', reason: 'another model' };
  const replaced: RolloutState = {
    ...admitted(),
    plan,
    phase: 'ended',
    outcome: 'replaced',
    ending,
    replacement: { change: { model: 'm' } },
  };
  const message = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;
  const { state } = receiveMessage(replaced, message, T0 + 1);
  expect(rolloutNotices(replaced, state)).toEqual([
    { kind: 'rolledBack', reason: 'rolledBack: complaints', by: 'oncall', sinceMs: T0 + 1 },
  ]);
  expect(kinds(state, state)).toEqual([]);
});
