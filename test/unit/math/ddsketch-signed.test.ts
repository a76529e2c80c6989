import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addAllToSignedSketch,
  emptySignedSketch,
  mergeSignedSketches,
  signedQuantile,
  signedSketchCount,
} from '../../../src/math/signed-sketch.ts';

const signed = (values: readonly number[], alpha = 0.02) =>
  addAllToSignedSketch(emptySignedSketch(alpha), values);

const value = fc.oneof(
  fc.constant(0),
  fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
  fc.double({ min: -1e9, max: -1e-6, noNaN: true }),
);

describe('a sketch of values of either sign', () => {
  it('keeps every order statistic within alpha, whole and merged', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.array(value), (xs, ys) => {
        const whole = signed([...xs, ...ys]);
        expect(mergeSignedSketches(signed(xs), signed(ys))).toEqual(whole);
        expect(mergeSignedSketches(signed(ys), signed(xs))).toEqual(whole);
        const sorted = [...xs, ...ys].toSorted((a, b) => a - b);
        expect(signedSketchCount(whole)).toBe(sorted.length);
        for (const q of [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]) {
          const want = sorted[Math.floor((sorted.length - 1) * q)]!;
          expect(Math.abs(signedQuantile(whole, q)! - want)).toBeLessThanOrEqual(
            0.02 * Math.abs(want) * (1 + 1e-9),
          );
        }
      }),
      { seed: 5 },
    );
  });
  it('has no quantile of nothing, and names what it refuses', () => {
    expect(signedQuantile(emptySignedSketch(), 0.5)).toBeNull();
    expect(() => signedQuantile(emptySignedSketch(), 2)).toThrow(/^q /);
    expect(() => signed([1, Number.NaN])).toThrow(/^values\[1\]/);
    expect(() => signed([-1, -1e16])).toThrow(/^values\[1\]/);
  });
});
