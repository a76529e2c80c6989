import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chanceRateAbove,
  chanceRateBest,
  expectedRateLoss,
  rateEstimate,
  ratePosterior,
  type RatePosterior,
} from '../../../../src/analysis/index.ts';
import { betaCdf, logBinomial, randomFromSeed, sampleBeta } from '../../../../src/math/index.ts';

const logUniform = (low: number, high: number): fc.Arbitrary<number> =>
  fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
const posterior: fc.Arbitrary<RatePosterior> = fc.record({
  a: fc.oneof(fc.integer({ min: 1, max: 3000 }), logUniform(0.05, 1e5)),
  b: fc.oneof(fc.integer({ min: 1, max: 3000 }), logUniform(0.05, 1e5)),
});
const check = <T>(property: fc.IProperty<T>, numRuns = 60): void => {
  fc.assert(property, { seed: 31, numRuns });
};
const mirror = ({ a, b }: RatePosterior): RatePosterior => ({ a: b, b: a });

describe('the posterior of a rate', () => {
  it('adds what was seen to its prior, uniform unless given', () => {
    expect(ratePosterior(3, 7)).toEqual({ a: 4, b: 8 });
    expect(ratePosterior(0.5, 0, { a: 2, b: 3 })).toEqual({ a: 2.5, b: 3 });
  });
  it('has an interval that leaves alpha / 2 on either side', () => {
    const { mean, low, high } = rateEstimate({ a: 30, b: 70 }, 0.1);
    expect(mean).toBeCloseTo(0.3, 15);
    expect(betaCdf(low, 30, 70)).toBeCloseTo(0.05, 12);
    expect(betaCdf(high, 30, 70)).toBeCloseTo(0.95, 12);
    // Next to 0 it is an exponential: -ln(alpha / 2) / b.
    const rare = rateEstimate({ a: 1, b: 1e12 }, 1e-20);
    expect(rare.high / (-Math.log(0.5e-20) / 1e12)).toBeCloseTo(1, 9);
  });
});

describe('the chance that one rate is above another', () => {
  it('is 1/2 between equals and 2/3 for one success more after a uniform prior', () => {
    expect(chanceRateAbove({ a: 7, b: 3 }, { a: 7, b: 3 })).toBeCloseTo(0.5, 12);
    expect(chanceRateAbove({ a: 1, b: 1 }, { a: 2, b: 1 })).toBeCloseTo(2 / 3, 14);
  });
  it('is the rest of the chance the other way round', () => {
    check(
      fc.property(posterior, posterior, (a, b) => {
        expect(chanceRateAbove(a, b) + chanceRateAbove(b, a)).toBeCloseTo(1, 10);
      }),
    );
  });
  it('is the same by the sum and by the integral', () => {
    check(
      fc.property(posterior, posterior, (a, b) => {
        const integral = chanceRateBest([a, b])[1]!;
        expect(Math.abs(chanceRateAbove(a, b) - integral)).toBeLessThanOrEqual(1e-10 * integral);
      }),
    );
  });
  it('keeps its digits when it is tiny', () => {
    // P(B > A) for A = Beta(n, 1), B = Beta(1, n) is 1 over (2 n choose n).
    const exact = Math.exp(-logBinomial(400, 200));
    const arms = [
      { a: 200, b: 1 },
      { a: 1, b: 200 },
    ] as const;
    expect(chanceRateAbove(...arms) / exact).toBeCloseTo(1, 11);
    expect(chanceRateBest(arms)[1]! / exact).toBeCloseTo(1, 11);
  });
});

describe('several rates', () => {
  it('share out a chance of 1', () => {
    check(
      fc.property(fc.array(posterior, { minLength: 1, maxLength: 5 }), (posteriors) => {
        const sum = chanceRateBest(posteriors).reduce((total, p) => total + p, 0);
        expect(sum).toBeCloseTo(1, 10);
      }),
      30,
    );
  });
  it('the lowest is the best where less is better', () => {
    check(
      fc.property(posterior, posterior, posterior, (a, b, c) => {
        const lowest = chanceRateBest([a, b, c], 'min');
        const highest = chanceRateBest([a, b, c].map(mirror), 'max');
        for (const k of [0, 1, 2]) expect(lowest[k]).toBeCloseTo(highest[k]!, 10);
        const loss = expectedRateLoss([a, b, c], 'min');
        const mirrored = expectedRateLoss([a, b, c].map(mirror), 'max');
        for (const k of [0, 1, 2]) expect(loss[k]).toBeCloseTo(mirrored[k]!, 12);
      }),
      15,
    );
  });
  it('cost the difference of the means more, one than another', () => {
    check(
      fc.property(posterior, posterior, posterior, (...arms) => {
        const loss = expectedRateLoss(arms);
        const mean = arms.map(({ a, b }) => a / (a + b));
        for (const k of [1, 2]) {
          expect(loss[k]! - loss[0]!).toBeCloseTo(mean[0]! - mean[k]!, 11);
          expect(loss[k]).toBeGreaterThanOrEqual(0);
        }
      }),
      30,
    );
  });
  it('agree with draws from them', () => {
    const arms = [
      { a: 31, b: 70 },
      { a: 0.6, b: 1.1 },
      { a: 12, b: 30 },
    ];
    const random = randomFromSeed(5);
    const draws = 40_000;
    const wins = [0, 0, 0];
    const losses = [0, 0, 0];
    for (let i = 0; i < draws; i++) {
      const rates = arms.map(({ a, b }) => sampleBeta(a, b, random));
      const best = Math.max(...rates);
      wins[rates.indexOf(best)]! += 1;
      for (const [k, rate] of rates.entries()) losses[k]! += best - rate;
    }
    const chances = chanceRateBest(arms);
    const expected = expectedRateLoss(arms);
    for (const k of [0, 1, 2]) {
      expect(Math.abs(wins[k]! / draws - chances[k]!)).toBeLessThan(0.01);
      expect(Math.abs(losses[k]! / draws - expected[k]!)).toBeLessThan(0.006);
    }
  });
  it('one alone is the best and costs nothing', () => {
    expect(chanceRateBest([{ a: 2, b: 3 }])).toEqual([1]);
    expect(expectedRateLoss([{ a: 2, b: 3 }])).toEqual([0]);
  });
});
