import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  centeredDiscrepancy,
  isLatinHypercube,
  smallestDistance,
} from '../../../../src/decision/search/design-quality.ts';
import { gridOf, gridOver } from '../../../../src/decision/search/grid.ts';
import {
  latinHypercube,
  maximinLatinHypercube,
  spreadConfigurations,
} from '../../../../src/decision/search/latin-hypercube.ts';
import { drawConfigurations } from '../../../../src/decision/search/random-search.ts';
import { configurationAt, type Dimension } from '../../../../src/decision/search/space.ts';
import { randomFromSeed, type Random } from '../../../../src/math/random.ts';

const SPACE: readonly Dimension[] = [
  { kind: 'uniform', name: 'topP', low: 0.7, high: 1 },
  { kind: 'logUniform', name: 'temperature', low: 0.01, high: 1 },
  { kind: 'integer', name: 'maxTokens', low: 1, high: 4 },
  { kind: 'categorical', name: 'model', values: ['a', 'b', 'c'] },
];

/** A stream that repeats its numbers: for the edges of [0, 1). */
const always = (...values: readonly number[]): Random => {
  let at = 0;
  return {
    next: () => values[at++ % values.length]!,
    state: () => ({ generator: 'xoroshiro128plus', words: [] }),
  };
};

describe('a grid', () => {
  it('is the whole product, the last dimension fastest', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 4 }), { maxLength: 4 }), (values) => {
        const points = gridOf(values);
        expect(points.length).toBe(values.reduce((product, { length }) => product * length, 1));
        for (const [i, point] of points.entries()) {
          let place = i;
          for (const [j, dimension] of [...values.entries()].toReversed()) {
            expect(point[j]).toBe(dimension[place % dimension.length]);
            place = Math.floor(place / dimension.length);
          }
        }
      }),
      { seed: 1 },
    );
  });
  it('over a space has both ends of each range, and every category', () => {
    const points = gridOver(SPACE, 3);
    expect(points.length).toBe(3 * 3 * 3 * 3);
    const taken = (name: string) => [...new Set(points.map((point) => point[name]))];
    expect(taken('topP')).toEqual([0.7, 0.85, 1]);
    expect(taken('temperature').map((x) => Number(x).toPrecision(6))).toEqual([
      '0.0100000',
      '0.100000',
      '1.00000',
    ]);
    expect(taken('maxTokens')).toEqual([1, 3, 4]);
    expect(taken('model')).toEqual(['a', 'b', 'c']);
    expect(points[1]).toMatchObject({ topP: 0.7, maxTokens: 1, model: 'b' });
    expect(gridOver(SPACE, 1)).toHaveLength(3);
    expect(gridOver([{ kind: 'integer', name: 'n', low: 2, high: 2 }], 5)).toEqual([{ n: 2 }]);
  });
  it('that would be too large is refused, and not begun', () => {
    expect(() => gridOf(Array.from({ length: 7 }, () => Array.from({ length: 10 }, () => 0)))).toThrow(
      /^values/,
    );
    expect(() => gridOver(SPACE, 0)).toThrow(/^levels/);
  });
});

describe('random configurations', () => {
  it('stay inside the space, and a longer list begins with the shorter one', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 30 }), (seed, n) => {
        const points = drawConfigurations(SPACE, n, randomFromSeed(seed));
        expect(drawConfigurations(SPACE, n + 5, randomFromSeed(seed)).slice(0, n)).toEqual(points);
        for (const { topP, temperature, maxTokens, model } of points) {
          expect([
            Number(topP) >= 0.7,
            Number(topP) <= 1,
            Number(temperature) >= 0.01,
            Number(temperature) <= 1,
          ]).not.toContain(false);
          expect([1, 2, 3, 4]).toContain(maxTokens);
          expect(['a', 'b', 'c']).toContain(model);
        }
      }),
      { seed: 2 },
    );
  });
  it('are even on their own scale', () => {
    const points = drawConfigurations(SPACE, 4000, randomFromSeed(3));
    const share = (of: (point: (typeof points)[number]) => boolean) => points.filter(of).length / 4000;
    // Four standard errors of a share of 4,000 draws are at most .032.
    expect(Math.abs(share(({ temperature }) => Number(temperature) < 0.1) - 0.5)).toBeLessThan(0.032);
    expect(Math.abs(share(({ topP }) => Number(topP) < 0.775) - 0.25)).toBeLessThan(0.032);
    for (const tokens of [1, 2, 3, 4]) {
      expect(Math.abs(share(({ maxTokens }) => maxTokens === tokens) - 0.25)).toBeLessThan(0.032);
    }
    expect(Math.abs(share(({ model }) => model === 'c') - 1 / 3)).toBeLessThan(0.032);
  });
  it('take the first and last value at the edges of the unit interval', () => {
    expect(configurationAt(SPACE, [0, 0, 0, 0])).toEqual({
      topP: 0.7,
      temperature: 0.01,
      maxTokens: 1,
      model: 'a',
    });
    expect(configurationAt(SPACE, [1, 1, 1, 1])).toEqual({
      topP: 1,
      temperature: 1,
      maxTokens: 4,
      model: 'c',
    });
  });
});

describe('a Latin hypercube', () => {
  it('has one point per stratum for every seed and size', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 120 }), fc.integer({ min: 1, max: 6 }), (seed, n, d) => {
        const sample = latinHypercube(n, d, randomFromSeed(seed));
        expect(sample.every((point) => point.length === d && point.every((x) => x >= 0 && x < 1))).toBe(true);
        expect([sample.length, isLatinHypercube(sample)]).toEqual([n, true]);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
  it.each([0, 1 - 2 ** -53, 0.5])(
    'keeps to its strata when every draw is %s, at sizes that divide badly',
    (draw) => {
      for (const n of [1, 3, 7, 49, 98, 103, 1000, 9973]) {
        expect(isLatinHypercube(latinHypercube(n, 1, always(draw)))).toBe(true);
      }
    },
  );
  it('covers better than independent draws, and the maximin one has the widest gap of its candidates', () => {
    const mean = (of: (random: Random) => number) => {
      const random = randomFromSeed(5);
      return Array.from({ length: 30 }, () => of(random)).reduce((sum, x) => sum + x, 0) / 30;
    };
    const plain = (random: Random) => Array.from({ length: 20 }, () => [random.next(), random.next()]);
    const discrepancy = {
      plain: mean((r) => centeredDiscrepancy(plain(r))!),
      latin: mean((r) => centeredDiscrepancy(latinHypercube(20, 2, r))!),
    };
    expect(discrepancy.latin).toBeLessThan(0.5 * discrepancy.plain);
    const gap = (candidates: number) =>
      mean((r) => smallestDistance(maximinLatinHypercube(20, 2, r, candidates)));
    expect(gap(20)).toBeGreaterThan(1.5 * gap(1));
    const [one, again] = [randomFromSeed(6), randomFromSeed(6)];
    const all = Array.from({ length: 20 }, () => latinHypercube(12, 3, again));
    const widest = Math.max(...all.map(smallestDistance));
    expect(smallestDistance(maximinLatinHypercube(12, 3, one))).toBe(widest);
  });
  it('spreads over a space: each category and each quarter of a range as often', () => {
    const points = spreadConfigurations(SPACE, 12, randomFromSeed(7));
    for (const model of ['a', 'b', 'c']) expect(points.filter((p) => p['model'] === model)).toHaveLength(4);
    for (const tokens of [1, 2, 3, 4])
      expect(points.filter((p) => p['maxTokens'] === tokens)).toHaveLength(3);
    expect(points.filter((p) => Number(p['temperature']) < 0.1)).toHaveLength(6);
  });
  it('is recognised, and so is what is none', () => {
    expect(isLatinHypercube([[0.9], [0.1], [0.5]])).toBe(true);
    expect(isLatinHypercube([[0.9], [0.95], [0.5]])).toBe(false);
    expect(isLatinHypercube([[0.1], [1]])).toBe(false);
    expect(centeredDiscrepancy([])).toBeNull();
    expect([smallestDistance([]), smallestDistance([[0.3]])]).toEqual([0, 0]);
  });
});

describe('bad spaces and sizes', () => {
  const bad: readonly (readonly [string, Dimension])[] = [
    ['space[0].low', { kind: 'uniform', name: 'x', low: 2, high: 1 }],
    ['space[0].high', { kind: 'uniform', name: 'x', low: 2, high: Infinity }],
    ['space[0].low must be above 0', { kind: 'logUniform', name: 'x', low: 0, high: 1 }],
    ['space[0].low and high must be whole', { kind: 'integer', name: 'x', low: 0.5, high: 1 }],
    ['space[0].values', { kind: 'categorical', name: 'x', values: [] }],
  ];
  it.each(bad)('are refused: %s', (message, dimension) => {
    expect(() => drawConfigurations([dimension], 1, randomFromSeed(1))).toThrow(message);
    expect(() => gridOver([dimension], 2)).toThrow(message);
    expect(() => spreadConfigurations([dimension], 2, randomFromSeed(1))).toThrow(message);
  });
  it('are refused by the parameter', () => {
    expect(() => drawConfigurations([SPACE[0]!, SPACE[0]!], 1, randomFromSeed(1))).toThrow(
      /^space\[1\]\.name/,
    );
    expect(() => drawConfigurations(SPACE, -1, randomFromSeed(1))).toThrow(/^n /);
    expect(() => latinHypercube(1.5, 2, randomFromSeed(1))).toThrow(/^n /);
    expect(() => latinHypercube(2e6, 2, randomFromSeed(1))).toThrow(/^n /);
    expect(() => latinHypercube(2, 0, randomFromSeed(1))).toThrow(/^dimensions/);
    expect(() => maximinLatinHypercube(2, 2, randomFromSeed(1), 0)).toThrow(/^candidates/);
    expect(() => spreadConfigurations([], 2, randomFromSeed(1))).toThrow(/^space/);
    expect(() => configurationAt(SPACE, [0, 0, 0])).toThrow(/^shares/);
    expect(() => isLatinHypercube([[0.5], [0.2, 0.3]])).toThrow(/^sample\[1\]/);
    expect(() => centeredDiscrepancy([[Number.NaN]])).toThrow(/^sample\[0\]\[0\]/);
  });
});
