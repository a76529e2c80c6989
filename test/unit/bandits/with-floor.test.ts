import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withFloor } from '../../../src/bandits/index.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const anyShares = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 })
  .filter((weights) => sum(weights) > 1e-3)
  .map((weights) => weights.map((weight) => weight / sum(weights)));

describe('a floor under shares', () => {
  it('raises the arms below it and takes from the others in proportion', () => {
    expect(withFloor([0.8, 0.2, 0], 0.1)).toEqual([expect.closeTo(0.72, 12), expect.closeTo(0.18, 12), 0.1]);
  });
  it('raises an arm that the raising of another pushed under it', () => {
    const shares = withFloor([0.8, 0.2, 0], 0.2);
    expect(shares).toEqual([expect.closeTo(0.6, 12), expect.closeTo(0.2, 12), expect.closeTo(0.2, 12)]);
  });
  it('leaves shares that keep to it as they are', () => {
    const shares = [0.5, 0.3, 0.2];
    expect(withFloor(shares, 0.2)).toBe(shares);
    expect(withFloor(shares, 0)).toBe(shares);
  });
  it('makes all alike where only that keeps to it', () => {
    expect(withFloor([1, 0, 0, 0], 0.25)).toEqual([0.25, 0.25, 0.25, 0.25]);
    for (const share of withFloor([1, 0, 0], 1 / 3)) expect(share).toBeCloseTo(1 / 3, 12);
  });
  it('refuses a floor that no allocation can keep to', () => {
    expect(() => withFloor([0.5, 0.5], 0.51)).toThrow(/^floor must be from 0 to 1\/2/u);
  });
  it('holds, sums to one, keeps the order, and does nothing the second time', () => {
    fc.assert(
      fc.property(anyShares, fc.double({ min: 0, max: 1, noNaN: true }), (shares, part) => {
        const floor = part / shares.length;
        const floored = withFloor(shares, floor);
        expect(Math.min(...floored)).toBeGreaterThanOrEqual(floor);
        expect(sum(floored)).toBeCloseTo(1, 9);
        const inOrder = shares.every((share, i) =>
          shares.every((other, j) => share >= other || floored[i]! <= floored[j]! + 1e-12),
        );
        expect(inOrder).toBe(true);
        const again = withFloor(floored, floor);
        expect(again.every((share, i) => Math.abs(share - floored[i]!) < 1e-12)).toBe(true);
      }),
      { seed: 4 },
    );
  });
});
