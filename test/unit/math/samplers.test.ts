import { describe, expect, it } from 'vitest';
import * as math from '../../../src/math/index.ts';
import { randomFromSeed, randomFromState, type Random } from '../../../src/math/random.ts';

const DRAWS = 20_000;
/** Chance that a right sampler fails one of these checks; with fixed seeds it either never does or always. */
const LEAST_P = 1e-4;

const draw = (sample: (random: Random) => number, seed: number, n = DRAWS): number[] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: n }, () => sample(random));
};

/** Kolmogorov-Smirnov p-value of a sample against a continuous cdf. */
const ksP = (values: readonly number[], cdf: (x: number) => number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  const d = Math.max(...sorted.map((x, i) => Math.max((i + 1) / n - cdf(x), cdf(x) - i / n)));
  return math.kolmogorovSf((Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * d);
};

/** Chi-square p-value of counts against a binomial; neighbouring values are pooled until 20 are expected. */
const binomialP = (values: readonly number[], n: number, p: number): number => {
  const seen = new Map<number, number>();
  for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
  let [statistic, cells, observed, expected] = [0, 0, 0, 0];
  const close = (): void => {
    statistic += (observed - expected) ** 2 / expected;
    cells += 1;
    [observed, expected] = [0, 0];
  };
  let left = values.length;
  for (let k = 0; k <= n; k++) {
    const mass = Math.exp(math.logBinomial(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
    observed += seen.get(k) ?? 0;
    expected += mass * values.length;
    left -= mass * values.length;
    if (expected >= 20 && left >= 20) close();
  }
  close();
  return math.chiSquareSf(statistic, cells - 1);
};

describe('continuous samplers meet their distribution', () => {
  it('normal', () => {
    expect(ksP(draw(math.sampleNormal, 1), math.normalCdf)).toBeGreaterThan(LEAST_P);
  });
  it('log-normal', () => {
    const values = draw((random) => math.sampleLogNormal(1.2, 0.7, random), 2);
    expect(ksP(values, (x) => math.normalCdf((Math.log(x) - 1.2) / 0.7))).toBeGreaterThan(LEAST_P);
    expect(math.sampleLogNormal(2, 0, randomFromSeed(1))).toBe(Math.exp(2));
  });
  it.each([0.01, 0.3, 0.999, 1, 1.5, 7, 1e4])('gamma of shape %d', (shape) => {
    const values = draw((random) => math.sampleGamma(shape, random), 3);
    expect(ksP(values, (x) => math.gammaCdf(x, shape, 1))).toBeGreaterThan(LEAST_P);
  });
  it.each([
    [1, 1],
    [0.5, 0.5],
    [0.02, 3],
    [30, 70],
    [1e5, 3],
    [1e4, 2e4],
  ])('beta of %d and %d', (a, b) => {
    const values = draw((random) => math.sampleBeta(a, b, random), 4);
    expect(ksP(values, (x) => math.betaCdf(x, a, b))).toBeGreaterThan(LEAST_P);
  });
  it('a beta of shapes near 0 is 0 or 1 and never NaN', () => {
    const values = draw((random) => math.sampleBeta(1e-4, 1e-4, random), 5, 2000);
    expect(values.every((x) => x >= 0 && x <= 1)).toBe(true);
    const ones = values.filter((x) => x > 0.5).length;
    expect(math.betaCdf(0.5, 1e-4, 1e-4)).toBeCloseTo(0.5, 9);
    expect(Math.abs(ones - 1000)).toBeLessThan(4 * Math.sqrt(500));
  });
});

describe('the binomial sampler', () => {
  it.each([
    [1, 0.3],
    [10, 0.5],
    [40, 0.2],
    [100, 0.02],
    [33, 0.31],
    [30, 0.97],
    [100, 0.1],
    [500, 0.5],
    [500, 0.9],
    [2000, 0.006],
    [5000, 0.7],
    [100_000, 0.02],
  ])('meets its masses for n = %d, p = %d', (n, p) => {
    const values = draw((random) => math.sampleBinomial(n, p, random), 6, 300_000);
    expect(binomialP(values, n, p)).toBeGreaterThan(LEAST_P);
  });
  it('is sure where there is no chance', () => {
    const random = randomFromSeed(1);
    expect([
      math.sampleBinomial(0, 0.5, random),
      math.sampleBinomial(9, 0, random),
      math.sampleBinomial(9, 1, random),
    ]).toEqual([0, 0, 9]);
  });
  it('keeps within 0..n for huge n and tiny p', () => {
    const random = randomFromSeed(7);
    for (const [n, p] of [
      [1e12, 1e-12],
      [1e12, 0.5],
      [1e9, 1e-3],
      [3, 1e-300],
    ] as const) {
      const sd = Math.sqrt(n * p * (1 - p));
      for (let i = 0; i < 200; i++) {
        const k = math.sampleBinomial(n, p, random);
        expect(Number.isInteger(k) && k >= 0 && k <= n).toBe(true);
        expect(Math.abs(k - n * p)).toBeLessThan(7 * sd + 8);
      }
    }
  });
});

describe('a stream', () => {
  const all = (random: Random): number[] => [
    math.sampleNormal(random),
    math.sampleGamma(0.4, random),
    math.sampleGamma(4, random),
    math.sampleBeta(2, 0.3, random),
    math.sampleBinomial(1000, 0.4, random),
    math.sampleBinomial(10, 0.4, random),
    math.sampleLogNormal(0, 1, random),
  ];
  it('gives the same variates again from its seed, and from its state half way', () => {
    const random = randomFromSeed(8);
    const first = all(random);
    const state = random.state();
    const second = all(random);
    expect(all(randomFromSeed(8))).toEqual(first);
    expect(all(randomFromState(state))).toEqual(second);
    expect(second).not.toEqual(first);
  });
  it('is drawn from exactly once by a normal', () => {
    const [a, b] = [randomFromSeed(9), randomFromSeed(9)];
    math.sampleNormal(a);
    b.next();
    expect(a.state()).toEqual(b.state());
  });
  it('gives finite variates even from a uniform of 0', () => {
    const zeros: Random = { ...randomFromSeed(1), next: () => 0 };
    expect(math.sampleNormal(zeros)).toBeGreaterThan(-9);
    expect(math.sampleBinomial(5, 0.5, zeros)).toBe(0);
  });
});
