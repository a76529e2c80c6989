/** What the gates of a look make of a step: the decision table, every verdict against every gate. */
import { describe, expect, it } from 'vitest';
import { foldExposures, judgeGates, startLabelParity, startShareGate } from '../../../src/analysis/index.ts';
import type { GateOutcome, GateReport } from '../../../src/domain/gate.ts';
import type { StepVerdict } from '../../../src/domain/guardrail.ts';
import {
  receiveMessage,
  reduceRollout,
  type LookGates,
  type RolloutPlan,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testLook } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const VERDICTS = ['healthy', 'harm', 'bothHurt', 'inconclusive', 'noData'] as const;
const GATES = ['pass', 'waiting', 'fail', 'unknown'] as const;

const soaking = (): RolloutState =>
  reduceRollout(reduceRollout(admitted({ convergeMs: 5 * MINUTE_MS }), { kind: 'writeStarted', atMs: T0 }), {
    kind: 'weightSet',
    atMs: T0,
    weightPct: 5,
    leaseExpiresAtMs: T0 + 10 * MINUTE_MS,
  });

/** The traffic moved `movedAfter` minutes after the write (null: it has not), and one gate says `outcome`. */
const gates = (movedAfter: number | null, outcome: GateOutcome = 'pass'): LookGates => {
  const start = { weightPct: 5, beforePct: 0, setAtMs: T0, convergeMs: 5 * MINUTE_MS };
  const movedAtMs = movedAfter === null ? null : T0 + movedAfter * MINUTE_MS;
  const report: GateReport = {
    id: 'sampleRatio',
    outcome,
    reason: `the split says ${outcome}`,
    observed: null,
    limit: null,
  };
  return { share: { ...startShareGate(start), movedAtMs }, parity: startLabelParity(), reports: [report] };
};

const look = (
  state: RolloutState,
  minute: number,
  verdict: StepVerdict['outcome'],
  seen: LookGates,
): RolloutState => {
  const found = testLook(state, T0 + minute * MINUTE_MS, verdict);
  return reduceRollout(state, { kind: 'looked', look: { ...found, gates: seen } });
};

describe('a look with gates', () => {
  const rows = VERDICTS.flatMap((verdict) =>
    GATES.flatMap((gate) =>
      [null, 0, 1].map((movedAfter) => ({ verdict, gate, movedAfter, name: `${verdict}, ${gate}` })),
    ),
  );
  it.each(rows)('$name, moved after $movedAfter min', ({ verdict, gate, movedAfter }) => {
    const after = look(soaking(), 15, verdict, gates(movedAfter, gate));
    const leaves = verdict === 'healthy' && movedAfter === 0 && (gate === 'pass' || gate === 'unknown');
    const phase = verdict === 'harm' ? 'rollingBack' : leaves ? 'applying' : 'soaking';
    expect(after.phase).toBe(phase);
    expect(after.held !== null).toBe(verdict !== 'harm' && (gate === 'fail' || verdict === 'bothHurt'));
  });

  it('starts the clock of the soak when the traffic moved, and not before', () => {
    const waiting = look(soaking(), 1, 'healthy', gates(null, 'waiting'));
    expect(waiting.soakEndsAtMs).toBeNull();
    const moved = look(waiting, 3, 'healthy', gates(2));
    expect(moved.soakEndsAtMs).toBe(T0 + 17 * MINUTE_MS);
    expect(look(moved, 16, 'healthy', gates(2)).phase).toBe('soaking');
    expect(look(moved, 17, 'healthy', gates(2)).phase).toBe('applying');
  });

  it('holds with the words of the gate that failed', () => {
    expect(look(soaking(), 15, 'healthy', gates(0, 'fail')).held).toEqual({
      by: 'optimizer',
      reason: 'the split says fail',
    });
  });

  it('remembers what was asked for and what was served before, for the next step too', () => {
    const first = soaking();
    expect(first.asked).toEqual({ weightPct: 5, beforePct: 0, setAtMs: T0 });
    const applying = look(first, 15, 'healthy', gates(0));
    const atMs = T0 + 16 * MINUTE_MS;
    const second = reduceRollout(applying, {
      kind: 'weightSet',
      atMs,
      weightPct: 25,
      leaseExpiresAtMs: null,
    });
    expect(second).toMatchObject({
      asked: { weightPct: 25, beforePct: 5, setAtMs: atMs },
      gates: null,
      soakEndsAtMs: null,
    });
  });
});

describe('a step that has soaked without proof', () => {
  /** Looks every minute at a soak of 15 minutes that proves nothing; the minutes at which it was extended, and how it ended. */
  const ofLooks = (plan: Partial<RolloutPlan>, untilMinute: number, movedAfter: number | null = 0) => {
    const gated = movedAfter === null ? {} : { convergeMs: 5 * MINUTE_MS };
    let state = reduceRollout(admitted({ ...gated, table: 4, ...plan }), {
      kind: 'weightSet',
      atMs: T0,
      weightPct: 5,
      leaseExpiresAtMs: null,
    });
    const extendedAt: number[] = [];
    for (let minute = 1; minute <= untilMinute; minute += 1) {
      const before = state.extended ?? 0;
      const found = testLook(state, T0 + minute * MINUTE_MS, 'inconclusive');
      const seen = movedAfter === null ? {} : { gates: gates(movedAfter) };
      state = reduceRollout(state, { kind: 'looked', look: { ...found, ...seen } });
      if ((state.extended ?? 0) > before) extendedAt.push(minute);
      if (state.phase !== 'soaking') return { extendedAt, gaveUpAt: minute, outcome: state.ending?.outcome };
    }
    return { extendedAt, gaveUpAt: null, soakEndsAt: ((state.soakEndsAtMs ?? 0) - T0) / MINUTE_MS };
  };
  const rollback = { onInconclusive: 'rollback' } as const;
  const extend = { onInconclusive: 'extend', extensions: 2 } as const;
  const matureAfterMs = 30 * MINUTE_MS;

  it('is given up once the labels of its whole soak have matured, and not before', () => {
    expect(ofLooks({ ...rollback, matureAfterMs }, 60)).toEqual({
      extendedAt: [],
      gaveUpAt: 45,
      outcome: 'notEnoughEvidence',
    });
    expect(ofLooks({ ...rollback, matureAfterMs }, 60, 5).gaveUpAt).toBe(50);
    expect(ofLooks({ ...rollback, matureAfterMs }, 60, null).gaveUpAt).toBe(45);
    expect(ofLooks({ ...rollback, matureAfterMs: 0 }, 60).gaveUpAt).toBe(15);
  });

  it('is extended by a whole soak from when that is found, whose labels mature as well', () => {
    expect(ofLooks({ ...extend, matureAfterMs }, 45).soakEndsAt).toBe(60);
    const all = { extendedAt: [45, 90], gaveUpAt: 135, outcome: 'notEnoughEvidence' };
    expect(ofLooks({ ...extend, matureAfterMs }, 200)).toEqual(all);
    expect(ofLooks({ ...extend, matureAfterMs }, 200, null)).toEqual(all);
    expect(ofLooks({ ...extend, matureAfterMs: 0 }, 200)).toMatchObject({
      extendedAt: [15, 30],
      gaveUpAt: 45,
    });
  });

  it('was admitted before the fourth rules: it is judged at the end of its soak, as it always was', () => {
    expect(ofLooks({ ...rollback, matureAfterMs, table: 3 }, 60).gaveUpAt).toBe(15);
    expect(ofLooks({ ...extend, matureAfterMs, table: 3 }, 60).extendedAt).toEqual([15, 30]);
  });
});

describe('people and gates', () => {
  const promote = { name: 'promote', by: 'ann', reason: 'seen enough' } as const;
  const resume = { name: 'resume', by: 'ann' } as const;

  it('a promotion by hand lists the gates that were not met', () => {
    const state = look(soaking(), 1, 'inconclusive', gates(null, 'waiting'));
    expect(receiveMessage(state, promote, T0 + MINUTE_MS).answer).toEqual({
      accepted: true,
      reason: 'step left with 3 gates unmet: soak, sampleRatio, quality',
    });
  });

  it('whoever resumes after a failed gate has it judged anew', () => {
    const failed = look(soaking(), 15, 'healthy', gates(0, 'fail'));
    const { state } = receiveMessage(failed, resume, T0 + 20 * MINUTE_MS);
    expect(state).toMatchObject({ held: null, gates: null, asked: { setAtMs: T0 + 20 * MINUTE_MS } });
    const kept = receiveMessage(
      { ...look(soaking(), 15, 'noData', gates(0)), paused: { by: 'bob', reason: 'release' } },
      resume,
      T0 + 20 * MINUTE_MS,
    ).state;
    expect(kept).toMatchObject({ paused: null, asked: { setAtMs: T0 }, gates: { reports: [{}] } });
  });
});

it('a step behind a gateway that serves a new weight a minute late soaks that minute longer', () => {
  let state = soaking();
  let share = startShareGate({ weightPct: 5, beforePct: 0, setAtMs: T0, convergeMs: 5 * MINUTE_MS });
  for (let minute = 0; state.phase === 'soaking'; minute++) {
    const candidate = minute < 1 ? 0 : 30;
    share = foldExposures(share, {
      no: minute,
      startMs: T0 + minute * MINUTE_MS,
      endMs: T0 + (minute + 1) * MINUTE_MS,
      stable: 600 - candidate,
      candidate,
    });
    const nowMs = T0 + (minute + 1) * MINUTE_MS;
    const parity = startLabelParity();
    const reports = judgeGates(share, parity, nowMs);
    state = look(state, minute + 1, 'healthy', { share, parity, reports });
  }
  expect(state).toMatchObject({ phase: 'applying', stepIndex: 1 });
  expect(state.steps[0]?.endedAtMs).toBe(T0 + 16 * MINUTE_MS);
});
