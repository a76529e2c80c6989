/** What people are told, and when. */
import { describe, expect, it } from 'vitest';
import {
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
      { kind: 'approvalNeeded', reason: 'to start: model a -> b', by: 'ann' },
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
    { kind: 'held', by: 'optimizer', reason: 'quality says bothHurt' },
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
  expect(rolloutNotices(going, ended)).toEqual([{ kind: 'rolledBack', by: 'oncall', reason }]);
});

it('a promotion is told', () => {
  const before: RolloutState = { ...soaking(admitted()), phase: 'promoting' };
  const ended = reduceRollout(before, { kind: 'promoted', atMs: T0 });
  expect(kinds(before, ended)).toEqual(['promoted']);
});
