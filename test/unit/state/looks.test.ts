/** What a look makes of a step: the decision table, every verdict against every situation. */
import { describe, expect, it } from 'vitest';
import type { StepVerdict } from '../../../src/domain/guardrail.ts';
import { nextRolloutAction, reduceRollout, type RolloutState } from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testLook } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const OUTCOMES = ['healthy', 'harm', 'bothHurt', 'inconclusive', 'noData'] as const;
const HOLD = { by: 'ann', reason: 'release day' };

const soaking = (different: Parameters<typeof admitted>[0] = {}): RolloutState =>
  reduceRollout(reduceRollout(admitted(different), { kind: 'writeStarted', atMs: T0 }), {
    kind: 'weightSet',
    atMs: T0,
    weightPct: 5,
    leaseExpiresAtMs: T0 + 10 * MINUTE_MS,
  });

const look = (
  state: RolloutState,
  atMs: number,
  outcome: StepVerdict['outcome'],
  live?: 'ours' | 'leaseLost',
) => reduceRollout(state, { kind: 'looked', look: testLook(state, atMs, outcome, live) });

interface Row {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly paused: boolean;
  readonly held: boolean;
  readonly soakOver: boolean;
  readonly onInconclusive: 'hold' | 'rollback';
}

const rows: readonly Row[] = OUTCOMES.flatMap((outcome) =>
  [true, false].flatMap((paused) =>
    [true, false].flatMap((held) =>
      [true, false].flatMap((soakOver) =>
        (['hold', 'rollback'] as const).map((onInconclusive) => ({
          outcome,
          paused,
          held,
          soakOver,
          onInconclusive,
        })),
      ),
    ),
  ),
);

/** Written out from the contracts, not from the code: where a look in this situation leads. */
const expected = ({ outcome, paused, held, soakOver, onInconclusive }: Row): string => {
  if (outcome === 'harm') return 'rollingBack at 0';
  const free = !paused && !held && soakOver;
  if (outcome === 'healthy' && free) return 'applying at 1';
  if (outcome === 'inconclusive' && free && onInconclusive === 'rollback') return 'rollingBack at 0';
  return 'soaking at 0';
};

describe('a look at a soaking step', () => {
  it.each(rows)('says $outcome (paused $paused, held $held, soak over $soakOver, $onInconclusive)', (row) => {
    const before: RolloutState = {
      ...soaking({ onInconclusive: row.onInconclusive }),
      paused: row.paused ? HOLD : null,
      held: row.held ? HOLD : null,
    };
    const atMs = T0 + (row.soakOver ? 15 : 14) * MINUTE_MS;
    const after = look(before, atMs, row.outcome);
    expect(`${after.phase} at ${after.stepIndex}`).toBe(expected(row));
    expect(after.held !== null).toBe(row.held || row.outcome === 'bothHurt');
  });

  it.each(OUTCOMES)('that finds the lease gone and %s never advances', (outcome) => {
    const after = look(soaking(), T0 + 20 * MINUTE_MS, outcome, 'leaseLost');
    expect([after.phase, after.stepIndex]).toEqual([outcome === 'harm' ? 'rollingBack' : 'applying', 0]);
  });

  it('that finds the lease gone keeps the evidence and restarts the soak', () => {
    const lost = look(soaking(), T0 + 20 * MINUTE_MS, 'inconclusive', 'leaseLost');
    expect(lost).toMatchObject({ weightPct: 0, soakEndsAtMs: null, evidenceHash: 'evidence-1' });
    const again = reduceRollout(lost, {
      kind: 'weightSet',
      atMs: T0 + 21 * MINUTE_MS,
      weightPct: 5,
      leaseExpiresAtMs: null,
    });
    expect(again).toMatchObject({
      phase: 'soaking',
      soakEndsAtMs: T0 + 36 * MINUTE_MS,
      evidenceHash: 'evidence-1',
    });
    expect(again.steps).toHaveLength(1);
  });

  it('quotes the reason of the verdict when it takes back', () => {
    expect(look(soaking(), T0 + MINUTE_MS, 'harm').ending).toEqual({
      outcome: 'rolledBack',
      by: 'optimizer',
      reason: 'quality says harm',
    });
  });

  it('that failed is tried again one look later, and decides nothing', () => {
    const failed = reduceRollout(soaking(), { kind: 'lookFailed', atMs: T0 + MINUTE_MS, why: 'no database' });
    expect(failed).toMatchObject({
      phase: 'soaking',
      stepIndex: 0,
      looks: 0,
      nextLookAtMs: T0 + 2 * MINUTE_MS,
    });
  });

  it('comes every minute for an hour, then every three', () => {
    let state = soaking();
    const gaps = Array.from({ length: 63 }, (_, i) => {
      const atMs = T0 + (i + 1) * MINUTE_MS;
      state = look(state, atMs, 'noData');
      return ((state.nextLookAtMs ?? 0) - atMs) / MINUTE_MS;
    });
    expect(gaps.slice(0, 59)).toEqual(Array.from({ length: 59 }, () => 1));
    expect(gaps.slice(59)).toEqual([3, 3, 3, 3]);
  });

  it('never comes more rarely than a third of the lease', () => {
    const late = look({ ...soaking({ leaseMs: 6 * MINUTE_MS }), looks: 100 }, T0 + MINUTE_MS, 'noData');
    expect((late.nextLookAtMs ?? 0) - (T0 + MINUTE_MS)).toBe(2 * MINUTE_MS);
  });
});

describe('a look in any other phase', () => {
  it.each(['awaitingApproval', 'applying', 'promoting', 'rollingBack', 'ended'] as const)(
    'changes nothing while %s',
    (phase) => {
      const state: RolloutState = { ...soaking(), phase };
      expect(look(state, T0 + 20 * MINUTE_MS, 'harm')).toBe(state);
    },
  );
});

describe('healthy looks after each soak', () => {
  it('lead through every step to the promotion, and not one look sooner', () => {
    let state = admitted();
    let nowMs = T0;
    const weights: number[] = [];
    for (let turn = 0; turn < 200 && state.phase !== 'promoting'; turn += 1) {
      const action = nextRolloutAction(state, nowMs);
      if (action.kind === 'wait') nowMs = action.untilMs ?? nowMs;
      else if (action.kind === 'look') state = look(state, nowMs, 'healthy');
      else if (action.kind === 'setWeight') {
        weights.push(action.weightPct);
        state = reduceRollout(state, {
          kind: 'weightSet',
          atMs: nowMs,
          weightPct: action.weightPct,
          leaseExpiresAtMs: null,
        });
      } else throw new Error(`unexpected: ${action.kind}`);
    }
    expect(weights).toEqual([5, 25, 50, 100]);
    expect(nowMs - T0).toBe(4 * 15 * MINUTE_MS);
    expect(nextRolloutAction(state, nowMs)).toEqual({ kind: 'promote' });
    const ended = reduceRollout(state, { kind: 'promoted', atMs: nowMs });
    expect(ended).toMatchObject({ phase: 'ended', outcome: 'promoted', weightPct: 100 });
    expect(ended.steps.map((step) => step.looks)).toEqual([15, 15, 15, 15]);
    expect(ended.steps.every((step) => step.endedAtMs !== null)).toBe(true);
  });
});
