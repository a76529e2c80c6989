import { describe, expect, it } from 'vitest';
import { judgeLook } from '../../../../src/decision/index.ts';
import {
  arm,
  errorGuardrail,
  LOOK_MS,
  looks,
  period,
  planOf,
  play,
  startOf,
  stats,
  WEIGHTS,
} from './support.ts';

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

  it.each([
    ['the weights have changed', { weights: { control: 0.9, concise: 0.1 } }, 'gpt-a'],
    ['something else answers', {}, 'gpt-b'],
  ])('nothing of the pre-period once %s: its sums are over all of it', (_, over, answering) => {
    const plan = planOf();
    const sums = { n: 400, missing: 0, sumX: 200, sumY: 280, sumXX: 150, sumXY: 180, sumYY: 280 };
    const all = { ...sums, missingSumY: 0, missingSumYY: 0 };
    const n = 'weights' in over ? 180 : 100;
    const changed = (no: number) => {
      const arms = {
        control: arm(n, n * 0.7, { providers: [answering] }),
        concise: arm(200 - n, (200 - n) * 0.7),
      };
      return period(no, arms, over);
    };
    const same = looks(4, (no) => period(no, { control: arm(100, 70), concise: arm(100, 70) }));
    const of = (windows: typeof same) =>
      judgeLook({
        plan,
        state: startOf(plan),
        windows,
        weights: WEIGHTS,
        expired: true,
        prePeriod: { control: all, concise: all },
      });
    expect(of(same).conclusion?.cuped).not.toBeNull();
    expect(of([...same, changed(5), changed(6)]).conclusion?.cuped).toBeNull();
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
