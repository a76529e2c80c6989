import { describe, expect, it } from 'vitest';
import { judgeGates } from '../../../../src/analysis/gates/judge-gates.ts';
import {
  foldLabelCounts,
  labelsDiffer,
  startLabelParity,
} from '../../../../src/analysis/gates/label-parity.ts';
import {
  foldExposures,
  startShareGate,
  type Exposures,
  type ShareGate,
} from '../../../../src/analysis/gates/share-gate.ts';
import { sampleBinomial } from '../../../../src/math/samplers.ts';
import { randomFromSeed, type Random } from '../../../../src/math/random.ts';

const MINUTE = 60_000;
const SET_AT = 1_000 * MINUTE;
const from5to25 = { weightPct: 25, beforePct: 5, setAtMs: SET_AT, convergeMs: 5 * MINUTE };

const block = (minute: number, n: number, sharePct: number, random?: Random): Exposures => {
  const candidate = random ? sampleBinomial(n, sharePct / 100, random) : Math.round((n * sharePct) / 100);
  const no = 1_000 + minute;
  return { no, startMs: no * MINUTE, endMs: (no + 1) * MINUTE, stable: n - candidate, candidate };
};
const after = (gate: ShareGate, shares: readonly number[], perMinute = 600, random?: Random): ShareGate =>
  shares.reduce(
    (folded, share, minute) => foldExposures(folded, block(minute, perMinute, share, random)),
    gate,
  );
const outcomes = (gate: ShareGate, minutes: number) =>
  judgeGates(gate, startLabelParity(), SET_AT + minutes * MINUTE).map(({ outcome }) => outcome);

describe('the clock of a step', () => {
  it('starts with the block in which the traffic moved, not with the write', () => {
    const gate = after(startShareGate(from5to25), [5, 5, 25, 25]);
    expect(gate.movedAtMs).toBe(SET_AT + 2 * MINUTE);
    expect(outcomes(gate, 4)).toEqual(['pass', 'pass', 'unknown']);
  });
  it('does not start while the old share is served, and that is a failure once it should have converged', () => {
    const gate = after(startShareGate(from5to25), [5, 5, 5, 5, 5, 5, 5]);
    expect(gate.movedAtMs).toBeNull();
    expect(outcomes(gate, 4)[0]).toBe('waiting');
    const [share] = judgeGates(gate, startLabelParity(), SET_AT + 7 * MINUTE);
    expect(share).toMatchObject({ outcome: 'fail', observed: 5, limit: 25 });
    expect(share?.reason).toBe(
      '25 % was written, and 5.0 % of 4200 requests since went to the candidate: the gateway does not serve it',
    );
  });
  it('waits without traffic, however long that lasts', () => {
    const gate = after(
      startShareGate(from5to25),
      Array.from({ length: 60 }, () => 0),
      0,
    );
    expect(outcomes(gate, 60)).toEqual(['waiting', 'waiting', 'unknown']);
  });
  it('of a first step starts with the first candidate requests', () => {
    const gate = after(startShareGate({ ...from5to25, weightPct: 5, beforePct: 0 }), [0, 5]);
    expect(gate.movedAtMs).toBe(SET_AT + MINUTE);
  });
  it('never starts before the write, also in the block that the write fell into', () => {
    const gate = after(startShareGate({ ...from5to25, setAtMs: SET_AT + MINUTE / 2 }), [25]);
    expect(gate.movedAtMs).toBe(SET_AT + MINUTE / 2);
  });
  it('of a step that asks for what is served already starts with the write', () => {
    expect(startShareGate({ ...from5to25, beforePct: 25 }).movedAtMs).toBe(SET_AT);
  });
});

describe('the ends of the scale', () => {
  const hour = (share: number) => Array.from({ length: 60 }, () => share);
  const step = (weightPct: number, beforePct: number) =>
    startShareGate({ ...from5to25, weightPct, beforePct });
  it('a step to 100 % that is served is sound for hours', () => {
    const gate = after(step(100, 50), [...hour(100), ...hour(100)]);
    expect(gate).toMatchObject({ movedAtMs: SET_AT, mismatch: false });
    expect(outcomes(gate, 120).slice(0, 2)).toEqual(['pass', 'pass']);
  });
  it('a step to 100 % with a request of the other arm now and then is sound, with one in twenty it is broken', () => {
    expect(outcomes(after(step(100, 50), hour(99.5)), 60).slice(0, 2)).toEqual(['pass', 'pass']);
    expect(outcomes(after(step(100, 50), hour(95)), 60)[1]).toBe('fail');
  });
  it('a step to 100 % of which half is served never moves', () => {
    expect(after(step(100, 50), hour(50)).movedAtMs).toBeNull();
  });
  it.each([0.05, 0.1, 1])('a first step of %d %% that is served moves and is sound', (weightPct) => {
    const gate = after(step(weightPct, 0), hour(weightPct), 20_000);
    expect(outcomes(gate, 60).slice(0, 2)).toEqual(['pass', 'pass']);
  });
  it('one stray request of the candidate is no step', () => {
    const gate = foldExposures(step(5, 0), { ...block(0, 600, 0), candidate: 1 });
    expect(gate.movedAtMs).toBeNull();
  });
  it('a step straight from 0 to 100 % moves with the traffic', () => {
    expect(after(step(100, 0), [0, 100, 100]).movedAtMs).toBe(SET_AT + MINUTE);
  });
});

describe('the split of a step', () => {
  it('that stays half way is broken, and says so', () => {
    const gate = after(
      startShareGate(from5to25),
      Array.from({ length: 12 }, () => 15),
    );
    expect(outcomes(gate, 12)[1]).toBe('fail');
    expect(judgeGates(gate, startLabelParity(), SET_AT)[1]?.reason).toMatch(
      /^the split is broken: 15\.0 % of \d+ to the candidate, 25 % asked$/u,
    );
  });
  it('on its way through replicas that follow one after another is not broken: the clock starts later', () => {
    const gate = after(startShareGate(from5to25), [5, 15, 15, 25, 25, 25, 25]);
    expect(outcomes(gate, 7).slice(0, 2)).toEqual(['pass', 'pass']);
    expect(gate.movedAtMs).toBeGreaterThanOrEqual(SET_AT + 2 * MINUTE);
  });
  it('that breaks after it was sound is seen', () => {
    const sound = Array.from({ length: 30 }, () => 25);
    const gate = after(startShareGate(from5to25), [...sound, ...sound.map(() => 18)]);
    expect(gate.mismatch).toBe(true);
    expect(outcomes(after(startShareGate(from5to25), sound), 30)[1]).toBe('pass');
  });
});

describe('the error rates of the gate, drawn', () => {
  const runs = 400;
  const share = (test: (random: Random) => boolean, seed: number): number => {
    const random = randomFromSeed(seed);
    return Array.from({ length: runs }, () => test(random)).filter(Boolean).length / runs;
  };
  it('a sound split is called broken in at most 1 % of hours, a traffic that never moves moved in at most 1 %', () => {
    const hour = Array.from({ length: 60 }, () => 25);
    expect(share((random) => after(startShareGate(from5to25), hour, 120, random).mismatch, 1)).toBeLessThan(
      0.01,
    );
    const never = hour.map(() => 5);
    expect(
      share((random) => after(startShareGate(from5to25), never, 120, random).movedAtMs !== null, 2),
    ).toBeLessThan(0.01);
  });
  it('a delay of one minute is seen to the block in at least 95 % of steps at 10 requests a second', () => {
    const exact = share((random) => {
      const gate = after(startShareGate(from5to25), [5, 25, 25, 25], 600, random);
      return gate.movedAtMs === SET_AT + MINUTE;
    }, 3);
    expect(exact).toBeGreaterThanOrEqual(0.95);
  });
});

describe('folding', () => {
  it('a block twice, or through JSON in between, changes nothing', () => {
    const once = after(startShareGate(from5to25), [5, 25, 25]);
    const twice = [5, 5, 25, 25, 25].reduce<ShareGate>(
      (gate, share, i) =>
        foldExposures(
          JSON.parse(JSON.stringify(gate)) as ShareGate,
          block([0, 0, 1, 1, 2][i] ?? 0, 600, share),
        ),
      startShareGate(from5to25),
    );
    expect(twice).toEqual(once);
  });
  it.each(['stable', 'candidate'] as const)('refuses a block with a bad count of %s by name', (arm) => {
    for (const value of [Number.NaN, -1, Infinity]) {
      const bad = { ...block(0, 10, 50), [arm]: value };
      expect(() => foldExposures(startShareGate(from5to25), bad)).toThrow(
        new RegExp(`^block\\.${arm} `, 'u'),
      );
    }
  });
});

describe('labels of both arms', () => {
  const labelled = (stable: number, candidate: number, blocks: number) => {
    let state = startLabelParity();
    for (let i = 0; i < blocks; i++) {
      state = foldLabelCounts(state, {
        stable: { exposures: 570, labels: stable },
        candidate: { exposures: 30, labels: candidate },
      });
    }
    return state;
  };
  it('alike pass, less of one arm fails and is quoted', () => {
    expect(labelsDiffer(labelled(285, 15, 100))).toBe(false);
    const state = labelled(285, 9, 100);
    expect(labelsDiffer(state)).toBe(true);
    const report = judgeGates(startShareGate(from5to25), state, SET_AT)[2];
    expect(report).toMatchObject({ id: 'labelParity', outcome: 'fail' });
    expect(report?.reason).toBe(
      '50.0 % of stable and 30.0 % of candidate exposures are labelled: the arms are not labelled alike',
    );
  });
  it('more labels than exposures count as all labelled, and a bad count is refused by name', () => {
    const counts = { stable: { exposures: 10, labels: 12 }, candidate: { exposures: 10, labels: 10 } };
    expect(foldLabelCounts(startLabelParity(), counts)).toMatchObject({ sA: 10, sB: 10 });
    const bad = { ...counts, candidate: { exposures: -1, labels: 0 } };
    expect(() => foldLabelCounts(startLabelParity(), bad)).toThrow(/^block\.candidate /u);
  });
});
