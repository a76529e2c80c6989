import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MANN_WHITNEY_LARGEST, mannWhitney, type MannWhitney } from '../../../src/analysis/index.ts';
import { exactLowerTail } from '../../../src/analysis/mann-whitney-exact.ts';
import { kthDifference } from '../../../src/analysis/mann-whitney-shift.ts';
import { randomFromSeed } from '../../../src/math/index.ts';

const report = (a: readonly number[], b: readonly number[], options = {}): MannWhitney => {
  const found = mannWhitney(a, b, options);
  if (!found.ok) throw new Error(found.reason);
  return found.value;
};

const differences = (a: readonly number[], b: readonly number[]): number[] =>
  a.flatMap((x) => b.map((y) => y - x)).toSorted((x, y) => x - y);

/** Values with ties or without, whole so that differences are exact. */
const sample = (max: number) => fc.array(fc.integer({ min: -max, max }), { minLength: 1, maxLength: 25 });
const pair = fc.oneof(fc.tuple(sample(5), sample(5)), fc.tuple(sample(100_000), sample(100_000)));

describe('mannWhitney against counting every pair', () => {
  it('counts pairs, ties as half, and takes the median difference as the shift', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const found = report(a, b);
        const all = differences(a, b);
        const u = all.reduce((sum, d) => sum + (d > 0 ? 1 : d === 0 ? 0.5 : 0), 0);
        expect(found.u).toBe(u);
        expect(found.cles).toBeCloseTo(u / all.length, 12);
        expect(found.rankBiserial).toBeCloseTo((2 * u) / all.length - 1, 12);
        const middle = [all[Math.floor((all.length - 1) / 2)]!, all[Math.floor(all.length / 2)]!];
        expect(found.shift).toBe((middle[0]! + middle[1]!) / 2);
      }),
      { seed: 51, numRuns: 300 },
    );
  });
  it('ends its interval at differences, around the shift, wider for more confidence', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const all = differences(a, b);
        const [wide, narrow] = [report(a, b), report(a, b, { confidence: 0.8 })];
        for (const { interval, shift } of [wide, narrow]) {
          expect(all).toContain(interval.low);
          expect(all).toContain(interval.high);
          expect(interval.low <= shift && shift <= interval.high).toBe(true);
        }
        expect(wide.interval.low).toBeLessThanOrEqual(narrow.interval.low);
        expect(wide.interval.high).toBeGreaterThanOrEqual(narrow.interval.high);
      }),
      { seed: 52, numRuns: 300 },
    );
  });
  it('mirrors when the arms change places, and moves with the data', () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: -1000, max: 1000 }), ([a, b], by) => {
        const [there, back] = [report(a, b), report(b, a)];
        expect(back.u).toBe(a.length * b.length - there.u);
        expect(back.shift).toBeCloseTo(-there.shift, 9);
        expect(back.interval.low).toBeCloseTo(-there.interval.high, 9);
        expect(back.p).toBeCloseTo(there.p, 12);
        const moved = report(
          a,
          b.map((x) => x + by),
        );
        expect(moved.shift).toBe(there.shift + by);
        expect(moved.interval.high).toBe(there.interval.high + by);
      }),
      { seed: 53, numRuns: 200 },
    );
  });
  it('gives the exact chance without ties, by enumeration', () => {
    const countsOf = (n: number, m: number): Map<number, number> => {
      const counts = new Map<number, number>();
      for (let set = 0; set < 1 << (n + m); set++) {
        const inB = Array.from({ length: n + m }, (_, i) => (set >> i) & 1);
        if (inB.reduce((sum, x) => sum + x, 0) !== m) continue;
        let [below, u] = [0, 0];
        for (const x of inB)
          if (x === 1) u += below;
          else below += 1;
        counts.set(u, (counts.get(u) ?? 0) + 1);
      }
      return counts;
    };
    for (const [n, m] of [
      [1, 1],
      [1, 6],
      [4, 3],
      [5, 5],
      [6, 2],
    ] as const) {
      const counts = countsOf(n, m);
      const all = [...counts.values()].reduce((sum, c) => sum + c, 0);
      let seen = 0;
      for (let u = 0; u <= n * m; u++) {
        seen += counts.get(u) ?? 0;
        expect(exactLowerTail(n, m, u)).toBeCloseTo(seen / all, 13);
      }
    }
    expect(exactLowerTail(50, 50, 0) / 1e-29).toBeCloseTo(0.99117, 4);
  });
});

describe('mannWhitney, corners', () => {
  it('is 1 for equal values, never NaN, and passes them', () => {
    expect(report([3, 3, 3], [3, 3])).toMatchObject({
      u: 3,
      cles: 0.5,
      p: 1,
      pGreaterAsymptotic: 1,
      pExact: null,
      shift: 0,
      interval: { low: 0, high: 0 },
      classification: 'pass',
    });
  });
  it('is undefined for an empty arm, and refuses what is no number by place', () => {
    expect(mannWhitney([], [1])).toEqual({ ok: false, reason: 'an arm is empty' });
    expect(mannWhitney([1], [])).toEqual({ ok: false, reason: 'an arm is empty' });
    expect(() => mannWhitney([1, Number.NaN], [1])).toThrow(/^a\[1\] must be a finite number.*NaN/);
    expect(() => mannWhitney([1], [Infinity])).toThrow(/^b\[0\]/);
    expect(() =>
      mannWhitney(
        [1],
        Array.from({ length: MANN_WHITNEY_LARGEST + 1 }, () => 0),
      ),
    ).toThrow(/^b must hold/);
    expect(() => mannWhitney([1], [2], { confidence: 1 })).toThrow(/^confidence/);
  });
  it('finds the interval of tiny values, where a solver with an absolute tolerance would not', () => {
    const random = randomFromSeed(7);
    const draw = (n: number, scale: number) => Array.from({ length: n }, () => scale * (1 + random.next()));
    const [a, b] = [draw(60, 1), draw(60, 1)];
    const [plain, tiny] = [
      report(a, b),
      report(
        a.map((x) => x * 2 ** -40),
        b.map((x) => x * 2 ** -40),
      ),
    ];
    expect(tiny.interval).toEqual({
      low: plain.interval.low * 2 ** -40,
      high: plain.interval.high * 2 ** -40,
    });
  });
  it('names only the direction that is asked for', () => {
    const [a, b] = [
      [10, 11, 12, 13, 14, 15, 16, 17],
      [20, 21, 22, 23, 24, 25, 26, 27],
    ];
    expect(report(a, b).classification).toBe('high');
    expect(report(b, a).classification).toBe('low');
    expect(report(a, b, { direction: 'increase' }).classification).toBe('high');
    expect(report(a, b, { direction: 'decrease' }).classification).toBe('pass');
    expect(report(b, a, { direction: 'increase' }).classification).toBe('pass');
  });
  it('does not name a shift of the ranks that the means contradict', () => {
    const a = Array.from({ length: 40 }, (_, i) => 10 + i / 100);
    const b = [...Array.from({ length: 37 }, (_, i) => 11 + i / 100), -9000, -9000, -9000];
    expect(report(a, b)).toMatchObject({ classification: 'pass' });
    expect(report(a, b).interval.low).toBeGreaterThan(0.25);
    expect(report(a, b).meanRatio).toBeLessThan(1);
    expect(report([-1, 1], [1, 2]).meanRatio).toBeNull();
  });
});

describe('kthDifference', () => {
  it('selects from millions of differences without making them', () => {
    const random = randomFromSeed(9);
    const draw = (n: number) =>
      Float64Array.from({ length: n }, () => Math.floor(random.next() * 1e6)).sort();
    const [a, b] = [draw(1500), draw(2100)];
    const k = 1_234_567;
    const found = kthDifference(a, b, k);
    const countUpTo = (d: number) => a.reduce((sum, x) => sum + b.filter((y) => y - x <= d).length, 0);
    expect(countUpTo(found)).toBeGreaterThanOrEqual(k);
    expect(countUpTo(found - 1)).toBeLessThan(k);
  });
  it('finds every one of them, next to every pivot', () => {
    const random = randomFromSeed(10);
    const draw = (n: number) => Float64Array.from({ length: n }, random.next).sort();
    const [a, b] = [draw(21), draw(18)];
    const all = differences([...a], [...b]);
    expect(all.map((_, i) => kthDifference(a, b, i + 1))).toEqual(all);
  });
  it('is the same as sorting, ties and all', () => {
    fc.assert(
      fc.property(pair, fc.nat(1000), ([a, b], place) => {
        const all = differences(a, b);
        const k = (place % all.length) + 1;
        const sorted = (values: readonly number[]) => Float64Array.from(values).sort();
        expect(kthDifference(sorted(a), sorted(b), k)).toBe(all[k - 1]! + 0);
      }),
      { seed: 54, numRuns: 300 },
    );
  });
});

describe('what lies at the edge of numbers', () => {
  it('is null where a ratio of means has no size, and a confidence next to 1 is one', () => {
    expect(report([1e-300, 1e-300], [1e9, 2e9]).meanRatio).toBeNull();
    expect(report([0, 0], [0, 0]).meanRatio).toBeNull();
    expect(report([1, 2], [4, 5]).meanRatio).toBe(3);
    expect(report([1, 2, 3], [4, 5, 6], { confidence: 1 - 2 ** -53 }).interval).toEqual({ low: 1, high: 5 });
  });
});
