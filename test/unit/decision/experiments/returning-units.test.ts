import { describe, expect, it } from 'vitest';
import { judgeLook } from '../../../../src/decision/index.ts';
import type { ExperimentArmWindow } from '../../../../src/domain/experiment-window.ts';
import { randomFromSeed, sampleBinomial } from '../../../../src/math/index.ts';
import { arm, errorGuardrail, looks, period, planOf, play, startOf, stats, WEIGHTS } from './support.ts';

const plan = planOf({ guardrails: [errorGuardrail] });

/** An arm in which no unit is new: `n` requests, of which `failed` failed. */
const returning = (n: number, failed: number): ExperimentArmWindow => ({
  unitFirst: {},
  all: { error: stats(n, failed) },
  exposures: 0,
  labelled: 0,
  providers: failed < n ? ['gpt-a'] : [],
});

const fresh = (no: number) => period(no, { control: arm(100, 70), concise: arm(100, 71) });
const back = (no: number, control: number, concise: number, n: number = 1000) =>
  period(no, { control: returning(n, control), concise: returning(n, concise) });

describe('units that come back, whose first outcome is counted already', () => {
  it('hold the experiment when nearly every request of theirs to a variant fails, within two looks', () => {
    const before = play(plan, looks(3, fresh));
    const once = judgeLook({ plan, state: before, windows: [back(4, 10, 1000)], weights: WEIGHTS });
    expect(once.verdict.outcome).toBe('running');
    const judged = judgeLook({ plan, state: once, windows: [back(5, 10, 1000)], weights: WEIGHTS });
    expect(judged.verdict).toMatchObject({ outcome: 'frozen', variant: null });
    expect(judged.verdict.reason).toBe(
      'concise: 100 % of the requests of units that came back failed, 1 % in control, which first outcomes do not show; nothing is concluded while that lasts',
    );
    expect(judged.conclusion).toBeNull();
    const again = judgeLook({ plan, state: judged, windows: [], weights: WEIGHTS });
    expect(again.verdict).toEqual(judged.verdict);
  });

  it('keep a winner from being adopted, and let it be once they fare well again', () => {
    const good = (no: number) => period(no, { control: arm(100, 40), concise: arm(100, 90) });
    const before = play(plan, looks(3, good));
    let judged = judgeLook({
      plan,
      state: before,
      windows: [back(4, 0, 900), back(5, 0, 900)],
      weights: WEIGHTS,
    });
    expect(judged.verdict.outcome).toBe('frozen');
    judged = judgeLook({ plan, state: judged, windows: [back(6, 0, 0)], weights: WEIGHTS });
    expect(judged.verdict.outcome).not.toBe('frozen');
  });

  it('let it go on once their variant gets no units any more, and speak anew when it gets some again', () => {
    const three = planOf({ guardrails: [errorGuardrail], arms: ['control', 'concise', 'clear'] });
    const weights = { control: 0.4, concise: 0.3, clear: 0.3 };
    const all = (no: number) =>
      period(
        no,
        { control: returning(1000, 10), concise: returning(1000, 1000), clear: returning(1000, 10) },
        { weights },
      );
    const without = (no: number) =>
      period(no, { control: arm(100, 70), clear: arm(100, 71) }, { weights: { control: 0.5, clear: 0.5 } });
    const outcomeOf = (...periods: Parameters<typeof play>[1]) => play(three, periods).verdict.outcome;
    expect(outcomeOf(all(1), all(2))).toBe('frozen');
    expect(outcomeOf(all(1), all(2), period(3, {}, { weights }))).toBe('frozen');
    expect(outcomeOf(all(1), all(2), without(3))).toBe('running');
    expect(outcomeOf(all(1), all(2), without(3), all(4))).toBe('running');
    expect(outcomeOf(all(1), all(2), without(3), all(4), all(5))).toBe('frozen');
  });

  it('end a fixed horizon that was judged already: it cannot be judged again', () => {
    const once = planOf({ guardrails: [errorGuardrail], analysis: 'fixedHorizon', capPerArm: 300 });
    const found = play(
      once,
      looks(3, (no) => period(no, { control: arm(100, 40), concise: arm(100, 90) })),
    );
    const judged = judgeLook({
      plan: once,
      state: found,
      windows: [back(4, 0, 900), back(5, 0, 900)],
      weights: WEIGHTS,
    });
    expect(found.verdict.outcome).not.toBe('running');
    expect(judged.verdict.outcome).toBe('unjudged');
    expect(judged.conclusion?.outcome).toBe('expired');
  });

  it.each([
    ['a base rate of 1 %', 0.01],
    ['a base rate of 30 %', 0.3],
  ])('do not where both arms fare alike, at any look of a week: %s', (_, rate) => {
    const random = randomFromSeed(3);
    const draw = () => sampleBinomial(40, rate, random);
    const outcomes = new Set<string>();
    let state = startOf(plan);
    for (const one of looks(672, (no) => back(no, draw(), draw(), 40))) {
      const judged = judgeLook({ plan, state, windows: [one], weights: WEIGHTS });
      outcomes.add(judged.verdict.outcome);
      state = judged;
    }
    expect([...outcomes]).toEqual(['running']);
  });

  it('do not where errors decide nothing, nor where requests are the units, of which none comes back', () => {
    const failing = looks(6, (no) => back(no, 0, 1000));
    expect(play(planOf(), failing).verdict.outcome).toBe('running');
    const firsts = (failed: number) => ({
      ...arm(100, 70),
      all: { ...arm(100, 70).all, error: stats(100, failed) },
      unitFirst: { ...arm(100, 70).unitFirst, error: stats(100, failed) },
    });
    const { verdict } = play(
      plan,
      looks(9, (no) => period(no, { control: firsts(0), concise: firsts(20) })),
    );
    expect(verdict.outcome).toBe('harm');
  });
});
