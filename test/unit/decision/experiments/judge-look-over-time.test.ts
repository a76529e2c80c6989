import { describe, expect, it } from 'vitest';
import { judgeLook, type Judgement } from '../../../../src/decision/index.ts';
import { arm, errorGuardrail, looks, period, planOf, play, startOf, stats, WEIGHTS } from './support.ts';

describe('when something else answers', () => {
  const before = (no: number) => period(no, { control: arm(100, 70), concise: arm(100, 78) });
  const after = (no: number, good: number) =>
    period(no, { control: arm(100, 70), concise: arm(100, good, { providers: ['gpt-b'] }) });

  it('a new phase forgets what was seen, and leaves out the mixed window', () => {
    const plan = planOf();
    const { evidence, providers, totals } = play(plan, [before(1), before(2), after(3, 0), after(4, 70)]);
    expect(providers.phase).toBe(1);
    expect(evidence.variants[0]!.primary.labels).toEqual({ control: 100, variant: 100 });
    expect(evidence.variants[0]!.primary.effect.variant).toBeCloseTo(50 * 0.7, 9);
    expect(totals['concise']!.labels).toBe(400);
  });

  it('evidence of the phase before proves nothing in the next', () => {
    const plan = planOf();
    const many = [...looks(4, before), ...looks(12, (i) => after(4 + i, 70))];
    const judged = play(plan, many);
    expect(judged.conclusion).toBeNull();
    expect(judged.verdict.reason).toContain('since what answers changed for the 1st time');
  });

  it('an answer that tells less than what is known, or more, is no other provider for that', () => {
    const told = (fingerprint: string | null) => JSON.stringify({ model: 'm', fingerprint });
    const by = (no: number, ...providers: readonly string[]) =>
      period(no, {
        control: arm(100, 70, { providers: [told('fp_1')] }),
        concise: arm(100, 70, { providers }),
      });
    const seen = [[null], ['fp_1'], [null], ['fp_1', null], [null]] as const;
    const plan = planOf();
    const same = seen.map((told_, i) => by(i + 1, ...told_.map(told)));
    expect(play(plan, same).providers.phase).toBe(0);
    expect(play(plan, [...same, by(6, told('fp_2'))]).providers.phase).toBe(1);
  });

  it('a fleet that has two fingerprints all the time is one phase', () => {
    const plan = planOf();
    const mixed = (no: number) =>
      period(no, {
        control: arm(100, 70, { providers: no % 2 === 1 ? ['x', 'y'] : ['y'] }),
        concise: arm(100, 70),
      });
    expect(play(plan, looks(10, mixed)).providers.phase).toBe(0);
  });

  it('a fingerprint that is back after hours is another phase', () => {
    const plan = planOf();
    const at = (no: number) =>
      period(no, {
        control: arm(10, 7, { providers: no === 1 || no === 14 ? ['x', 'y'] : ['y'] }),
        concise: arm(10, 7),
      });
    expect(play(plan, looks(13, at)).providers.phase).toBe(0);
    expect(play(plan, looks(14, at)).providers.phase).toBe(1);
  });
});

describe('where a mean decides', () => {
  const plan = planOf({ primary: 'cost' });
  const at = (no: number, answering: string) =>
    period(no, {
      control: arm(100, 70, { providers: [answering] }),
      concise: arm(100, 70, { providers: [answering], costUsd: 0.001 }),
    });

  it('two changes of what answers end it at once, and nothing is said of a difference', () => {
    const judged = play(plan, [at(1, 'a'), at(2, 'b'), at(3, 'b'), at(4, 'c'), at(5, 'c'), at(6, 'c')]);
    expect(judged.foldedToMs).toBe(period(4, {}).window.toMs);
    expect(judged.verdict.outcome).toBe('unjudged');
    expect(judged.conclusion).toMatchObject({ outcome: 'expired', effect: null });
    expect(judged.conclusion!.sentence).toMatch(/^It could not be judged whether .* is better: .*no error/u);
    expect(judged.conclusion!.sentence).not.toContain('No difference');
  });

  it('two changes of the weights do too', () => {
    const by = (no: number, concise: number) => {
      const n = Math.round(200 * concise);
      const arms = { control: arm(200 - n, 100 - n / 2), concise: arm(n, n / 2, { costUsd: 0.0019 }) };
      return period(no, arms, { weights: { control: 1 - concise, concise } });
    };
    const judged = play(plan, [by(1, 0.5), by(2, 0.4), by(3, 0.3), by(4, 0.3)]);
    expect(judged.verdict.outcome).toBe('unjudged');
    expect(judged.conclusion?.sentence).toMatch(/^It could not be judged/u);
  });
});

describe('other analyses', () => {
  const even = (no: number) => period(no, { control: arm(100, 70), concise: arm(100, 76) });

  it('a fixed horizon is judged once, when every arm has its size', () => {
    const plan = planOf({ analysis: 'fixedHorizon', capPerArm: 1000 });
    const early = play(plan, looks(9, even));
    expect(early.verdict).toMatchObject({ outcome: 'running' });
    expect(early.verdict.reason).toBe('900 of the 1,000 outcomes per arm at which it is judged, once');
    const late = play(plan, looks(10, even));
    expect(late.conclusion).toMatchObject({ outcome: 'adopted', variant: 'concise' });
  });

  it('a fixed horizon keeps what it said at its size, whatever comes while it waits', () => {
    const plan = planOf({ analysis: 'fixedHorizon', capPerArm: 1000 });
    const alike = (no: number) => period(no, { control: arm(100, 70), concise: arm(100, 70) });
    let judged = play(plan, looks(10, alike));
    expect(judged.verdict.outcome).toBe('noDifference');
    const { verdict } = judged;
    for (let no = 11; no < 30; no++) {
      const better = period(no, { control: arm(100, 60), concise: arm(100, 80) });
      judged = judgeLook({ plan, state: judged, windows: [better], weights: WEIGHTS });
    }
    expect(judged.verdict).toEqual(verdict);
  });

  it('what a fixed horizon said at its size is no longer true once something else answers: it cannot be judged again', () => {
    const plan = planOf({ analysis: 'fixedHorizon', capPerArm: 1000 });
    const found = play(plan, looks(10, even));
    expect(found.conclusion?.outcome).toBe('adopted');
    const other = (no: number) =>
      period(no, {
        control: arm(100, 75, { providers: ['gpt-b'] }),
        concise: arm(100, 70, { providers: ['gpt-b'] }),
      });
    let judged = judgeLook({ plan, state: found, windows: [other(11)], weights: WEIGHTS });
    expect(judged.verdict).toMatchObject({ outcome: 'unjudged', variant: null });
    expect(judged.verdict.reason).toContain('judged once');
    expect(judged.conclusion).toMatchObject({ outcome: 'expired' });
    expect(judged.conclusion!.sentence).toMatch(/^It could not be judged/u);
    const again = judgeLook({
      plan,
      state: { ...judged, verdict: found.verdict },
      windows: [],
      weights: WEIGHTS,
    });
    expect(again.verdict).toEqual(judged.verdict);
    for (let no = 12; no < 30; no++)
      judged = judgeLook({ plan, state: judged, windows: [other(no)], weights: WEIGHTS });
    expect(judged.verdict.outcome).toBe('unjudged');
  });

  it('a fixed horizon that comes to its size after something else began to answer is judged by that alone', () => {
    const plan = planOf({ analysis: 'fixedHorizon', capPerArm: 1000 });
    const after = (no: number) =>
      period(no, {
        control: arm(100, 70),
        concise: arm(100, 78, { providers: [no < 5 ? 'gpt-a' : 'gpt-b'] }),
      });
    const judged = play(plan, looks(20, after));
    expect(judged.conclusion).toMatchObject({ outcome: 'adopted' });
    const waited = judgeLook({ plan, state: judged, windows: [after(21)], weights: WEIGHTS });
    expect(waited.verdict).toEqual(judged.verdict);
  });

  it('under a fixed horizon a guardrail passes by the test at the size alone', () => {
    const plan = planOf({ analysis: 'fixedHorizon', capPerArm: 2000, guardrails: [errorGuardrail] });
    const failing = (of: ReturnType<typeof arm>, n: number) => ({
      ...of,
      unitFirst: { ...of.unitFirst, error: stats(100, n) },
    });
    const at = (no: number) =>
      period(no, {
        control: failing(arm(100, 60), no <= 6 ? 6 : 2),
        concise: failing(arm(100, 80), no <= 6 ? 0 : 5),
      });
    const { verdict, evidence } = play(plan, looks(20, at));
    expect(evidence.variants[0]!.guardrails[0]!.nonInferiority.maxLogE).toBeGreaterThan(Math.log(20));
    expect(verdict.perVariant[0]!.guardrails[0]!.outcome).toBe('inconclusive');
  });

  it('a fixed horizon without a difference says so at its size', () => {
    const plan = planOf({ analysis: 'fixedHorizon', capPerArm: 1000 });
    const judged = play(
      plan,
      looks(12, (no) => period(no, { control: arm(100, 70), concise: arm(100, 71) })),
    );
    expect(judged.conclusion?.outcome).toBe('noDifference');
    expect(judged.evidence.blocks).toBe(10);
  });

  it('a posterior decides, and every word of it says what it does not hold', () => {
    const plan = planOf({ analysis: 'bayesian' });
    const judged = play(plan, looks(30, even));
    expect(judged.conclusion).toMatchObject({ outcome: 'adopted', variant: 'concise' });
    expect(judged.verdict.reason).toContain('holds no error rate');
    expect(judged.conclusion?.sentence).toContain('holds no error rate');
  });

  it('graded quality bets on every single mark, and asks for them', () => {
    const plan = planOf({ graded: true });
    const marks = (mean: number) => Array.from({ length: 50 }, (_, i) => mean + (i % 2 === 0 ? 0.05 : -0.05));
    const windows = looks(30, (no) =>
      period(
        no,
        { control: arm(50, 35), concise: arm(50, 39) },
        { scores: { control: marks(0.7), concise: marks(0.78) } },
      ),
    );
    const judged = play(plan, windows);
    expect(judged.conclusion).toMatchObject({ outcome: 'adopted', variant: 'concise' });
    expect(judged.evidence.blocks).toBeLessThan(20);
    const { scores: _, ...without } = windows[0]!;
    expect(() => play(plan, [without])).toThrow(/^scores must be given/u);
  });
});

describe('an allocation that follows the outcomes', () => {
  const arms = ['control', 'concise', 'long'];
  const even = { control: 1 / 3, concise: 1 / 3, long: 1 / 3 };

  it.each(['thompson', 't3c'] as const)('%s: moves traffic from past outcomes alone', (allocation) => {
    const plan = planOf({ allocation, arms });
    const one = period(
      1,
      { control: arm(100, 60), concise: arm(100, 66), long: arm(100, 40) },
      { weights: even },
    );
    const judged = judgeLook({ plan, state: startOf(plan), windows: [one], weights: even });
    expect(judged.allocation?.why).toContain('minimises regret, power not promised');
    const { control, concise, long } = judged.allocation!.weights;
    expect(control! + concise! + long!).toBeCloseTo(1, 12);
    expect(long).toBeCloseTo(0.1, 12);
    // Thompson plays what is likely the best; T3C also what stands in its way.
    const most = allocation === 'thompson' ? concise : control;
    expect(most).toBeGreaterThan(allocation === 'thompson' ? 0.7 : 0.4);
    const again = judgeLook({ plan, state: startOf(plan), windows: [one], weights: even });
    expect(again).toEqual(judged);
  });

  it('stays as it is until every arm has something to learn from, and for changes below a point', () => {
    const plan = planOf({ allocation: 'thompson' });
    const few = period(1, { control: arm(100, 60), concise: arm(19, 19) });
    expect(judgeLook({ plan, state: startOf(plan), windows: [few], weights: WEIGHTS }).allocation).toBeNull();
    const alike = period(1, { control: arm(100, 60), concise: arm(100, 60) });
    expect(
      judgeLook({ plan, state: startOf(plan), windows: [alike], weights: WEIGHTS }).allocation,
    ).toBeNull();
  });

  it('what it finds has an interval although no two periods had the same weights', () => {
    const plan = planOf({ allocation: 'thompson' });
    let state = startOf(plan);
    let weights: Readonly<Record<string, number>> = WEIGHTS;
    let judged: Judgement | null = null;
    for (let no = 1; no < 60 && judged?.conclusion == null; no++) {
      const [n, m] = [Math.round(200 * weights['control']!), Math.round(200 * weights['concise']!)];
      const arms = { control: arm(n, Math.round(n * 0.6)), concise: arm(m, Math.round(m * 0.7)) };
      judged = judgeLook({ plan, state, windows: [period(no, arms, { weights })], weights });
      weights = judged.allocation?.weights ?? weights;
      state = judged;
    }
    const { effect, outcome, sentence } = judged!.conclusion!;
    expect(outcome).toBe('adopted');
    expect(effect!.low!).toBeLessThan(0.1);
    expect(effect!.high!).toBeGreaterThan(0.1);
    expect(sentence).toContain('Traffic followed the outcomes');
  });
});
