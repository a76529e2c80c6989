/** A rollout over several targets that somebody newer has taken over at one of them. */
import { describe, expect, it } from 'vitest';
import { nextRolloutAction, reduceRollout, type RolloutState } from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS } from '../../support/rollout.ts';

const TARGET = { driver: 'rest', url: 'http://127.0.0.1:1' } as const;
const SEVERAL = {
  target: {
    ...TARGET,
    also: [{ name: 'cache', driver: 'rest', url: 'http://127.0.0.1:2', keys: ['cacheTtlSeconds'] }],
  },
} as const;

const soaking = (plan: Parameters<typeof admitted>[0]): RolloutState =>
  [
    { kind: 'writeStarted', atMs: ADMITTED_AT_MS } as const,
    { kind: 'weightSet', atMs: ADMITTED_AT_MS, weightPct: 5, leaseExpiresAtMs: null } as const,
  ].reduce(reduceRollout, admitted(plan));

const superseded = { kind: 'superseded', atMs: ADMITTED_AT_MS + 1, why: 'generation 9 is live' } as const;

describe('superseded', () => {
  it('takes the other targets back before it ends', () => {
    const taken = reduceRollout(soaking(SEVERAL), superseded);
    expect(taken).toMatchObject({ phase: 'rollingBack', ending: { outcome: 'superseded' } });
    expect(nextRolloutAction(taken, superseded.atMs)).toEqual({ kind: 'takeBack' });
    const ended = reduceRollout(taken, { kind: 'takenBack', atMs: superseded.atMs });
    expect(ended).toMatchObject({ phase: 'ended', outcome: 'superseded' });
  });

  it('ends when the compensation finds somebody newer too, and keeps the first reason', () => {
    const taken = reduceRollout(soaking(SEVERAL), superseded);
    expect(reduceRollout(taken, { ...superseded, why: 'again' })).toMatchObject({
      phase: 'ended',
      outcome: 'superseded',
      ending: { reason: 'generation 9 is live' },
    });
  });

  it('ends at once with one gateway, and where nothing was written', () => {
    expect(reduceRollout(soaking({ target: TARGET }), superseded)).toMatchObject({ phase: 'ended' });
    expect(reduceRollout(admitted(SEVERAL), superseded)).toMatchObject({ phase: 'ended' });
  });
});
