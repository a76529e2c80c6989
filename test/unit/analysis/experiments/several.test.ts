import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  benjaminiHochberg,
  benjaminiHochbergOfEvidence,
  benjaminiYekutieli,
  bonferroni,
  holm,
  holmOfEvidence,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

const pValues = fc.array(
  fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.01, 0.02, 1)),
  { maxLength: 12 },
);
const methods = { bonferroni, holm, benjaminiHochberg, benjaminiYekutieli };

describe.each(Object.entries(methods))('%s', (_, adjust) => {
  it('is monotone in p, at least p, at most 1, and follows the order of its input', () => {
    fc.assert(
      fc.property(pValues, (p) => {
        const adjusted = adjust(p);
        const backwards = adjust(p.toReversed()).toReversed();
        adjusted.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(p[i]! * (1 - 1e-15));
          expect(value).toBeLessThanOrEqual(1);
          expect(backwards[i]).toBeCloseTo(value, 14);
          const smaller = adjusted.filter((_value, j) => p[j]! <= p[i]!);
          expect(Math.max(...smaller)).toBeLessThanOrEqual(value);
        });
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});

describe('several p-values', () => {
  it('Holm is between p and Bonferroni, Benjamini-Hochberg below Holm', () => {
    fc.assert(
      fc.property(pValues, (p) => {
        const [b, h, bh, by] = [bonferroni(p), holm(p), benjaminiHochberg(p), benjaminiYekutieli(p)];
        p.forEach((_, i) => {
          expect(h[i]).toBeLessThanOrEqual(b[i]!);
          expect(bh[i]).toBeLessThanOrEqual(h[i]! * (1 + 1e-15));
          expect(bh[i]).toBeLessThanOrEqual(by[i]!);
        });
      }),
      { numRuns: 200, seed: 4 },
    );
  });
  it('Holm holds the chance of any false rejection where the unadjusted p do not', () => {
    const random = randomFromSeed(11);
    const runs = 4000;
    let [naive, adjusted] = [0, 0];
    for (let i = 0; i < runs; i++) {
      const p = [random.next(), random.next(), random.next(), 1e-9];
      if (p.slice(0, 3).some((value) => value <= 0.05)) naive += 1;
      if (
        holm(p)
          .slice(0, 3)
          .some((value) => value <= 0.05)
      )
        adjusted += 1;
    }
    expect(naive / runs).toBeGreaterThan(0.12);
    expect(adjusted / runs).toBeLessThan(0.06);
  });
});

const logE = fc.array(fc.double({ min: 1, max: 5, noNaN: true }), { maxLength: 8 });

describe('evidence of several variants', () => {
  it('adjusted by Holm never rises as evidence grows, so a winner stays one', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true })),
        ),
        (steps) => {
          const before = holmOfEvidence(steps.map(([now]) => now));
          const after = holmOfEvidence(steps.map(([now, more]) => now + more));
          after.forEach((value, i) => expect(value).toBeLessThanOrEqual(before[i]! * (1 + 1e-12)));
        },
      ),
      { numRuns: 200, seed: 4 },
    );
  });
  it('needs m times as much for the first of m winners', () => {
    const enough = Math.log(3 / 0.05) + 1e-9;
    expect(holmOfEvidence([enough, 0, 0])[0]).toBeLessThanOrEqual(0.05);
    expect(holmOfEvidence([enough - 1e-6, 0, 0])[0]).toBeGreaterThan(0.05);
    expect(holmOfEvidence([])).toEqual([]);
  });
  it('e-BH finds what its definition finds', () => {
    fc.assert(
      fc.property(logE, fc.constantFrom(0.05, 0.1, 0.3), (values, alpha) => {
        const m = values.length;
        const sorted = values.map(Math.exp).toSorted((x, y) => y - x);
        const most = sorted.reduce((k, e, i) => ((i + 1) * e >= m / alpha ? i + 1 : k), 0);
        const { found } = benjaminiHochbergOfEvidence(values, alpha);
        expect(found.filter(Boolean)).toHaveLength(most);
        values.forEach((value, i) => expect(found[i]).toBe(most > 0 && Math.exp(value) >= sorted[most - 1]!));
      }),
      { numRuns: 300, seed: 4 },
    );
  });
  it('e-BH finds two together that neither would be alone', () => {
    const e = Math.log(25);
    expect(benjaminiHochbergOfEvidence([e, e], 0.05).found).toEqual([true, true]);
    expect(benjaminiHochbergOfEvidence([e, 0], 0.05).found).toEqual([false, false]);
  });
  it('e-BH survives evidence beyond the largest number', () => {
    expect(benjaminiHochbergOfEvidence([1e4, -1e4], 0.05)).toEqual({
      found: [true, false],
      adjusted: [0, 1],
    });
  });
});
