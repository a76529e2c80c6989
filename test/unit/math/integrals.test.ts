import { describe, expect, it } from 'vitest';
import { gaussLegendre, integrate, integrateHalfLine } from '../../../src/math/quadrature.ts';
import { logUnimodalIntegral } from '../../../src/math/unimodal-integral.ts';

describe('Gauss-Legendre', () => {
  it.each([1, 2, 3, 8, 21, 100])('with %d nodes is exact for powers below twice that', (n) => {
    const { nodes, weights } = gaussLegendre(n);
    for (const power of [0, 1, 2 * n - 2, 2 * n - 1]) {
      const sum = nodes.reduce((total, x, i) => total + weights[i]! * x ** power, 0);
      expect(sum).toBeCloseTo(power % 2 === 0 ? 2 / (power + 1) : 0, 13);
    }
    expect(nodes).toEqual(nodes.toSorted((a, b) => a - b));
  });
  it('integrates over panels, also backwards', () => {
    expect(integrate(Math.exp, 0, 1, 10, 3)).toBeCloseTo(Math.E - 1, 14);
    expect(integrate(Math.exp, 1, 0, 10, 3)).toBeCloseTo(1 - Math.E, 14);
  });
});

describe('the half line', () => {
  it.each([
    ['e^-s', (s: number) => Math.exp(-s), 1, 1],
    ['e^-s with a scale 100 times too short', (s: number) => Math.exp(-s), 0.01, 1],
    ['s^-0.9 e^-s', (s: number) => s ** -0.9 * Math.exp(-s), 1, 9.513507698668732],
    ['e^(-s^2)', (s: number) => Math.exp(-s * s), 1, Math.sqrt(Math.PI) / 2],
    ['e^-s / (1 + 1e9 s)', (s: number) => Math.exp(-s) / (1 + 1e9 * s), 1, 2.014605019319093e-8],
  ])('%s', (_name, f, scale, want) => {
    expect(integrateHalfLine(f, scale) / want).toBeCloseTo(1, 12);
  });
});

describe('a function with one peak', () => {
  const gaussian = (centre: number, sd: number) => (u: number) => -0.5 * ((u - centre) / sd) ** 2;
  it.each([
    [0, 1, 0, 1],
    [1e3, 1, 0, 1],
    [5, 1e-6, 0, 1],
    [-4, 1e5, 0, 1],
    [1e3, 1e-3, 1e3 + 1, 10],
  ])('a normal at %d of width %d, looked for from %d in steps of %d', (centre, sd, start, step) => {
    expect(logUnimodalIntegral(gaussian(centre, sd), start, step)).toBeCloseTo(
      Math.log(sd * Math.sqrt(2 * Math.PI)),
      11,
    );
  });
  it('far below the smallest double', () => {
    expect(logUnimodalIntegral((u) => gaussian(0, 1)(u) - 5000, 0, 1)).toBeCloseTo(
      -5000 + 0.5 * Math.log(2 * Math.PI),
      9,
    );
  });
  it('one that falls e-fold on one side and like a cliff on the other', () => {
    // The density of ln X for an exponential X integrates to 1.
    expect(logUnimodalIntegral((u) => u - Math.exp(u), 3, 0.1)).toBeCloseTo(0, 12);
    expect(logUnimodalIntegral((u) => 0.01 * u - Math.exp(u), 0, 0.1)).toBeCloseTo(
      Math.log(99.43258511915059),
      11,
    );
  });
});
