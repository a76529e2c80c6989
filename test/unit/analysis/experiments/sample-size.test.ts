import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CAP_FACTOR,
  detectableDifference,
  detectableRate,
  emptyTlg,
  foldTlg,
  meanPower,
  meanSampleSize,
  planExperiment,
  ratePower,
  rateSampleSize,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleBinomial } from '../../../../src/math/index.ts';

const designs = fc.record({
  alpha: fc.constantFrom(0.1, 0.05, 0.01, 1e-4),
  power: fc.constantFrom(0.5, 0.8, 0.95),
  ratio: fc.constantFrom(0.25, 1, 3),
  twoSided: fc.boolean(),
});
const rates = fc.double({ min: 0.02, max: 0.98, noNaN: true });

describe('the size for two rates', () => {
  it('is the smallest that has the power', () => {
    fc.assert(
      fc.property(rates, rates, designs, (rateA, rateB, design) => {
        fc.pre(Math.abs(rateA - rateB) > 0.002);
        const { nA, nB, exactNA, power } = rateSampleSize(rateA, rateB, design);
        const { power: wanted, ...test } = design;
        expect(power).toBeGreaterThanOrEqual(wanted - 1e-9);
        expect(nA).toBeGreaterThanOrEqual(exactNA - 1e-6);
        expect(nB).toBeGreaterThanOrEqual(nA * design.ratio - 1e-6);
        fc.pre(nA > 3);
        expect(ratePower(rateA, rateB, nA - 1, test)).toBeLessThan(wanted);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
  it('is undone by the detectable rate', () => {
    fc.assert(
      fc.property(rates, rates, designs, (rateA, rateB, design) => {
        fc.pre(Math.abs(rateA - rateB) > 0.01);
        const { nA } = rateSampleSize(rateA, rateB, design);
        fc.pre(nA >= 2);
        const { power: wanted, ...test } = design;
        const found = detectableRate(rateA, nA, rateB > rateA ? 'up' : 'down', design);
        if (!found.ok) throw new Error(found.reason);
        expect(Math.abs(found.value - rateA)).toBeLessThanOrEqual(Math.abs(rateB - rateA) + 1e-9);
        fc.pre(found.value > 0 && found.value < 1);
        expect(ratePower(rateA, found.value, nA, test)).toBeCloseTo(wanted, 9);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
  it('has no detectable rate when even the end of the scale would be missed', () => {
    expect(detectableRate(0.97, 20, 'up')).toMatchObject({ ok: false });
    expect(detectableRate(0.97, 20, 'down')).toMatchObject({ ok: true });
  });
});

describe('the size for two means', () => {
  it('is the smallest that has the power, a little above the normal approximation', () => {
    for (const [difference, ratio, twoSided] of [
      [0.3, 1, true],
      [-0.9, 2, true],
      [0.5, 0.5, false],
    ] as const) {
      const { nA, exactNA, exactNANormal, power } = meanSampleSize(difference, 1, { ratio, twoSided });
      expect(power).toBeGreaterThanOrEqual(0.8);
      expect(meanPower(difference, 1, nA - 1, { ratio, twoSided })).toBeLessThan(0.8);
      expect(exactNA - exactNANormal).toBeGreaterThan(0);
      expect(exactNA - exactNANormal).toBeLessThan(4);
    }
  });
  it('is undone by the detectable difference', () => {
    for (const nA of [2, 3, 10, 5000]) {
      for (const twoSided of [true, false]) {
        const difference = detectableDifference(7, nA, { twoSided });
        expect(meanPower(difference, 7, nA, { twoSided })).toBeCloseTo(0.8, 9);
      }
    }
  });
  it('never has fewer than two units in an arm, nor trouble with tiny and huge effects', () => {
    expect(meanSampleSize(1e6, 1)).toMatchObject({ nA: 2, nB: 2, power: 1 });
    expect(meanSampleSize(1e6, 1, { ratio: 0.1 })).toMatchObject({ nA: 20, nB: 2 });
    const { nA, exactNANormal, power } = meanSampleSize(1e-9, 1);
    expect(nA / exactNANormal).toBeCloseTo(1, 5);
    expect(power).toBeCloseTo(0.8, 6);
  });
});

describe('the plan of an experiment', () => {
  it('caps at 2.25 times the fixed size and tunes for both arms', () => {
    const plan = planExperiment({ kind: 'rate', baseline: 0.7, minimumEffect: 0.05 });
    expect(plan).toMatchObject({
      alphaPerComparison: 0.05,
      fixed: { control: 1251, variant: 1251 },
      cap: { control: 2815, variant: 2815 },
      capTotal: 5630,
      nOpt: 2502,
    });
    expect(plan.expected!.power).toEqual({ low: 0.8, high: 0.87 });
  });
  it('sizes each of several variants at the worst case of Holm', () => {
    const one = planExperiment({ kind: 'mean', sd: 2, minimumEffect: 0.5 }, { alpha: 0.05 / 3 });
    const three = planExperiment({ kind: 'mean', sd: 2, minimumEffect: 0.5 }, { variants: 3 });
    expect(three.alphaPerComparison).toBe(0.05 / 3);
    expect(three.fixed).toEqual(one.fixed);
    expect(three.nOpt).toBe(one.nOpt);
    expect(three.capTotal).toBe(4 * one.cap.control);
  });
  it('promises nothing that was not measured', () => {
    const metric = { kind: 'rate', baseline: 0.7, minimumEffect: 0.05 } as const;
    expect(planExperiment(metric, { power: 0.85 }).expected).toBeNull();
    expect(planExperiment(metric, { capFactor: 1.7 }).expected).toBeNull();
    expect(planExperiment(metric, { ratio: 0.5 }).expected).toBeNull();
    expect(planExperiment(metric, { twoSided: false }).expected).toBeNull();
    expect(planExperiment(metric, { alpha: 0.1 }).expected).toBeNull();
  });
  it.each([
    [0.05, 0.7, 0.05],
    [0.05 / 3, 0.1, 0.05],
  ])('keeps its promise at alpha %f, base rate %f', (alpha, baseline, minimumEffect) => {
    const plan = planExperiment({ kind: 'rate', baseline, minimumEffect }, { alpha });
    const random = randomFromSeed(21);
    const runs = 600;
    const block = Math.round(plan.fixed.control / 20);
    let [found, units] = [0, 0];
    for (let run = 0; run < runs; run++) {
      let state = emptyTlg();
      while (state.nA < plan.cap.control && state.maxLogE < Math.log(1 / alpha)) {
        const n = Math.min(block, plan.cap.control - state.nA);
        const sA = sampleBinomial(n, baseline, random);
        const sB = sampleBinomial(n, baseline + minimumEffect, random);
        state = foldTlg(state, { nA: n, sA, nB: n, sB }, { kind: 'absolute', margin: 0, side: 'two' });
      }
      if (state.maxLogE >= Math.log(1 / alpha)) found += 1;
      units += state.nA;
    }
    const { power, meanControl } = plan.expected!;
    // Three standard errors of the simulation: 1.6 points of power each.
    expect(found / runs).toBeGreaterThan(power.low - 0.05);
    expect(units / runs).toBeLessThan(meanControl.high * 1.05);
    expect(units / runs).toBeGreaterThan(plan.fixed.control);
    expect(CAP_FACTOR).toBe(2.25);
  });
});
