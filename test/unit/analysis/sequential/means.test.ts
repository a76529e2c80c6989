import { describe, expect, it } from 'vitest';
import {
  emptyRunningInterval,
  foldExperimentBlock,
  judgeExperiment,
  lookAtMeans,
  type ExperimentBlock,
  type ExperimentState,
  type MetricSpec,
  type Moments,
} from '../../../../src/analysis/index.ts';
import { compareMeans } from '../../../../src/analysis/asymptotic.ts';
import { metricBlockOfValues } from '../../../../src/analysis/sequential/blocks-of.ts';
import { randomFromSeed, sampleLogNormal, type Random } from '../../../../src/math/index.ts';
import { block, cost, quality, started } from './support.ts';

const arm = (n: number, mean: number, sd: number): Moments => ({ n, mean, m2: sd * sd * (n - 1) });

/** Blocks of `n` costs per arm, log-normal around the medians given. */
const foldCosts = (
  state: ExperimentState,
  blocks: number,
  medians: Readonly<Record<'a' | 'b', number>>,
  random: Random,
  over: Partial<ExperimentBlock> & { readonly n?: Readonly<Record<'a' | 'b', number>> } = {},
): ExperimentState => {
  const { n = { a: 100, b: 100 }, ...rest } = over;
  const metric: MetricSpec = state.design.primary;
  return Array.from({ length: blocks }).reduce<ExperimentState>((folded) => {
    const draw = (of: 'a' | 'b') => ({
      cost: metricBlockOfValues(
        metric,
        Array.from({ length: n[of] }, () => medians[of] * sampleLogNormal(0, 0.5, random)),
      ),
    });
    return foldExperimentBlock(
      folded,
      block((folded.lastBlockNo ?? 0) + 1, { a: draw('a'), b: draw('b') }, rest),
    );
  }, state);
};

describe('the running interval', () => {
  const options = { alpha: 0.05, nOpt: 2000 };
  it('says nothing within the burn-in, and keeps what it has excluded', () => {
    const early = lookAtMeans(emptyRunningInterval(), arm(99, 1, 1), arm(500, 3, 1), options);
    expect(early).toEqual(emptyRunningInterval());
    const far = lookAtMeans(early, arm(400, 1, 1), arm(400, 1.5, 1), options);
    const near = lookAtMeans(far, arm(410, 1, 1), arm(410, 1.4, 1), options);
    expect(far.low).toBeGreaterThan(0);
    expect(near.low).toBe(far.low);
    expect(near.logP).toBe(far.logP);
    expect(near.high).toBeLessThan(far.high!);
  });
  it('is unchanged by a look without variance', () => {
    expect(lookAtMeans(emptyRunningInterval(), arm(200, 1, 0), arm(200, 2, 0), options)).toEqual(
      emptyRunningInterval(),
    );
  });
});

describe('a mean', () => {
  it('that is lower wins where less is better, by the asymptotic sequence of the stage', () => {
    const state = foldCosts(started({ primary: cost }), 12, { a: 1, b: 0.8 }, randomFromSeed(1));
    expect(judgeExperiment(state)).toMatchObject({ outcome: 'winner', variant: 'b' });
    const { control, variant } = state.variants[0]!.primary.stage;
    const found = compareMeans(control, variant, { alpha: 0.05, nOpt: 2000 });
    const { logE } = state.variants[0]!.primary.superiority;
    expect(found.ok && -found.value.logP).toBeCloseTo(logE, 10);
  });
  it('a one-sided design asks for the good side only', () => {
    const design = { primary: cost, alternative: 'better' } as const;
    const cheaper = foldCosts(started(design), 12, { a: 1, b: 0.8 }, randomFromSeed(1));
    expect(judgeExperiment(cheaper).outcome).toBe('winner');
    const dearer = foldCosts(started(design), 12, { a: 0.8, b: 1 }, randomFromSeed(1));
    expect(judgeExperiment(dearer).perVariant[0]!.p).toBe(1);
  });
  it('on the log scale reports the ratio, and winsorised is cut at the cap', () => {
    const log = started({ primary: { ...cost, scale: { kind: 'log' } } });
    const look = judgeExperiment(foldCosts(log, 12, { a: 1, b: 0.8 }, randomFromSeed(2))).perVariant[0]!;
    expect(look.status).toBe('better');
    expect(look.observed.relative).toBeCloseTo(-0.2, 1);
    expect(look.reason).toMatch(/^cost 0\.7\d+ against 1?[.\d]+ \(-\d/u);
    const halved = [0, -Math.LN2].map((mean) => ({
      cost: { kind: 'mean' as const, n: 200, sum: 200 * mean, sumOfSquares: 200 * (mean ** 2 + 1) },
    }));
    const half = foldExperimentBlock(log, block(1, { a: halved[0]!, b: halved[1]! }));
    expect(judgeExperiment(half).perVariant[0]!.observed.relative).toBeCloseTo(-0.5, 12);
    const cut = started({ primary: { ...cost, scale: { kind: 'winsorised', cap: 1.5 } } });
    const observed = judgeExperiment(foldCosts(cut, 12, { a: 1, b: 0.8 }, randomFromSeed(2))).perVariant[0]!
      .observed;
    expect(observed.control).toBeLessThan(1.1);
  });
  it('starts anew at each stage, which may spend its share of alpha only', () => {
    const two = started({ primary: cost, stages: 2 });
    const first = foldCosts(two, 4, { a: 1, b: 0.8 }, randomFromSeed(3));
    const ofTwo = first.variants[0]!.primary;
    const means = ofTwo.stage;
    const found = compareMeans(means.control, means.variant, { alpha: 0.025, nOpt: 2000 });
    expect(found.ok && -found.value.logP - Math.LN2).toBeCloseTo(ofTwo.superiority.logE, 10);
    const weights = { weights: { a: 1, b: 3 }, n: { a: 50, b: 150 } };
    const second = foldCosts(first, 1, { a: 1, b: 0.8 }, randomFromSeed(4), weights);
    expect(second.variants[0]!.primary.stage.control.n).toBe(50);
    expect(second.variants[0]!.primary.interval).toEqual(emptyRunningInterval());
    expect(second.variants[0]!.primary.superiority.maxLogE).toBe(ofTwo.superiority.maxLogE);
  });
  it('gets no evidence from stages beyond those of the design, and says at once that it cannot be judged', () => {
    const once = foldCosts(started({ primary: cost }), 1, { a: 1, b: 1 }, randomFromSeed(5));
    const ramped = foldCosts(once, 20, { a: 1, b: 0.5 }, randomFromSeed(6), { weights: { a: 2, b: 1 } });
    const verdict = judgeExperiment(ramped);
    expect(verdict).toMatchObject({ outcome: 'unjudged', variant: null });
    expect(judgeExperiment(ramped, { expired: true }).outcome).toBe('unjudged');
    expect(verdict.reason).toMatch(/no error probability for means after its 1 stages/u);
    expect(verdict.perVariant[0]!.interval).toBeNull();
  });
  it('that was proven before its stages were spent stays proven, and waits for its guardrails', () => {
    const guardrails = [
      { metric: quality, margin: { kind: 'absolute', amount: 0.02 } as const, required: true },
    ];
    const found = foldCosts(started({ primary: cost, guardrails }), 12, { a: 1, b: 0.5 }, randomFromSeed(1));
    const after = foldCosts(found, 1, { a: 1, b: 0.5 }, randomFromSeed(2), { weights: { a: 2, b: 1 } });
    expect(judgeExperiment(after)).toMatchObject({ outcome: 'running', perVariant: [{ status: 'better' }] });
  });
  it('a ramp under drift does not look like an effect, as pooling over it would', () => {
    let state = started({ primary: cost, stages: 3 });
    const random = randomFromSeed(7);
    for (const [i, share] of [0.05, 0.25, 0.5].entries()) {
      const n = { a: Math.round(1000 * (1 - share)), b: Math.round(1000 * share) };
      const median = 1 + i;
      state = foldCosts(state, 5, { a: median, b: median }, random, {
        n,
        weights: { a: 1 - share, b: share },
      });
    }
    const look = judgeExperiment(state).perVariant[0]!;
    expect(look.status).toBe('undecided');
    expect(Math.abs(look.observed.relative!)).toBeLessThan(0.05);
  });
  it('per cent of a mean that is not above 0 is no margin: nothing is proven either way', () => {
    const profit = { id: 'profit', kind: 'mean', direction: 'increase', scale: { kind: 'raw' } } as const;
    const guardrails = [{ metric: profit, margin: { kind: 'relative', pct: 10 } as const, required: true }];
    let state = started({ primary: cost, guardrails });
    for (let no = 1; no <= 10; no++) {
      const loss = { profit: { kind: 'mean', n: 200, sum: -200, sumOfSquares: 400 } } as const;
      state = foldExperimentBlock(state, block(no, { a: loss, b: loss }));
    }
    expect(judgeExperiment(state).perVariant[0]!.guardrails[0]).toMatchObject({
      outcome: 'inconclusive',
      p: 1,
    });
  });
  it('absolute margins are in the unit of the metric', () => {
    const look = (dearer: number, amount: number) => {
      const guardrails = [
        { metric: { ...cost, id: 'spend' }, margin: { kind: 'absolute', amount } as const, required: true },
      ];
      let state = started({ primary: cost, guardrails });
      for (let no = 1; no <= 20; no++) {
        const spend = (mean: number) => ({
          spend: { kind: 'mean' as const, n: 200, sum: 200 * mean, sumOfSquares: 200 * (mean ** 2 + 1) },
        });
        state = foldExperimentBlock(state, block(no, { a: spend(5), b: spend(5 + dearer) }));
      }
      return judgeExperiment(state).perVariant[0]!.guardrails[0]!.outcome;
    };
    expect([look(0, 0.5), look(1, 0.5), look(0.5, 0.5)]).toEqual(['pass', 'harm', 'inconclusive']);
  });
});
