import { describe, expect, it } from 'vitest';
import {
  judgeLook,
  type Judgement,
  type LookInput,
  type PeriodWindow,
} from '../../../../src/decision/index.ts';
import { arm, errorGuardrail, LOOK_MS, period, planOf, startOf, stats } from './support.ts';

const WEIGHTS = { control: 0.5, concise: 0.5 };

/** Looks one after the other, until one concludes. */
const play = (
  plan: LookInput['plan'],
  periods: readonly PeriodWindow[],
  over: Partial<LookInput> = {},
): Judgement => {
  let state = startOf(plan);
  let judged: Judgement | null = null;
  for (const one of periods) {
    judged = judgeLook({ plan, state, windows: [one], weights: one.weights, ...over });
    state = judged;
    if (judged.conclusion !== null) break;
  }
  return judged!;
};

const looks = (count: number, of: (no: number) => PeriodWindow): readonly PeriodWindow[] =>
  Array.from({ length: count }, (_, i) => of(i + 1));

describe('a look', () => {
  it('with nothing new runs on', () => {
    const plan = planOf();
    const judged = judgeLook({ plan, state: startOf(plan), windows: [], weights: WEIGHTS });
    expect(judged.verdict.outcome).toBe('running');
    expect(judged.conclusion).toBeNull();
    expect(judged.allocation).toBeNull();
  });

  it('folds a window once, however often it comes', () => {
    const plan = planOf();
    const window = period(1, { control: arm(100, 70), concise: arm(100, 75) });
    const once = judgeLook({ plan, state: startOf(plan), windows: [window], weights: WEIGHTS });
    const twice = judgeLook({ plan, state: once, windows: [window, window], weights: WEIGHTS });
    expect(twice).toEqual(once);
    expect(once.foldedToMs).toBe(LOOK_MS);
    expect(once.totals['concise']).toMatchObject({ exposures: 100, labels: 100, qualityMean: 0.75 });
  });

  it('refuses a window that overlaps what is folded', () => {
    const plan = planOf();
    const state = { ...startOf(plan), foldedToMs: LOOK_MS / 2 };
    const windows = [period(1, { control: arm(10, 7), concise: arm(10, 7) })];
    expect(() => judgeLook({ plan, state, windows, weights: WEIGHTS })).toThrow(
      /^windows\[0\]\.window\.fromMs must be from 450000/u,
    );
  });

  it('gives the same verdict for windows one by one and all at once', () => {
    const plan = planOf();
    const windows = looks(6, (no) => period(no, { control: arm(60, 40 + (no % 3)), concise: arm(60, 44) }));
    const atOnce = judgeLook({ plan, state: startOf(plan), windows, weights: WEIGHTS });
    expect(play(plan, windows)).toEqual(atOnce);
  });
});

describe('the end of an experiment', () => {
  it.each([
    ['a variant that is better by enough', 62, 75, {}, 'adopted', 'concise'],
    [
      'a variant that is better by less than was asked for',
      70,
      78,
      { minImprovementPct: 30 },
      'keptControl',
      'concise',
    ],
    ['a variant that is much worse', 75, 60, {}, 'keptControl|harmed', 'concise'],
    ['no difference at the cap', 70, 70, {}, 'noDifference', 'concise'],
  ] as const)('%s', (_, control, concise, criteria, outcome, variant) => {
    const base = planOf();
    const plan = { ...base, criteria: { ...base.criteria, ...criteria } };
    const { conclusion } = play(
      plan,
      looks(40, (no) => period(no, { control: arm(100, control), concise: arm(100, concise) })),
    );
    expect(outcome.split('|')).toContain(conclusion?.outcome);
    expect(conclusion?.variant).toBe(variant);
    expect(conclusion?.effect?.difference).toBeCloseTo((concise - control) / 100, 9);
    expect(conclusion?.effect?.low).toBeLessThan(conclusion!.effect!.high!);
    expect(conclusion?.sentence).toMatch(/quality 0\.\d+ against 0\.\d+|did harm/u);
  });

  it('a winner that is better by less than was asked for goes on, and is adopted once it shows enough', () => {
    const base = planOf({ capPerArm: 6000 });
    const plan = { ...base, criteria: { minImprovementPct: 12, minCostReductionPct: 50 } };
    const at = (good: number) => (no: number) =>
      period(no, { control: arm(100, 70), concise: arm(100, good) });
    const proven = play(plan, looks(30, at(77)));
    expect(proven).toMatchObject({ conclusion: null, verdict: { outcome: 'winner' } });
    expect(proven.verdict.reason).toContain('less than was asked for so far: goes on until the cap');
    const later = play(plan, [...looks(30, at(77)), ...looks(20, (i) => at(82)(30 + i))]);
    expect(later.conclusion?.outcome).toBe('adopted');
    const never = play(plan, looks(80, at(77)));
    expect(never.conclusion?.outcome).toBe('keptControl');
    expect(never.verdict.perVariant[0]!.labels.variant).toBe(6000);
  });

  it('nothing is concluded with fewer outcomes than were asked for, but harm', () => {
    const plan = { ...planOf({ nFixPerArm: 388, capPerArm: 1000 }), minSamples: 1000 };
    const at = (good: number) =>
      looks(20, (no) => period(no, { control: arm(50, 25), concise: arm(50, good) }));
    const better = play(plan, at(38));
    expect(better.conclusion?.outcome).toBe('adopted');
    expect(better.verdict.perVariant[0]!.labels.variant).toBe(1000);
    const early = play(plan, at(38).slice(0, 12));
    expect(early).toMatchObject({ conclusion: null, verdict: { outcome: 'running' } });
    expect(early.verdict.reason).toContain('600 of the 1,000 outcomes');
    const state = play(plan, at(38).slice(0, 11));
    const last = at(38).slice(11, 12);
    const timeUp = judgeLook({ plan, state, windows: last, weights: WEIGHTS, expired: true });
    expect(timeUp.conclusion?.outcome).toBe('expired');
    expect(play(plan, at(10)).verdict).toMatchObject({ outcome: 'harm' });
    expect(play(plan, at(10)).verdict.perVariant[0]!.labels.variant).toBeLessThan(1000);
  });

  it('what is saved is compared within blocks: neither weights nor prices that fall for all save anything', () => {
    const plan = planOf({ capPerArm: 4000 });
    const at = (no: number) => {
      const [share, costUsd] = no <= 10 ? [0.5, 0.01] : [0.9, 0.006];
      const [n, m] = [Math.round(200 * (1 - share)), Math.round(200 * share)];
      const arms = { control: arm(n, n * 0.7, { costUsd }), concise: arm(m, m * 0.7, { costUsd }) };
      return period(no, arms, { weights: { control: 1 - share, concise: share } });
    };
    const told = play(plan, looks(20, at), { expired: true });
    expect(told.conclusion).not.toBeNull();
    const whole = judgeLook({
      plan,
      state: startOf(plan),
      windows: looks(20, at),
      weights: WEIGHTS,
      expired: true,
    });
    expect(whole.totals['concise']!.costUsdPerRequest).toBeLessThan(
      whole.totals['control']!.costUsdPerRequest!,
    );
    expect(whole.conclusion?.savedUsdPer1000Requests).toBeCloseTo(0, 9);
    const before = looks(5, (no) =>
      period(no, { control: arm(100, 70, { costUsd: 0.01 }), concise: arm(100, 70) }),
    );
    const since = looks(3, (i) =>
      period(5 + i, { control: arm(100, 70), concise: arm(100, 70, { providers: ['gpt-b'] }) }),
    );
    const windows = [...before, ...since];
    const phased = judgeLook({ plan, state: startOf(plan), windows, weights: WEIGHTS, expired: true });
    expect(phased.providers.phase).toBe(1);
    expect(phased.conclusion?.savedUsdPer1000Requests).toBeCloseTo(0, 9);
  });

  it('a winner by cost when quality is shown not to fall', () => {
    const plan = planOf({ primary: 'cost' });
    const { conclusion } = play(
      plan,
      looks(40, (no) => period(no, { control: arm(200, 140), concise: arm(200, 142, { costUsd: 0.001 }) })),
    );
    expect(conclusion).toMatchObject({ outcome: 'adopted', variant: 'concise' });
    expect(conclusion?.savedUsdPer1000Requests).toBeCloseTo(1, 9);
    expect(conclusion?.sentence).toContain('saves $1 per 1,000 requests');
  });

  it('time is up before the cap: expired', () => {
    const plan = planOf();
    const windows = looks(3, (no) => period(no, { control: arm(100, 70), concise: arm(100, 70) }));
    const judged = judgeLook({ plan, state: startOf(plan), windows, weights: WEIGHTS, expired: true });
    expect(judged.conclusion?.outcome).toBe('expired');
    expect(judged.conclusion?.sentence).toContain('before the time was up');
  });

  it('harm to a guardrail ends it whatever the primary says', () => {
    const { conclusion, verdict } = play(
      planOf({ guardrails: [] }, {}),
      looks(1, (no) => period(no, { control: arm(10, 7), concise: arm(10, 7) })),
    );
    expect([conclusion, verdict.outcome]).toEqual([null, 'running']);
    const failing = { ...arm(200, 150), unitFirst: { quality: stats(200, 150), error: stats(200, 30) } };
    const sound = { ...arm(200, 140), unitFirst: { quality: stats(200, 140), error: stats(200, 1) } };
    const harmed = play(
      planOf({ guardrails: [errorGuardrail] }),
      looks(40, (no) => period(no, { control: sound, concise: failing })),
    );
    expect(harmed.conclusion).toMatchObject({ outcome: 'harmed', variant: 'concise' });
  });

  it('a broken split freezes it, and nothing is concluded, not even at the end of the time', () => {
    const plan = planOf();
    const windows = looks(20, (no) => period(no, { control: arm(200, 140), concise: arm(100, 90) }));
    const judged = judgeLook({ plan, state: startOf(plan), windows, weights: WEIGHTS, expired: true });
    expect(judged.verdict.outcome).toBe('frozen');
    expect(judged.conclusion).toBeNull();
    const spent = { ...plan, budget: { usd: null, regret: 10 } };
    const over = judgeLook({ plan: spent, state: startOf(plan), windows, weights: WEIGHTS });
    expect(over.conclusion?.outcome).toBe('budgetSpent');
  });

  it('a variant whose units are labelled less often freezes it', () => {
    const plan = planOf();
    const rarely = { ...arm(100, 60), exposures: 200 };
    const windows = looks(20, (no) =>
      period(no, { control: { ...arm(150, 90), exposures: 200 }, concise: rarely }),
    );
    expect(play(plan, windows).verdict.reason).toContain('not labelled as often');
  });

  it('a spent budget ends it', () => {
    const plan = planOf({}, { budget: { usd: 0.5, regret: null } });
    const { conclusion } = play(
      plan,
      looks(20, (no) => period(no, { control: arm(100, 70), concise: arm(100, 71, { costUsd: 0.003 }) })),
    );
    expect(conclusion?.outcome).toBe('budgetSpent');
    expect(conclusion?.sentence).toContain('$0.5');
  });
});

describe('what a conclusion tells', () => {
  it('a variant that is better, without proof on a guardrail by the cap: what is live stays', () => {
    const errors = { ...errorGuardrail, margin: { kind: 'absolute', points: 0.1 } } as const;
    const plan = planOf({ guardrails: [errors] });
    const { conclusion } = play(
      plan,
      looks(40, (no) => period(no, { control: arm(100, 60), concise: arm(100, 75) })),
    );
    expect(conclusion?.outcome).toBe('keptControl');
    expect(conclusion?.sentence).toContain('not shown in time that it does not hurt errorRate');
  });

  it('what was known of the units before takes noise out, and decides nothing', () => {
    const plan = planOf();
    const windows = looks(3, (no) => period(no, { control: arm(100, 70), concise: arm(100, 72) }));
    const sums = (lift: number) => ({
      n: 300,
      missing: 0,
      sumX: 150,
      sumXX: 110,
      sumY: 150 + 300 * lift,
      sumYY: 112 + 2 * lift * 150 + 300 * lift * lift,
      sumXY: 109 + lift * 150,
      missingSumY: 0,
      missingSumYY: 0,
    });
    const prePeriod = { control: sums(0), concise: sums(0.02) };
    const told = judgeLook({
      plan,
      state: startOf(plan),
      windows,
      weights: WEIGHTS,
      expired: true,
      prePeriod,
    });
    expect(told.conclusion?.outcome).toBe('expired');
    expect(told.conclusion?.cuped?.difference).toBeCloseTo(0.02, 9);
    expect(told.conclusion!.cuped!.varianceReduction).toBeGreaterThan(0.8);
    const without = judgeLook({ plan, state: startOf(plan), windows, weights: WEIGHTS, expired: true });
    expect(without).toEqual({ ...told, conclusion: { ...told.conclusion, cuped: null } });
  });

  it('of several variants the numbers are those of the winner', () => {
    const plan = planOf({ arms: ['control', 'clear', 'concise'] });
    const weights = { control: 1, clear: 1, concise: 1 };
    const { conclusion } = play(
      plan,
      looks(40, (no) =>
        period(
          no,
          { control: arm(100, 60), clear: arm(100, 61), concise: arm(100, 75, { costUsd: 0.001 }) },
          { weights },
        ),
      ),
    );
    expect(conclusion).toMatchObject({
      outcome: 'adopted',
      variant: 'concise',
      costUsdPerRequest: { control: expect.closeTo(0.002, 9), variant: expect.closeTo(0.001, 9) },
    });
  });

  it('a quality that is a little better and much cheaper meets the criteria by its cost', () => {
    const base = planOf();
    const plan = { ...base, criteria: { minImprovementPct: 50, minCostReductionPct: 10 } };
    const cheap = looks(40, (no) =>
      period(no, { control: arm(100, 60), concise: arm(100, 72, { costUsd: 0.0015 }) }),
    );
    expect(play(plan, cheap).conclusion?.outcome).toBe('adopted');
  });

  it('arms between which there is nothing spend nearly nothing of a budget', () => {
    const plan = planOf();
    const even = play(
      plan,
      looks(10, (no) => period(no, { control: arm(100, 70), concise: arm(100, 71) })),
    );
    expect(even.spent.regret).toBe(0);
    const apart = play(
      plan,
      looks(2, (no) => period(no, { control: arm(100, 70), concise: arm(100, 60) })),
    );
    expect(apart.spent.regret).toBeGreaterThan(10);
    expect(apart.spent.regret).toBeLessThan(20);
  });
});

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
