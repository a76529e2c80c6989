import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  flooredPsi,
  mergePsiCounts,
  psiBins,
  psiCounts,
  psiOfCounts,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleNormal } from '../../../../src/math/index.ts';

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0);
const sample = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 1, maxLength: 60 });

describe('bins and counts', () => {
  it('count each value once, on an edge in the bin above, in parts as in one go', () => {
    fc.assert(
      fc.property(sample, sample, sample, fc.integer({ min: 2, max: 12 }), (reference, a, b, bins) => {
        const made = psiBins(reference, bins);
        if (!made.ok) throw new Error(made.reason);
        const { edges, counts } = made.value;
        expect(sumOf(counts)).toBe(reference.length);
        expect(edges.length).toBeLessThan(bins);
        const merged = mergePsiCounts(psiCounts(edges, a), psiCounts(edges, b));
        expect(merged).toEqual(psiCounts(edges, [...a, ...b]));
        const bin = psiCounts(edges, [edges[0]!]);
        expect(bin[1]).toBe(1);
      }),
      { numRuns: 200, seed: 6 },
    );
  });

  it('has no bins of nothing', () => {
    expect(psiBins([])).toEqual({ ok: false, reason: 'empty sample' });
  });
});

describe('PSI', () => {
  it('is 0 for equal shares and grows as they part; the floored form jumps where a bin is empty', () => {
    const psi = (current: readonly number[]): number => {
      const made = psiOfCounts([100, 100, 100], current);
      return made.ok ? made.value.psi : Number.NaN;
    };
    expect(psi([100, 100, 100])).toBe(0);
    expect(psi([90, 100, 110])).toBeGreaterThan(0);
    expect(psi([50, 100, 150])).toBeGreaterThan(psi([90, 100, 110]));
    const floored = flooredPsi([100, 100, 100], [0, 100, 200]);
    expect(floored.ok && floored.value).toBeGreaterThan(psi([0, 100, 200]));
  });

  it.each([
    [50, 0.31],
    [100, 0.17],
    [200, 0.086],
  ])(
    'passes any fixed limit by chance in small samples, and its own bound as seldom as told: %d values',
    (n, mean) => {
      const random = randomFromSeed(n);
      const draw = (): readonly number[] => Array.from({ length: n }, () => sampleNormal(random));
      const runs = 1500;
      let [total, flagged] = [0, 0];
      for (let i = 0; i < runs; i++) {
        const bins = psiBins(draw());
        if (!bins.ok) throw new Error(bins.reason);
        const psi = psiOfCounts(bins.value.counts, psiCounts(bins.value.edges, draw()));
        if (!psi.ok) throw new Error(psi.reason);
        total += psi.value.psi;
        if (psi.value.drift) flagged += 1;
      }
      expect(Math.abs(total / runs / mean - 1)).toBeLessThan(0.1);
      expect(flagged / runs).toBeLessThan(0.02);
    },
  );

  it('is undefined where nothing was counted', () => {
    expect(psiOfCounts([1, 2], [0, 0])).toEqual({ ok: false, reason: 'empty sample' });
    expect(flooredPsi([0, 0], [1, 2])).toEqual({ ok: false, reason: 'empty sample' });
  });
});
