import * as fc from 'fast-check';
import { quantile as simpleQuantile } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { sampleQuantiles, type QuantileMethod } from '../../../src/analysis/index.ts';

const of = (values: readonly number[], q: number, method: QuantileMethod = 'type7'): number => {
  const result = sampleQuantiles(values, [q], method);
  if (!result.ok) throw new Error(result.reason);
  return result.value[0]!;
};
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const METHODS: readonly QuantileMethod[] = ['type7', 'lower', 'invertedCdf'];

describe('quantiles of a sample', () => {
  it('differ by convention between order statistics', () => {
    const values = [40, 10, 30, 20];
    expect(METHODS.map((method) => of(values, 0.5, method))).toEqual([25, 20, 20]);
    expect(METHODS.map((method) => of(values, 0.9, method))).toEqual([37, 30, 40]);
    expect(values).toEqual([40, 10, 30, 20]);
  });
  it('do not exist for an empty sample', () => {
    expect(sampleQuantiles([], [0.5])).toEqual({ ok: false, reason: 'empty sample' });
  });
  it('stay within the sample, rise with q, and are exact at both ends, up to the largest doubles', () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1, maxLength: 30 }),
        fc.constantFrom(...METHODS),
        (values, method) => {
          const result = sampleQuantiles(values, [0, 0.1, 0.37, 0.5, 0.9, 1], method);
          const found = result.ok ? result.value : [];
          expect(found).toEqual(found.toSorted((a, b) => a - b));
          expect(found[0]).toBe(Math.min(...values) + 0);
          expect(found[5]).toBe(Math.max(...values) + 0);
        },
      ),
      { seed: 34 },
    );
  });
  it('of type 7 are those of simple-statistics', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          expect(of(values, q)).toBeCloseTo(simpleQuantile([...values], q), 9);
        },
      ),
      { seed: 35 },
    );
  });
});
