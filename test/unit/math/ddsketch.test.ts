import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SketchState } from '../../../src/domain/window.ts';
import {
  addAllToSketch,
  addToSketch,
  bucketBoundaryAtOrAbove,
  coarseAlpha,
  coarsenSketch,
  countAbove,
  emptySketch,
  mergeSketches,
  quantile,
  sketchCount,
  valueAtRank,
} from '../../../src/math/ddsketch.ts';
import { randomFromSeed } from '../../../src/math/random.ts';
import { loadGolden } from '../../golden/load.ts';

const sketchOf = (values: readonly number[], alpha = 0.01): SketchState =>
  values.reduce((sketch, value) => addToSketch(sketch, value), emptySketch(alpha));

interface Input {
  readonly x: readonly number[];
  readonly alpha: number;
}
interface Expected {
  readonly q: readonly number[];
  readonly lower: readonly number[];
  readonly count: number;
}

describe('golden ddsketch', () => {
  const { cases } = loadGolden<Input, Expected>('ddsketch');
  const within = (sketch: SketchState, expected: Expected, alpha: number) => {
    for (const [i, q] of expected.q.entries()) {
      const want = expected.lower[i]!;
      expect(Math.abs(quantile(sketch, q)! - want), `q ${q}`).toBeLessThanOrEqual(alpha * want * (1 + 1e-9));
    }
  };
  it.each(cases.filter((c) => c.id !== 'negatives'))(
    '$id: whole and merged from halves',
    ({ input, expected }) => {
      const whole = sketchOf(input.x, input.alpha);
      expect(sketchCount(whole)).toBe(expected.count);
      within(whole, expected, input.alpha);
      const cut = Math.floor(input.x.length / 2);
      const merged = mergeSketches(
        sketchOf(input.x.slice(0, cut), input.alpha),
        sketchOf(input.x.slice(cut), input.alpha),
      );
      expect(merged).toEqual(whole);
    },
  );
  it('negatives: refused by parameter name', () => {
    const negative = cases.find((c) => c.id === 'negatives')!;
    expect(() => sketchOf(negative.input.x)).toThrow(/^value must be/);
  });
});

describe('countAbove', () => {
  const values = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true })), {
    maxLength: 60,
  });
  it('is exact at a bucket boundary, and a boundary is its own boundary', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (xs, t) => {
        const boundary = bucketBoundaryAtOrAbove(t);
        expect(bucketBoundaryAtOrAbove(boundary)).toBe(boundary);
        expect(boundary).toBeGreaterThanOrEqual(t * (1 - 1e-10));
        expect(boundary).toBeLessThanOrEqual(t * (1.01 / 0.99) * (1 + 1e-10));
        expect(countAbove(sketchOf(xs), boundary)).toBe(xs.filter((x) => x > boundary).length);
      }),
      { seed: 7 },
    );
  });
  it('counts all but zeros above zero', () => {
    expect(countAbove(sketchOf([0, 0, 1, 2]), 0)).toBe(2);
  });
  it('puts a value that is exactly on a boundary below it', () => {
    for (const start of [0.0003, 1, 37, 412.5, 90_000]) {
      const boundary = bucketBoundaryAtOrAbove(start);
      expect(countAbove(sketchOf([boundary]), boundary)).toBe(0);
      expect(countAbove(sketchOf([boundary * 1.0001]), boundary)).toBe(1);
    }
  });
});

describe('mergeSketches', () => {
  it('does not depend on order', () => {
    const sketches = fc
      .array(fc.double({ min: 0, max: 1e5, noNaN: true }), { maxLength: 20 })
      .map((v) => sketchOf(v));
    fc.assert(
      fc.property(sketches, sketches, sketches, (a, b, c) => {
        expect(mergeSketches(a, b)).toEqual(mergeSketches(b, a));
        expect(mergeSketches(mergeSketches(a, b), c)).toEqual(mergeSketches(a, mergeSketches(b, c)));
      }),
      { seed: 8 },
    );
  });
  it('refuses different accuracies', () => {
    expect(() => mergeSketches(emptySketch(0.01), emptySketch(0.02))).toThrow(/alpha/);
  });
});

describe('the error bound', () => {
  const value = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e15, noNaN: true }));
  it('holds for every order statistic at any accuracy', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 80 }),
        fc.double({ min: 0.001, max: 0.3, noNaN: true }),
        (xs, alpha) => {
          const sketch = sketchOf(xs, alpha);
          for (const [rank, want] of xs.toSorted((x, y) => x - y).entries()) {
            const got = valueAtRank(sketch, rank)!;
            expect(Math.abs(got - want)).toBeLessThanOrEqual(alpha * want * (1 + 1e-9));
          }
        },
      ),
      { seed: 12 },
    );
  });
  it('and order of a thousand parts do not change under merging', () => {
    const random = randomFromSeed(3);
    const parts = Array.from({ length: 1000 }, () =>
      Array.from({ length: 1 + Math.floor(random.next() * 5) }, () => Math.exp(6 * random.next() - 3)),
    );
    const sketches = parts.map((part) => sketchOf(part));
    const forward = sketches.reduce((a, b) => mergeSketches(a, b));
    const backward = sketches.reduceRight((a, b) => mergeSketches(a, b));
    const pairs = (list: readonly SketchState[]): SketchState =>
      list.length === 1
        ? list[0]!
        : pairs(
            list.flatMap((a, i) => (i % 2 === 1 ? [] : [list[i + 1] ? mergeSketches(a, list[i + 1]!) : a])),
          );
    expect(backward).toEqual(forward);
    expect(pairs(sketches)).toEqual(forward);
    expect(sketchOf(parts.flat())).toEqual(forward);
    const sorted = parts.flat().toSorted((x, y) => x - y);
    for (const q of [0, 0.01, 0.5, 0.95, 0.99, 1]) {
      const want = sorted[Math.floor((sorted.length - 1) * q)]!;
      expect(Math.abs(quantile(forward, q)! - want)).toBeLessThanOrEqual(0.01 * want * (1 + 1e-9));
    }
  });
});

describe('addAllToSketch', () => {
  it('is adding one by one', () => {
    const values = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 1e6, noNaN: true })));
    fc.assert(
      fc.property(values, values, (xs, ys) => {
        expect(addAllToSketch(sketchOf(xs), ys)).toEqual(sketchOf([...xs, ...ys]));
      }),
      { seed: 11 },
    );
  });
  it('with counts is adding each value that often', () => {
    const pairs = fc.array(
      fc.tuple(
        fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e6, noNaN: true })),
        fc.integer({ min: 1, max: 9 }),
      ),
    );
    fc.assert(
      fc.property(pairs, pairs, (xs, ys) => {
        const oneByOne = (list: readonly (readonly [number, number])[]) =>
          list.reduce((sketch, [value, n]) => addToSketch(sketch, value, n), emptySketch());
        const values = ys.map(([value]) => value);
        const counts = ys.map(([, n]) => n);
        expect(addAllToSketch(oneByOne(xs), values, counts)).toEqual(oneByOne([...xs, ...ys]));
      }),
      { seed: 13 },
    );
  });
  it('says which value it refuses', () => {
    expect(() => addAllToSketch(emptySketch(), [1, -1])).toThrow(/^values\[1\]/);
  });
});

describe('valueAtRank', () => {
  it('takes a rank beyond the last as the last, and has none of nothing', () => {
    expect(valueAtRank(sketchOf([0, 0]), 9)).toBe(0);
    expect(valueAtRank(sketchOf([1, 100]), 9)).toBeCloseTo(100, -1);
    expect(valueAtRank(emptySketch(), 0)).toBeNull();
    expect(() => valueAtRank(emptySketch(), 0.5)).toThrow(/^rank/);
  });
});

describe('coarsenSketch', () => {
  const values = fc.array(fc.double({ min: 1e-3, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 60 });
  it('keeps counts and merges, and its quantiles within the coarse accuracy', () => {
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 7 }), (xs, ys, factor) => {
        const [a, b] = [coarsenSketch(sketchOf(xs), factor), coarsenSketch(sketchOf(ys), factor)];
        expect(mergeSketches(a, b)).toEqual(coarsenSketch(mergeSketches(sketchOf(xs), sketchOf(ys)), factor));
        expect(sketchCount(a)).toBe(xs.length);
        const sorted = xs.toSorted((x, y) => x - y);
        const alpha = coarseAlpha(0.01, factor);
        for (const q of [0, 0.5, 0.95, 1]) {
          const want = sorted[Math.floor((xs.length - 1) * q)]!;
          expect(Math.abs(quantile(a, q)! - want)).toBeLessThanOrEqual(alpha * want * (1 + 1e-9));
        }
      }),
      { seed: 10 },
    );
  });
  it('carries a sketch of nothing, and refuses a factor that is no whole number', () => {
    expect(sketchCount(coarsenSketch(emptySketch(), 5))).toBe(0);
    expect(() => coarsenSketch(emptySketch(), 0)).toThrow(/^factor/);
    expect(() => coarsenSketch(emptySketch(), 1.5)).toThrow(/^factor/);
  });
});

describe('bad input', () => {
  it.each([Number.NaN, Infinity, -Infinity, -1, 1e16])('value %s is a RangeError', (value) => {
    expect(() => addToSketch(emptySketch(), value)).toThrow(RangeError);
    expect(() => bucketBoundaryAtOrAbove(value)).toThrow(/^value/);
    expect(() => countAbove(emptySketch(), value)).toThrow(/^threshold/);
  });
  it.each([0, -1, Number.NaN, Infinity])('count %s is a RangeError', (count) => {
    expect(() => addToSketch(emptySketch(), 1, count)).toThrow(/^count/);
  });
  it('has no quantile of nothing, and no quantile outside 0..1', () => {
    expect(quantile(emptySketch(), 0.5)).toBeNull();
    expect(() => quantile(emptySketch(), 1.1)).toThrow(/^q /);
    expect(() => emptySketch(0)).toThrow(/^alpha/);
  });
});
