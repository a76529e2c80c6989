import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chanceMeanAbove,
  chanceMeanBest,
  expectedMeanLoss,
  knownVariancePosterior,
  meanEstimate,
  normalInverseGammaPosterior,
  sampleMoments,
  type MeanPosterior,
  type NormalInverseGamma,
  type NormalPosterior,
} from '../../../../src/analysis/index.ts';
import { normalCdf, normalPdf, studentTCdf } from '../../../../src/math/index.ts';

const normal = (mean: number, variance: number): NormalPosterior => ({ kind: 'normal', mean, variance });
const unknown = (mu: number, kappa: number, alpha: number, beta: number): NormalInverseGamma => ({
  kind: 'normalInverseGamma',
  mu,
  kappa,
  alpha,
  beta,
});
const PRIOR = unknown(0, 1, 1, 1);
const value = fc.double({ min: -50, max: 50, noNaN: true });
const size = fc.double({ min: -6, max: 6, noNaN: true }).map(Math.exp);
const anyPosterior: fc.Arbitrary<MeanPosterior> = fc.oneof(
  fc.tuple(value, size).map(([mean, variance]) => normal(mean, variance)),
  fc
    .tuple(value, size, fc.double({ min: 0.6, max: 200, noNaN: true }), size)
    .map(([mu, kappa, alpha, beta]) => unknown(mu, kappa, alpha, beta)),
);
const check = <T>(property: fc.IProperty<T>, numRuns = 40): void => {
  fc.assert(property, { seed: 32, numRuns });
};

describe('a posterior of a mean', () => {
  it('is the same from all data at once and in two steps', () => {
    const all = [3, 1, 4, 1, 5, 9, 2, 6];
    const once = normalInverseGammaPosterior(sampleMoments(all), PRIOR);
    const first = normalInverseGammaPosterior(sampleMoments(all.slice(0, 3)), PRIOR);
    const twice = normalInverseGammaPosterior(sampleMoments(all.slice(3)), first);
    for (const field of ['mu', 'kappa', 'alpha', 'beta'] as const) {
      expect(twice[field]).toBeCloseTo(once[field], 12);
    }
  });
  it('is the prior without data', () => {
    expect(normalInverseGammaPosterior({ n: 0, mean: 0, m2: 0 }, PRIOR)).toEqual(PRIOR);
    expect(knownVariancePosterior({ n: 0, mean: 9 }, 2, normal(3, 4))).toEqual(normal(3, 4));
  });
  it('weighs prior and data by their precision', () => {
    const { mean, variance } = knownVariancePosterior({ n: 4, mean: 10 }, 8, normal(0, 2));
    expect([mean, variance]).toEqual([5, 1]);
  });
  it('has an interval that leaves alpha / 2 on either side', () => {
    const t = meanEstimate(unknown(5, 4, 3, 12), 0.1);
    expect(studentTCdf((t.high - 5) / 1, 6)).toBeCloseTo(0.95, 12);
    expect(t.low + t.high).toBeCloseTo(10, 12);
    const z = meanEstimate(normal(5, 4), 0.1);
    expect(normalCdf((z.low - 5) / 2)).toBeCloseTo(0.05, 12);
  });
});

describe('which mean is above', () => {
  it('is a normal probability between normals', () => {
    expect(chanceMeanAbove(normal(0, 9), normal(5, 16))).toBeCloseTo(normalCdf(1), 14);
  });
  it('is the same by the integral', () => {
    check(
      fc.property(value, size, value, size, (m1, v1, m2, v2) => {
        const arms = [normal(m1, v1), normal(m2, v2)];
        const closed = chanceMeanAbove(arms[0]!, arms[1]!);
        expect(chanceMeanBest(arms)[1]).toBeCloseTo(closed, 10);
      }),
    );
  });
  it('tends to the normal answer for a t of many degrees of freedom', () => {
    const chance = chanceMeanAbove(unknown(0, 1, 1e9, 9e9), unknown(5, 1, 1e9, 16e9));
    expect(chance).toBeCloseTo(normalCdf(1), 7);
  });
  it('is a Cauchy probability between two t of 1 degree of freedom', () => {
    // Differences of Cauchy variables add their scales.
    const chance = chanceMeanAbove(unknown(0, 1, 0.5, 0.5), unknown(3, 1, 0.5, 2));
    expect(chance).toBeCloseTo(0.5 + Math.atan(3 / 3) / Math.PI, 11);
  });
});

describe('several means', () => {
  it('share out a chance of 1', () => {
    check(
      fc.property(fc.array(anyPosterior, { minLength: 2, maxLength: 4 }), (posteriors) => {
        expect(chanceMeanBest(posteriors).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
  it('cost the difference of the means more, one than another', () => {
    check(
      fc.property(anyPosterior, anyPosterior, anyPosterior, (...arms) => {
        const loss = expectedMeanLoss(arms);
        const low = expectedMeanLoss(arms, 'min');
        const mean = arms.map((posterior) => meanEstimate(posterior).mean);
        const scale = 1e-8 * (1 + Math.max(...loss, ...low));
        for (const k of [1, 2]) {
          expect(Math.abs(loss[k]! - loss[0]! - (mean[0]! - mean[k]!))).toBeLessThan(scale);
          expect(Math.abs(low[k]! - low[0]! - (mean[k]! - mean[0]!))).toBeLessThan(scale);
        }
      }),
    );
  });
  it('cost what a normal difference costs above 0', () => {
    const loss = expectedMeanLoss([normal(0, 9), normal(5, 16)]);
    expect(loss[0]).toBeCloseTo(5 * normalCdf(1) + 5 * normalPdf(1), 11);
    expect(loss[1]).toBeCloseTo(5 * normalPdf(1) - 5 * normalCdf(-1), 11);
  });
  it('do not depend on where zero lies or on the unit', () => {
    const arms = [unknown(0, 3, 4, 5), unknown(1, 2, 8, 5), normal(0.4, 0.3)];
    const moved = [unknown(1e6, 3, 4, 5e-6), unknown(1e6 + 1e-3, 2, 8, 5e-6), normal(1e6 + 0.4e-3, 0.3e-6)];
    const [a, b] = [chanceMeanBest(arms), chanceMeanBest(moved)];
    for (const k of [0, 1, 2]) expect(b[k]).toBeCloseTo(a[k]!, 6);
  });
  it('far apart are certain', () => {
    const [first, second] = chanceMeanBest([normal(0, 1), normal(1e6, 1e-6)]);
    expect(first).toBe(0);
    expect(second).toBeCloseTo(1, 12);
  });
  it('have no expected loss where there is no mean', () => {
    expect(() => expectedMeanLoss([PRIOR, unknown(0, 1, 0.5, 1)])).toThrow(/^posteriors\[1\]\.alpha/u);
  });
});
