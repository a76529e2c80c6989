import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateConfidenceSequence, wilsonInterval } from '../../../../src/analysis/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

const at = (successes: number, n: number, alpha = 0.05) =>
  rateConfidenceSequence({ successes, n, alpha, tightestAt: 200 });

describe('the confidence sequence of a rate', () => {
  it('is everything before the first outcome', () => {
    expect(at(0, 0)).toEqual({ low: 0, high: 1 });
  });
  it('holds the rate seen, mirrors with it, and shrinks with alpha', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, share) => {
          const successes = Math.round(n * share);
          const { low, high } = at(successes, n);
          expect(low).toBeLessThanOrEqual(successes / n);
          expect(high).toBeGreaterThanOrEqual(successes / n);
          const mirrored = at(n - successes, n);
          expect(mirrored.low).toBeCloseTo(1 - high, 11);
          const wider = at(successes, n, 0.01);
          expect(wider.low).toBeLessThanOrEqual(low);
          expect(wider.high).toBeGreaterThanOrEqual(high);
        },
      ),
      { seed: 33, numRuns: 100 },
    );
  });
  it('is wider than an interval for one look, at most about twice near where it is tightest', () => {
    for (const [successes, n] of [
      [20, 200],
      [100, 200],
      [500, 1000],
    ] as const) {
      const sequence = at(successes, n);
      const one = wilsonInterval(successes, n);
      const ratio = (sequence.high - sequence.low) / (one.high - one.low);
      expect(ratio).toBeGreaterThan(1.2);
      expect(ratio).toBeLessThan(2);
    }
  });
  it('excludes the true rate in at most alpha of all runs, looking after every outcome; Wilson does far more often', () => {
    const [runs, length, p] = [300, 400, 0.2];
    let [ours, naive] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const random = randomFromSeed(run);
      let successes = 0;
      let [wrong, naiveWrong] = [false, false];
      for (let n = 1; n <= length; n++) {
        if (random.next() < p) successes += 1;
        if (n % 4 !== 0) continue;
        const { low, high } = at(successes, n, 0.1);
        wrong ||= p < low || p > high;
        const wilson = wilsonInterval(successes, n, 0.1);
        naiveWrong ||= p < wilson.low || p > wilson.high;
      }
      ours += Number(wrong);
      naive += Number(naiveWrong);
    }
    expect(ours / runs).toBeLessThanOrEqual(0.1);
    expect(naive / runs).toBeGreaterThan(0.3);
  });
});
