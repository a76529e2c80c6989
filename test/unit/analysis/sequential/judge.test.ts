import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  foldExperimentBlock,
  judgeExperiment,
  type ExperimentGuardrail,
  type ExperimentState,
  type MetricBlock,
} from '../../../../src/analysis/index.ts';
import { holm } from '../../../../src/analysis/multiple-testing.ts';
import { randomFromSeed, sampleBinomial } from '../../../../src/math/index.ts';
import { block, cost, errors, foldRates, of, score, slow, started } from './support.ts';

const guardOf = (required: boolean): readonly ExperimentGuardrail[] => [
  { metric: errors, margin: { kind: 'absolute', amount: 0.02 }, required },
];

/** Blocks of 200 outcomes per arm with the same counts each time. */
const repeat = (
  state: ExperimentState,
  blocks: number,
  arms: Readonly<Record<string, Readonly<Record<string, MetricBlock>>>>,
): ExperimentState =>
  Array.from({ length: blocks }).reduce<ExperimentState>(
    (folded) => foldExperimentBlock(folded, block((folded.lastBlockNo ?? 0) + 1, arms)),
    state,
  );

describe('one variant', () => {
  it('wins when it is proven better, with the reason in numbers', () => {
    const verdict = judgeExperiment(foldRates(started(), 10, { a: 0.6, b: 0.75 }));
    expect(verdict).toMatchObject({ outcome: 'winner', variant: 'b' });
    expect(verdict.reason).toMatch(
      /^b: quality 0\.7\d+ against 0\.\d+ \(\+\d[\d.]* %\): proven better \(p [\d.e-]+ of 0\.05\)$/u,
    );
    const look = verdict.perVariant[0]!;
    expect(look.status).toBe('better');
    expect(look.p).toBeLessThan(0.05);
    expect(look.labelsNeeded).toBe(0);
    expect(look.observed.difference).toBeGreaterThan(0.08);
    expect(look.interval!.low).toBeGreaterThan(0);
    expect(look.interval!.low).toBeLessThan(look.observed.difference!);
    expect(look.interval!.high).toBeGreaterThan(look.observed.difference!);
  });
  it('loses to control when it is proven worse, and only a two-sided design says so', () => {
    const worse = foldRates(started(), 12, { a: 0.75, b: 0.6 });
    expect(judgeExperiment(worse)).toMatchObject({ outcome: 'controlBetter', variant: null });
    const oneSided = foldRates(started({ alternative: 'better' }), 12, { a: 0.75, b: 0.6 });
    expect(judgeExperiment(oneSided).outcome).toBe('running');
    expect(judgeExperiment(oneSided).perVariant[0]!.p).toBe(1);
  });
  it('a one-sided design finds a better one, also where less is better', () => {
    const rising = foldRates(started({ alternative: 'better' }), 12, { a: 0.6, b: 0.75 });
    expect(judgeExperiment(rising).outcome).toBe('winner');
    const falling = started({ alternative: 'better', primary: errors });
    const fewer = foldRates(falling, 12, { a: 0.3, b: 0.15 }, randomFromSeed(2), 'errors');
    expect(judgeExperiment(fewer).outcome).toBe('winner');
  });
  it('where less is better, fewer wins and more loses', () => {
    const state = started({ primary: errors });
    const fewer = foldRates(state, 12, { a: 0.3, b: 0.15 }, randomFromSeed(2), 'errors');
    expect(judgeExperiment(fewer)).toMatchObject({ outcome: 'winner', variant: 'b' });
    const more = foldRates(state, 12, { a: 0.15, b: 0.3 }, randomFromSeed(2), 'errors');
    expect(judgeExperiment(more).outcome).toBe('controlBetter');
  });
  it('ends at the cap without a winner, interval reported', () => {
    const state = started({ capPerArm: 1500 });
    const before = foldRates(state, 14, { a: 0.7, b: 0.7 });
    expect(judgeExperiment(before).outcome).toBe('running');
    expect(judgeExperiment(before).perVariant[0]!.labelsNeeded).toBe(100);
    const verdict = judgeExperiment(foldRates(before, 1, { a: 0.7, b: 0.7 }, randomFromSeed(9)));
    expect(verdict).toMatchObject({ outcome: 'noDifference', variant: null });
    expect(verdict.reason).toMatch(
      /^no difference detected: the cap of 1,500 outcomes per arm is reached\. b: quality 0\.\d+ against/u,
    );
    const { low, high } = verdict.perVariant[0]!.interval!;
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });
  describe('with a variant that gets no units any more', () => {
    const without = (before: ReturnType<typeof started>, blocks: number, b: number) => {
      const random = randomFromSeed(6);
      const draw = (p: number) => ({ quality: of(100, sampleBinomial(100, p, random)) });
      return Array.from({ length: blocks }).reduce<typeof before>(
        (state) =>
          foldExperimentBlock(state, {
            no: (state.lastBlockNo ?? 0) + 1,
            weights: { a: 1, b: 1 },
            arms: { a: draw(0.7), b: draw(b) },
          }),
        before,
      );
    };
    const three = () =>
      foldRates(started({ capPerArm: 1500, variants: ['b', 'c'] }), 3, { a: 0.7, b: 0.7, c: 0.7 });

    it('ends at the cap of the others', () => {
      const before = without(three(), 11, 0.7);
      expect(judgeExperiment(before).outcome).toBe('running');
      const verdict = judgeExperiment(without(before, 1, 0.7));
      expect(verdict.outcome).toBe('noDifference');
      expect(verdict.reason).toMatch(
        /^no difference detected: the cap of 1,500 outcomes per arm is reached/u,
      );
    });
    it('keeps control once every other one is proven worse', () => {
      const verdict = judgeExperiment(without(three(), 10, 0.5));
      expect(verdict.perVariant.map(({ status }) => status)).toEqual(['worse', 'undecided']);
      expect(verdict).toMatchObject({ outcome: 'controlBetter', variant: null });
    });
  });
  it('ends when time is up, and more time later may still decide', () => {
    const state = foldRates(started(), 2, { a: 0.6, b: 0.75 });
    expect(judgeExperiment(state, { expired: true })).toMatchObject({ outcome: 'noDifference' });
    expect(judgeExperiment(state, { expired: true }).reason).toMatch(
      /^no difference detected: time is up at 200 of 2,250 outcomes/u,
    );
    expect(judgeExperiment(foldRates(state, 12, { a: 0.6, b: 0.75 })).outcome).toBe('winner');
  });
  it('a verdict once reached stays, whatever chance does afterwards', () => {
    const found = foldRates(started(), 10, { a: 0.6, b: 0.75 });
    const later = foldRates(found, 6, { a: 0.68, b: 0.68 }, randomFromSeed(4));
    expect(judgeExperiment(later).outcome).toBe('winner');
    expect(judgeExperiment(later).perVariant[0]!.p).toBeLessThanOrEqual(
      judgeExperiment(found).perVariant[0]!.p,
    );
  });
  it('a winner stays the winner when the observed difference turns round later', () => {
    const found = repeat(started(), 5, { a: { quality: of(200, 110) }, b: { quality: of(200, 150) } });
    const turned = repeat(found, 8, { a: { quality: of(200, 150) }, b: { quality: of(200, 120) } });
    const [before, after] = [found, turned].map((state) => judgeExperiment(state));
    expect(after!.perVariant[0]!.p).toBe(before!.perVariant[0]!.p);
    expect(after!.perVariant[0]!.observed.difference).toBeLessThan(0);
    expect([before!.outcome, after!.outcome]).toEqual(['winner', 'winner']);
  });
  it('is decided exactly when its p is at most alpha', () => {
    const random = randomFromSeed(5);
    let near = 0;
    for (let run = 0; run < 40; run++) {
      let state = started();
      for (let look = 0; look < 10; look++) {
        state = foldRates(state, 1, { a: 0.7, b: 0.76 }, random);
        const { pAdjusted, status } = judgeExperiment(state).perVariant[0]!;
        expect(status !== 'undecided').toBe(pAdjusted <= 0.05);
        if (pAdjusted > 0.05 && pAdjusted < 0.1) near += 1;
      }
    }
    expect(near).toBeGreaterThan(0);
  });
  it('extrapolates how many outcomes are still needed, at most what the cap leaves', () => {
    const capped = (capPerArm: number) =>
      judgeExperiment(
        repeat(started({ capPerArm }), 5, { a: { quality: of(200, 130) }, b: { quality: of(200, 140) } }),
      ).perVariant[0]!;
    const look = capped(100_000);
    expect(look.status).toBe('undecided');
    expect(look.logE).toBeGreaterThan(1);
    const perLabel = look.logE / 1000;
    expect(look.labelsNeeded).toBe(Math.ceil((Math.log(20) - look.logE) / perLabel));
    expect(capped(1100).labelsNeeded).toBe(100);
  });
});

describe('nothing to judge', () => {
  it.each<[string, ExperimentState, RegExp]>([
    ['before any block', started(), /^no block came yet$/u],
    ['with empty blocks', repeat(started(), 3, { a: {}, b: {} }), /no block had outcomes of both arms yet/u],
    ['with one arm alone', repeat(started(), 3, { a: { quality: of(200, 90) }, b: {} }), /both arms yet/u],
    [
      'with constant outcomes',
      repeat(started(), 3, { a: { quality: of(200, 200) }, b: { quality: of(200, 200) } }),
      /no difference is proven yet \(p 1 of 0\.05\)/u,
    ],
    [
      'with a constant mean',
      repeat(started({ primary: cost }), 3, {
        a: { cost: { kind: 'mean', n: 200, sum: 200, sumOfSquares: 200 } },
        b: { cost: { kind: 'mean', n: 200, sum: 400, sumOfSquares: 800 } },
      }),
      /no difference is proven yet/u,
    ],
    [
      'with a mean within its burn-in',
      repeat(started({ primary: cost }), 1, {
        a: { cost: { kind: 'mean', n: 60, sum: 60, sumOfSquares: 90 } },
        b: { cost: { kind: 'mean', n: 60, sum: 90, sumOfSquares: 200 } },
      }),
      /60 of the 100 outcomes per arm that a mean needs first/u,
    ],
  ])('is running, with a reason: %s', (_, state, reason) => {
    const verdict = judgeExperiment(state);
    expect(verdict).toMatchObject({ outcome: 'running', variant: null });
    expect(verdict.reason).toMatch(reason);
  });
  it('and time is up: no difference', () => {
    expect(judgeExperiment(started(), { expired: true }).outcome).toBe('noDifference');
  });
});

describe('guardrails', () => {
  const better = (errorsOfB: number, required = true, blocks = 12) =>
    repeat(started({ guardrails: guardOf(required) }), blocks, {
      a: { quality: of(200, 120), errors: of(200, 4) },
      b: { quality: of(200, 150), errors: of(200, errorsOfB) },
    });

  it('hold a better variant back until the loss is ruled out', () => {
    const early = judgeExperiment(better(4, true, 4));
    expect(early.perVariant[0]).toMatchObject({ status: 'better' });
    expect(early.outcome).toBe('running');
    expect(early.reason).toMatch(/a rise of 0\.02 is not ruled out yet \(p [\d.]+ of 0\.05\)/u);
    const late = judgeExperiment(better(4, true, 12));
    expect(late.outcome).toBe('winner');
    expect(late.reason).toMatch(/errors 0\.02 against 0\.02 \(\+0 %\): a rise of 0\.02 is ruled out/u);
  });
  it('stop a variant that harms, whatever the primary metric says', () => {
    const verdict = judgeExperiment(better(24));
    expect(verdict).toMatchObject({ outcome: 'harm', variant: 'b' });
    expect(verdict.reason).toMatch(
      /^b: errors 0\.12 against 0\.02 \(\+500 %\): a rise of 0\.02 or more is proven \(log e/u,
    );
    expect(verdict.perVariant[0]!.guardrails[0]!.outcome).toBe('harm');
  });
  it('that are advisory are shown and decide nothing', () => {
    const verdict = judgeExperiment(better(24, false));
    expect(verdict.outcome).toBe('winner');
    expect(verdict.perVariant[0]!.guardrails[0]).toMatchObject({ required: false, outcome: 'harm' });
  });
  it('unproven at the cap leave no winner, and the reason says that it was not for want of a difference', () => {
    const arms = { a: { quality: of(200, 120) }, b: { quality: of(200, 150) } };
    const verdict = judgeExperiment(repeat(started({ guardrails: guardOf(true) }), 12, arms));
    expect(verdict).toMatchObject({ outcome: 'noDifference', variant: null });
    expect(verdict.reason).toMatch(/^no winner, for want of proof on a guardrail: the cap of 2,250/u);
  });
  it('without data hold back too', () => {
    const arms = { a: { quality: of(200, 120) }, b: { quality: of(200, 150) } };
    const verdict = judgeExperiment(repeat(started({ guardrails: guardOf(true) }), 8, arms));
    expect(verdict.outcome).toBe('running');
    expect(verdict.perVariant[0]!.guardrails[0]).toMatchObject({ outcome: 'noData', p: 1 });
  });
  it('pass and harm for every kind of metric, by its own margin', () => {
    const guardrails: readonly ExperimentGuardrail[] = [
      { metric: score, margin: { kind: 'relative', pct: 10 }, required: true },
      { metric: cost, margin: { kind: 'relative', pct: 20 }, required: true },
      { metric: slow, margin: { kind: 'relative', pct: 20 }, required: true },
    ];
    const random = randomFromSeed(8);
    const arm = (mean: number, dollars: number, above: number): Readonly<Record<string, MetricBlock>> => ({
      score: {
        kind: 'scores',
        scores: Array.from({ length: 200 }, () => mean + 0.2 * (random.next() - 0.5)),
      },
      cost: { kind: 'mean', n: 200, sum: 200 * dollars, sumOfSquares: 200 * (dollars ** 2 + 0.09) },
      slow: { kind: 'tail', n: 200, above, aboveWidened: Math.round(above / 2) },
    });
    const looks = (b: Readonly<Record<string, MetricBlock>>) =>
      judgeExperiment(
        repeat(started({ guardrails }), 25, { a: arm(0.8, 1, 20), b }),
      ).perVariant[0]!.guardrails.map(({ outcome }) => outcome);
    expect(looks(arm(0.8, 1, 20))).toEqual(['pass', 'pass', 'pass']);
    expect(looks(arm(0.65, 1.5, 90))).toEqual(['harm', 'harm', 'harm']);
  });
});

describe('the sample ratio', () => {
  const exposed = (a: number, b: number, over = {}): ExperimentState =>
    foldExperimentBlock(
      foldRates(started(over), 10, { a: 0.6, b: 0.75 }),
      block(11, { a: {}, b: {} }, { exposures: { a, b } }),
    );

  it('freezes the verdict when it is broken, for good', () => {
    const frozen = exposed(5000, 4000);
    expect(judgeExperiment(frozen)).toMatchObject({
      outcome: 'frozen',
      variant: null,
      sampleRatio: { mismatch: true },
    });
    const mended = foldExperimentBlock(
      frozen,
      block(12, { a: {}, b: {} }, { exposures: { a: 4000, b: 5000 } }),
    );
    expect(judgeExperiment(mended).outcome).toBe('frozen');
    expect(judgeExperiment(exposed(5000, 5050)).outcome).toBe('winner');
  });
  it('does not hold back a stop for harm', () => {
    const harmed = repeat(started({ guardrails: guardOf(true) }), 12, {
      a: { quality: of(200, 120), errors: of(200, 4) },
      b: { quality: of(200, 150), errors: of(200, 24) },
    });
    const frozen = foldExperimentBlock(
      harmed,
      block(13, { a: {}, b: {} }, { exposures: { a: 5000, b: 100 } }),
    );
    expect(judgeExperiment(frozen)).toMatchObject({ outcome: 'harm', sampleRatio: { mismatch: true } });
  });
  it('is not watched while nobody counts exposures', () => {
    expect(judgeExperiment(started()).sampleRatio).toBeNull();
  });
});

describe('several variants', () => {
  const three = { variants: ['b', 'c', 'd'] };

  it('share the error probability by Holm', () => {
    const { perVariant } = judgeExperiment(
      foldRates(started(three), 8, { a: 0.6, b: 0.63, c: 0.72, d: 0.6 }),
    );
    expect(perVariant.map(({ pAdjusted }) => pAdjusted)).toEqual(holm(perVariant.map(({ p }) => p)));
    expect(perVariant[1]!.reason).toMatch(/Holm over 3 variants\)$/u);
    expect(perVariant[0]!.interval!.alpha).toBeCloseTo(0.05 / 3, 15);
  });
  it('name the best of those proven better, and the first of equals', () => {
    const verdict = judgeExperiment(foldRates(started(three), 12, { a: 0.5, b: 0.65, c: 0.8, d: 0.5 }));
    expect(verdict).toMatchObject({ outcome: 'winner', variant: 'c' });
    const arms = {
      a: { quality: of(200, 90) },
      b: { quality: of(200, 140) },
      c: { quality: of(200, 140) },
      d: {},
    };
    expect(judgeExperiment(repeat(started(three), 8, arms)).variant).toBe('b');
  });
  it('lose to control only when every one is proven worse', () => {
    const some = foldRates(started(three), 12, { a: 0.8, b: 0.6, c: 0.8, d: 0.6 });
    expect(judgeExperiment(some)).toMatchObject({ outcome: 'running' });
    expect(judgeExperiment(some).perVariant.map(({ status }) => status)).toEqual([
      'worse',
      'undecided',
      'worse',
    ]);
    const all = foldRates(started(three), 12, { a: 0.8, b: 0.6, c: 0.6, d: 0.6 });
    expect(judgeExperiment(all).outcome).toBe('controlBetter');
  });
  it('do not wait for the cap of one that is proven worse and gets no more traffic', () => {
    const two = { variants: ['b', 'c'], capPerArm: 2000 };
    const dropped = repeat(started(two), 5, {
      a: { quality: of(200, 160) },
      b: { quality: of(200, 160) },
      c: { quality: of(200, 110) },
    });
    expect(judgeExperiment(dropped).perVariant[1]!.status).toBe('worse');
    const capped = repeat(dropped, 5, { a: { quality: of(200, 160) }, b: { quality: of(200, 160) } });
    expect(judgeExperiment(capped).outcome).toBe('noDifference');
  });
  it('reach the cap when every one that is still open has', () => {
    const state = foldRates(started({ ...three, capPerArm: 1200 }), 12, { a: 0.8, b: 0.6, c: 0.8, d: 0.8 });
    expect(judgeExperiment(state).outcome).toBe('noDifference');
  });
});

describe('whatever comes', () => {
  it('there is a verdict with a reason, and no number that is none', () => {
    const counts = fc
      .integer({ min: 0, max: 400 })
      .chain((n) => fc.record({ n: fc.constant(n), successes: fc.integer({ min: 0, max: n }) }));
    const proportion = fc.option(counts.map((c): MetricBlock => ({ kind: 'proportion', ...c })));
    const mean = fc.option(
      fc
        .array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 300 })
        .map((values): MetricBlock => ({
          kind: 'mean',
          n: values.length,
          sum: values.reduce((sum, x) => sum + x, 0),
          sumOfSquares: values.reduce((sum, x) => sum + x * x, 0),
        })),
    );
    const scores = fc.option(
      fc
        .array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 })
        .map((values): MetricBlock => ({ kind: 'scores', scores: values })),
    );
    const arm = fc
      .record({ quality: proportion, cost: mean, score: scores })
      .map((metrics) => Object.fromEntries(Object.entries(metrics).filter(([, found]) => found !== null)));
    const weights = fc.record({ a: fc.constantFrom(1, 9), b: fc.constantFrom(1, 3), c: fc.constant(1) });
    const guardrails: readonly ExperimentGuardrail[] = [
      { metric: cost, margin: { kind: 'relative', pct: 10 }, required: true },
      { metric: score, margin: { kind: 'absolute', amount: 0.1 }, required: true },
    ];
    fc.assert(
      fc.property(
        fc.array(fc.record({ arms: fc.record({ a: arm, b: arm, c: arm }), weights }), { maxLength: 8 }),
        (blocks) => {
          let state = started({ variants: ['b', 'c'], guardrails, stages: 2 });
          blocks.forEach(({ arms, weights: inForce }, i) => {
            const exposures = { a: 10, b: 10, c: 10 };
            state = foldExperimentBlock(state, { no: i, weights: inForce, exposures, arms: arms as never });
            const verdict = judgeExperiment(state);
            expect(verdict.reason).not.toBe('');
            // JSON writes null for what is not finite: reading back what was written must give the same.
            expect(JSON.parse(JSON.stringify({ state, verdict }))).toEqual({ state, verdict });
          });
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });
});
