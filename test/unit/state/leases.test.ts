/** What leases that ran out or moved make of a rollout, and how old a verdict may be that somebody approves. */
import { describe, expect, it } from 'vitest';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  type LookGates,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { startLabelParity, startShareGate } from '../../../src/analysis/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testLook, testPlan } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const at = (minute: number): number => T0 + minute * MINUTE_MS;

const soaking = (different: Parameters<typeof admitted>[0] = {}): RolloutState =>
  reduceRollout(reduceRollout(admitted({ table: 2, ...different }), { kind: 'writeStarted', atMs: T0 }), {
    kind: 'weightSet',
    atMs: T0,
    weightPct: 5,
    leaseExpiresAtMs: at(10),
  });
const looked = (state: RolloutState, minute: number, gates?: LookGates): RolloutState => {
  const look = testLook(state, at(minute), 'healthy');
  return reduceRollout(state, { kind: 'looked', look: { ...look, ...(gates && { gates }) } });
};

describe('a promotion that came too late for its weight lease', () => {
  it('applies the last step again, with its evidence kept', () => {
    const before: RolloutState = { ...looked(soaking({ steps: [5] }), 15), weightPct: 5 };
    expect(before.phase).toBe('promoting');
    const after = reduceRollout(before, { kind: 'leaseRanOut', atMs: at(30) });
    expect(after).toMatchObject({
      phase: 'applying',
      stepIndex: 0,
      weightPct: 0,
      evidenceHash: before.evidenceHash,
    });
    expect(nextRolloutAction(after, at(30))).toEqual({ kind: 'setWeight', weightPct: 5 });
  });

  it('changes nothing in any other phase', () => {
    const state = soaking();
    expect(reduceRollout(state, { kind: 'leaseRanOut', atMs: at(1) })).toBe(state);
  });
});

describe('a run that was reset', () => {
  const retaken = { kind: 'leaseRetaken', atMs: at(20), generation: 7 } as const;

  it('goes on under its own generation: step applied again, evidence and log kept', () => {
    const before = looked(soaking(), 1);
    const after = reduceRollout(before, retaken);
    expect(after).toMatchObject({
      plan: { generation: 7 },
      phase: 'applying',
      stepIndex: 0,
      evidenceHash: before.evidenceHash,
    });
    expect(after.log.at(-1)).toMatchObject({
      what: 'lease taken anew',
      why: expect.stringMatching(/2 -> 7/u),
    });
    expect(nextRolloutAction(after, at(20))).toEqual({ kind: 'setWeight', weightPct: 5 });
  });

  it('has something to take back from the beginning: what the run before has written', () => {
    const after = reduceRollout(soaking(), retaken);
    const rollback = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;
    const { state } = receiveMessage(after, rollback, at(20));
    expect(nextRolloutAction(state, at(20))).toEqual({ kind: 'takeBack' });
  });

  it('is not called back from a rollback, and never takes a smaller generation', () => {
    const back = reduceRollout(soaking(), { kind: 'timeRanOut', atMs: at(1) });
    expect(reduceRollout(back, retaken)).toBe(back);
    const state = soaking();
    expect(reduceRollout(state, { ...retaken, generation: 2 })).toBe(state);
  });
});

describe('an approval', () => {
  const approve = { name: 'approve', by: 'ann' } as const;
  const accepted = (state: RolloutState, minute: number) => receiveMessage(state, approve, at(minute)).answer;
  const waiting = looked(soaking({ approval: 'beforeLast', steps: [5, 100] }), 15);

  it('is taken as long as the verdict is younger than the weight lease', () => {
    expect(testPlan().leaseMs).toBe(10 * MINUTE_MS);
    expect(accepted(waiting, 24)).toMatchObject({ accepted: true });
    expect(accepted(waiting, 25)).toEqual({ accepted: false, reason: 'no longer proven: a fresh look' });
  });

  it('is not taken on a verdict from before the looks began to fail', () => {
    const failed = reduceRollout(waiting, { kind: 'lookFailed', atMs: at(24), why: 'no database' });
    expect(accepted(failed, 25)).toMatchObject({ accepted: false });
  });

  it('is taken again after the next look', () => {
    expect(accepted(looked(waiting, 60), 61)).toMatchObject({ accepted: true });
  });

  it('is not taken between a resume after a failed gate and the next look at the gates', () => {
    const gates: LookGates = {
      share: {
        ...startShareGate({ weightPct: 5, beforePct: 0, setAtMs: T0, convergeMs: MINUTE_MS }),
        movedAtMs: T0,
      },
      parity: startLabelParity(),
      reports: [{ id: 'share', outcome: 'pass', reason: 'as the test says', observed: null, limit: null }],
    };
    const state = looked(
      soaking({ approval: 'beforeLast', steps: [5, 100], convergeMs: MINUTE_MS }),
      15,
      gates,
    );
    expect(accepted(state, 16)).toMatchObject({ accepted: true });
    const failed: RolloutState = {
      ...state,
      held: { by: 'optimizer', reason: 'the split is broken' },
      gates: { ...gates, reports: gates.reports.map((gate) => ({ ...gate, outcome: 'fail' as const })) },
    };
    const resumed = receiveMessage(failed, { name: 'resume', by: 'ann' }, at(16)).state;
    expect(accepted(resumed, 17)).toEqual({ accepted: false, reason: 'no longer proven: a fresh look' });
  });

  it('of a rollout that was admitted under the first table does not age', () => {
    const { table: _table, ...first } = testPlan({ approval: 'beforeLast', steps: [5, 100] });
    const state = { ...waiting, plan: first };
    expect(accepted(state, 1_000)).toMatchObject({ accepted: true });
  });
});
