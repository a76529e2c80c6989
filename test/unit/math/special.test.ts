import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lambertWMinus1, logAddExp, logGamma, normalQuantile } from '../../../src/math/special.ts';

const off = (got: number, want: number): number => Math.abs(got - want) / Math.max(1, Math.abs(want));

describe('logGamma', () => {
  it.each([
    [1, 0],
    [2, 0],
    [0.5, 0.5723649429247001],
    [5, Math.log(24)],
    [1e-3, 6.907178885383853],
    [171, 706.5730622457874],
    [1e7, 151180949.3694739],
  ])('of %s is %s', (x, want) => {
    expect(off(logGamma(x), want)).toBeLessThan(1e-13);
  });
  it('meets its recurrence', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e4, noNaN: true }), (x) => {
        expect(off(logGamma(x + 1), logGamma(x) + Math.log(x))).toBeLessThan(1e-12);
      }),
      { seed: 11 },
    );
  });
  it.each([0, -1, Number.NaN, Infinity])('refuses %s', (x) => {
    expect(() => logGamma(x)).toThrow(/^x must/);
  });
});

describe('normalQuantile', () => {
  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.05, -1.6448536269514722],
    [1e-10, -6.361340902404056],
    [1e-300, -37.0470962993612],
  ])('of %s is %s', (p, want) => {
    expect(off(normalQuantile(p), want)).toBeLessThan(1e-13);
  });
  it.each([0, 1, -0.1, Number.NaN])('refuses %s', (p) => {
    expect(() => normalQuantile(p)).toThrow(/^p must/);
  });
});

describe('lambertWMinus1', () => {
  it('solves w e^w = z on the lower branch', () => {
    fc.assert(
      fc.property(fc.double({ min: 1.0001, max: 700, noNaN: true }), (u) => {
        expect(off(lambertWMinus1(-u * Math.exp(-u)), -u)).toBeLessThan(1e-9);
      }),
      { seed: 12 },
    );
  });
  it('touches -1 at the branch point', () => {
    expect(off(lambertWMinus1(-1 / Math.E), -1)).toBeLessThan(1e-7);
  });
  it.each([0, 0.1, -0.5, Number.NaN])('refuses %s', (z) => {
    expect(() => lambertWMinus1(z)).toThrow(/^z must/);
  });
});

describe('logAddExp', () => {
  it('neither overflows nor loses a weight of zero', () => {
    expect(logAddExp(1000, 1000)).toBeCloseTo(1000 + Math.LN2, 12);
    expect(logAddExp(-Infinity, 3)).toBe(3);
    expect(logAddExp(-Infinity, -Infinity)).toBe(-Infinity);
  });
});
