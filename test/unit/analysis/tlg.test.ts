import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyOneSample, foldOneSample } from '../../../src/analysis/one-sample.ts';
import { emptyTlg, foldTlg, tlgGrowth } from '../../../src/analysis/tlg.ts';
import { randomFromSeed } from '../../../src/math/random.ts';

const nulls = fc.oneof(
  fc.record({
    kind: fc.constant('relative' as const),
    margin: fc.double({ min: 0.7, max: 2, noNaN: true }),
    side: fc.constantFrom('greater' as const, 'less' as const),
  }),
  fc.record({
    kind: fc.constant('absolute' as const),
    margin: fc.double({ min: -0.2, max: 0.2, noNaN: true }),
    side: fc.constantFrom('greater' as const, 'less' as const),
  }),
);

describe('validity', () => {
  it('the expected e-value of a block is at most 1 everywhere on the boundary of the null', () => {
    const rate = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const count = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(nulls, rate, rate, count, count, rate, (hypothesis, pA, pB, nA, nB, mu) => {
        const high =
          hypothesis.kind === 'absolute'
            ? 1 - Math.max(0, hypothesis.margin)
            : Math.min(1, 1 / hypothesis.margin);
        const low = hypothesis.kind === 'absolute' ? Math.max(0, -hypothesis.margin) : 0;
        const a = low + (high - low) * mu;
        const b = hypothesis.kind === 'absolute' ? a + hypothesis.margin : a * hypothesis.margin;
        // A state whose plug-ins are pA and pB up to the prior, then every outcome of the next block weighted by the null.
        const seen = { ...emptyTlg(), nA: 1e6, sA: 1e6 * pA, nB: 1e6, sB: 1e6 * pB };
        const logE = (sA: number, sB: number) => foldTlg(seen, { nA, sA, nB, sB }, hypothesis).logE;
        let expected = 0;
        const base = logE(0, 0);
        const perA = logE(1, 0) - base;
        const perB = logE(0, 1) - base;
        expected =
          base + nA * Math.log(1 - a + a * Math.exp(perA)) + nB * Math.log(1 - b + b * Math.exp(perB));
        expect(expected).toBeLessThanOrEqual(1e-7);
      }),
      { seed: 21, numRuns: 500 },
    );
  });
  it('an equal candidate at the null is rejected in at most alpha of runs', () => {
    const random = randomFromSeed(5);
    let rejected = 0;
    const runs = 400;
    for (let r = 0; r < runs; r++) {
      let state = emptyTlg();
      for (let b = 0; b < 60; b++) {
        const draw = (n: number, p: number) =>
          Array.from({ length: n }, random.next).filter((u) => u < p).length;
        const block = { nA: 60, sA: draw(60, 0.8), nB: 20, sB: draw(20, 0.76) };
        state = foldTlg(state, block, { kind: 'relative', margin: 0.95, side: 'greater' });
      }
      if (state.maxLogE >= Math.log(20)) rejected += 1;
    }
    expect(rejected / runs).toBeLessThanOrEqual(0.05);
  });
});

describe('tlgGrowth', () => {
  it('is positive outside the null, 0 inside, and larger for a wider margin', () => {
    const growth = (margin: number) => tlgGrowth(0.8, 0.8, 1, { kind: 'relative', margin, side: 'greater' });
    expect(growth(0.95)).toBeGreaterThan(0);
    expect(growth(0.8)).toBeGreaterThan(growth(0.9));
    expect(growth(1.1)).toBe(0);
  });
});

describe('one sample against a limit', () => {
  const fold = (blocks: readonly (readonly [number, number])[], limit: number, side: 'greater' | 'less') =>
    blocks.reduce((state, [n, s]) => foldOneSample(state, { n, s }, { limit, side }), emptyOneSample());
  const many = (n: number, s: number) => Array.from({ length: 40 }, () => [n, s] as const);

  it('finds a rate beyond its limit, in the direction asked only', () => {
    expect(fold(many(50, 6), 0.05, 'greater').maxLogE).toBeGreaterThan(Math.log(1000));
    expect(fold(many(50, 6), 0.2, 'greater').maxLogE).toBeLessThan(Math.log(50));
    expect(fold(many(50, 6), 0.2, 'less').maxLogE).toBeGreaterThan(Math.log(1000));
  });
  it('stays finite at limits of 0 and 1', () => {
    expect(fold(many(5, 1), 0, 'greater').logE).toBeGreaterThan(0);
    expect(Number.isFinite(fold(many(50, 25), 1, 'less').logE)).toBe(true);
    expect(fold(many(50, 50), 1, 'greater').logE).toBe(0);
  });
  it('keeps its promise at the limit: at most alpha false alarms', () => {
    const random = randomFromSeed(6);
    let alarms = 0;
    for (let r = 0; r < 400; r++) {
      let state = emptyOneSample();
      for (let b = 0; b < 60; b++) {
        const s = Array.from({ length: 50 }, random.next).filter((u) => u < 0.1).length;
        state = foldOneSample(state, { n: 50, s }, { limit: 0.1, side: 'greater' });
      }
      if (state.maxLogE >= Math.log(20)) alarms += 1;
    }
    expect(alarms / 400).toBeLessThanOrEqual(0.05);
  });
  it('names what is wrong', () => {
    expect(() =>
      foldOneSample(emptyOneSample(), { n: Number.NaN, s: 0 }, { limit: 0.1, side: 'less' }),
    ).toThrow(/^n /);
    expect(() => foldOneSample(emptyOneSample(), { n: 1, s: 2 }, { limit: 0.1, side: 'less' })).toThrow(
      /^s /,
    );
    expect(() => foldOneSample(emptyOneSample(), { n: 1, s: 1 }, { limit: 2, side: 'less' })).toThrow(
      /^limit/,
    );
  });
});
