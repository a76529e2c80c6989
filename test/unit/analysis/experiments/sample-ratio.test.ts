import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleRatioChiSquare } from '../../../../src/analysis/index.ts';

const counts = fc.array(fc.integer({ min: 0, max: 1e7 }), { minLength: 2, maxLength: 6 });

describe('the one-shot check of the sample ratio', () => {
  it('does not depend on the scale of the weights', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom(1e-200, 3, 2.9e307), (units, scale) => {
        const weights = units.map((_, i) => i + 1);
        const [one, scaled] = [
          sampleRatioChiSquare(units, weights),
          sampleRatioChiSquare(
            units,
            weights.map((w) => w * scale),
          ),
        ];
        expect(one.ok).toBe(scaled.ok);
        if (!one.ok || !scaled.ok) return;
        expect(scaled.value.p).toBeCloseTo(one.value.p, 9);
        expect(scaled.value.mismatch).toBe(one.value.mismatch);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
  it('judges from 5 expected units on, not below', () => {
    expect(sampleRatioChiSquare([10, 0], [1, 1])).toMatchObject({ ok: true });
    expect(sampleRatioChiSquare([9, 0], [1, 1])).toMatchObject({ ok: false });
    expect(sampleRatioChiSquare([90, 6], [95, 5])).toMatchObject({ ok: false });
    expect(sampleRatioChiSquare([0, 0], [1, 1])).toEqual({ ok: false, reason: 'no units' });
  });
  it('flags below p = .001 only', () => {
    const flagOf = (a: number, b: number) => {
      const test = sampleRatioChiSquare([a, b], [1, 1]);
      return test.ok && [test.value.mismatch, test.value.p < 0.001];
    };
    expect(flagOf(5000, 5328)).toEqual([false, false]);
    expect(flagOf(5000, 5340)).toEqual([true, true]);
  });
});
