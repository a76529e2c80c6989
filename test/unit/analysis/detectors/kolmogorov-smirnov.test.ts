import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ksExactSf } from '../../../../src/analysis/drift/ks-exact.ts';
import { ksCriticalSteps, ksOneSampleSf, ksTwoSample } from '../../../../src/analysis/index.ts';
import { kolmogorovSf, logBinomial } from '../../../../src/math/index.ts';

/** All ways to deal the ranks 0 .. n + m - 1 out to two samples, as the first one's ranks. */
const deals = (n: number, total: number, from = 0): readonly (readonly number[])[] => {
  if (n === 0) return [[]];
  const list: (readonly number[])[] = [];
  for (let first = from; first <= total - n; first++) {
    for (const rest of deals(n - 1, total, first + 1)) list.push([first, ...rest]);
  }
  return list;
};

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

describe('the exact two-sample distribution', () => {
  it.each([
    [1, 1],
    [1, 4],
    [3, 3],
    [3, 5],
    [4, 6],
    [6, 6],
  ])('is the share of all deals of the ranks, for %d and %d values', (n, m) => {
    const all = deals(n, n + m);
    const steps = all.map((a) => {
      const b = range(n + m).filter((rank) => !a.includes(rank));
      const test = ksTwoSample(a, b);
      return test.ok ? Math.round(test.value.d * n * m) : -1;
    });
    for (const s of new Set(steps)) {
      const share = steps.filter((other) => other >= s).length / all.length;
      expect(ksExactSf(s, n, m)).toBeCloseTo(share, 12);
    }
  });

  it('keeps its digits in the far tail', () => {
    const p = ksExactSf(80 * 80, 80, 80);
    expect(p / (2 * Math.exp(-logBinomial(160, 80)))).toBeCloseTo(1, 10);
    expect(p).toBeLessThan(1e-46);
  });

  it('nears the limit that Stephens corrects for', () => {
    const test = ksTwoSample(
      range(100),
      range(100).map((i) => i + 20.5),
    );
    expect(test.ok && Math.abs(test.value.pExact! / test.value.pStephens - 1)).toBeLessThan(0.2);
  });
});

describe('the critical distance', () => {
  it('is the first with p at most alpha', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 150 }),
        fc.integer({ min: 2, max: 150 }),
        fc.double({ min: 1e-6, max: 0.4, noNaN: true }),
        (n, m, alpha) => {
          const exact = n * m <= 10_000;
          const p = (steps: number): number => {
            if (exact) return ksExactSf(steps, n, m);
            const root = Math.sqrt((n * m) / (n + m));
            return kolmogorovSf((root + 0.12 + 0.11 / root) * (steps / (n * m)));
          };
          const steps = ksCriticalSteps(n, m, alpha);
          expect(steps > n * m || p(steps) <= alpha).toBe(true);
          expect(p(steps - 1)).toBeGreaterThan(alpha);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('is out of reach where no distance is significant', () => {
    expect(ksCriticalSteps(2, 2, 0.01)).toBe(5);
  });
});

describe('the one-sample distribution', () => {
  it('is what it is known to be for one and two values, and at both ends', () => {
    for (const d of [0.5, 0.6, 0.75, 0.99]) {
      expect(ksOneSampleSf(d, 1)).toBeCloseTo(2 * (1 - d), 12);
      expect(ksOneSampleSf(d, 2)).toBeCloseTo(2 * (1 - d) ** 2, 12);
    }
    // P(D < d) = 2 (2 d - 1/2)^2 for two values and 1/4 <= d <= 1/2.
    for (const d of [0.3, 0.4, 0.5]) expect(ksOneSampleSf(d, 2)).toBeCloseTo(1 - 2 * (2 * d - 0.5) ** 2, 12);
    expect(ksOneSampleSf(1, 9)).toBe(0);
    expect(ksOneSampleSf(0.01, 9)).toBe(1);
  });

  it.each([5, 30, 140, 141, 500, 5000])(
    'falls from 1 to 0 without a jump where the ways of reckoning meet, n = %d',
    (n) => {
      let before = 1;
      for (let i = 1; i <= 400; i++) {
        const d = (i / 400) * Math.min(1, 2.5 / Math.sqrt(n));
        const p = ksOneSampleSf(d, n);
        expect(p).toBeLessThanOrEqual(before * (1 + 1e-5));
        before = p;
      }
      expect(before).toBeLessThan(0.01);
    },
  );
});

describe('the two-sample test', () => {
  it('does not depend on order, on which sample is first, or on a monotone change of scale', () => {
    const sample = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const test = ksTwoSample(a, b);
        expect(ksTwoSample(b.toReversed(), a.toReversed())).toEqual(test);
        expect(
          ksTwoSample(
            a.map((x) => Math.exp(x / 9)),
            b.map((x) => Math.exp(x / 9)),
          ),
        ).toEqual(test);
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  it('is undefined without values', () => {
    expect(ksTwoSample([], [1])).toEqual({ ok: false, reason: 'empty sample' });
    expect(ksTwoSample([1], [])).toEqual({ ok: false, reason: 'empty sample' });
  });
});
