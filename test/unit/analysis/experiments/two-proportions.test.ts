import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cohenH,
  fisherExact,
  twoProportions,
  waldInterval,
  type RateCount,
} from '../../../../src/analysis/index.ts';

const valueOf = (a: RateCount, b: RateCount) => {
  const test = twoProportions(a, b);
  if (!test.ok) throw new Error(test.reason);
  return test.value;
};

const arm = (largest: number): fc.Arbitrary<RateCount> =>
  fc
    .integer({ min: 1, max: largest })
    .chain((n) => fc.integer({ min: 0, max: n }).map((successes) => ({ n, successes })));
const failures = ({ n, successes }: RateCount): RateCount => ({ n, successes: n - successes });

/** n choose k without rounding, for small n. */
const choose = (n: number, k: number): bigint => {
  let result = 1n;
  for (let i = 1; i <= k; i++) result = (result * BigInt(n - k + i)) / BigInt(i);
  return result;
};

/** Fisher's p-values by adding up whole numbers of tables. */
const enumerated = (a: RateCount, b: RateCount) => {
  const drawn = a.successes + b.successes;
  const tables = Array.from({ length: b.n + 1 }, (_, k) =>
    drawn - k < 0 || drawn - k > a.n ? 0n : choose(b.n, k) * choose(a.n, drawn - k),
  );
  const all = choose(a.n + b.n, drawn);
  const share = (keep: (count: bigint, k: number) => boolean): number =>
    Number((tables.filter(keep).reduce((sum, count) => sum + count, 0n) * 10n ** 18n) / all) / 1e18;
  const seen = tables[b.successes]!;
  return {
    twoSided: share((count) => count > 0n && count <= seen),
    greater: share((_, k) => k >= b.successes),
    less: share((_, k) => k <= b.successes),
  };
};

describe("Fisher's exact test", () => {
  it('equals the count of all tables', () => {
    fc.assert(
      fc.property(arm(30), arm(30), (a, b) => {
        const [got, want] = [fisherExact(a, b), enumerated(a, b)];
        for (const side of ['twoSided', 'greater', 'less'] as const) {
          expect(Math.abs(got[side] - want[side])).toBeLessThan(1e-12);
        }
      }),
      { numRuns: 400, seed: 4 },
    );
  });
  it('does not change when failures are counted, but for the direction', () => {
    fc.assert(
      fc.property(arm(5000), arm(5000), (a, b) => {
        const [p, q] = [fisherExact(a, b), fisherExact(failures(a), failures(b))];
        expect(q.twoSided).toBeCloseTo(p.twoSided, 10);
        expect(q.greater).toBeCloseTo(p.less, 10);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
  it('keeps a p far below the smallest difference from 1, also with millions of trials', () => {
    const { twoSided, less } = fisherExact({ n: 200, successes: 5 }, { n: 200, successes: 180 });
    expect(twoSided).toBeGreaterThan(1e-90);
    expect(twoSided).toBeLessThan(1e-75);
    expect(less).toBe(1);
    // In 40 digits: 0.0238027615822816857...
    const millions = fisherExact({ n: 5e6, successes: 499_291 }, { n: 5e6, successes: 501_437 });
    expect(Math.abs(millions.twoSided / 0.02380276158228169 - 1)).toBeLessThan(1e-12);
  });
});

describe('two proportions', () => {
  it("reports Fisher's p where a cell expects fewer than 5, and z above", () => {
    const small = valueOf({ n: 20, successes: 1 }, { n: 20, successes: 8 });
    expect(small).toMatchObject({ method: 'fisher-exact', smallestExpected: 4.5 });
    expect(small.p).toEqual(fisherExact({ n: 20, successes: 1 }, { n: 20, successes: 8 }));
    const large = valueOf({ n: 20, successes: 2 }, { n: 20, successes: 8 });
    expect(large).toMatchObject({ method: 'pooled-z', smallestExpected: 5 });
    expect(large.p).toEqual(large.pOfZ);
  });
  it('has no test when every outcome is the same, and a test when one arm alone is constant', () => {
    expect(twoProportions({ n: 9, successes: 0 }, { n: 7, successes: 0 })).toMatchObject({ ok: false });
    expect(twoProportions({ n: 9, successes: 9 }, { n: 7, successes: 7 })).toMatchObject({ ok: false });
    expect(twoProportions({ n: 9, successes: 9 }, { n: 7, successes: 0 })).toMatchObject({ ok: true });
  });
  it('has no relative lift over nothing', () => {
    expect(valueOf({ n: 100, successes: 0 }, { n: 100, successes: 9 }).relativeLift).toMatchObject({
      ok: false,
    });
    const { relativeLift } = valueOf({ n: 100, successes: 50 }, { n: 100, successes: 60 });
    expect(relativeLift.ok && relativeLift.value).toBeCloseTo(0.2, 12);
  });
  it('turns with the arms', () => {
    fc.assert(
      fc.property(arm(1e7), arm(1e7), (a, b) => {
        const [there, back] = [twoProportions(a, b), twoProportions(b, a)];
        expect(there.ok).toBe(back.ok);
        if (!there.ok || !back.ok) return;
        expect(back.value.z).toBe(-there.value.z);
        expect(back.value.pOfZ.greater).toBe(there.value.pOfZ.less);
        expect(back.value.newcombe.low).toBeCloseTo(-there.value.newcombe.high, 12);
        expect(back.value.cohenH).toBe(-there.value.cohenH);
        for (const p of Object.values(there.value.p)) expect(p >= 0 && p <= 1).toBe(true);
      }),
      { numRuns: 150, seed: 4 },
    );
  });
  it('keeps a tiny p, and an interval at a tiny alpha', () => {
    const a = { n: 1000, successes: 200 };
    const b = { n: 1000, successes: 500 };
    expect(valueOf(a, b).p.greater).toBeGreaterThan(0);
    expect(valueOf(a, b).p.greater).toBeLessThan(1e-40);
    const { low, high } = waldInterval(a, b, 1e-30);
    expect(low).toBeLessThan(waldInterval(a, b, 1e-15).low);
    expect(Number.isFinite(high)).toBe(true);
  });
  it('Cohen h spans pi from 0 to 1', () => expect(cohenH(0, 1)).toBeCloseTo(Math.PI, 14));
});
