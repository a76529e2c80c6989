import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dominates,
  hypervolume,
  OBJECTIVES,
  paretoFront,
  paretoRanks,
} from '../../../src/analysis/pareto.ts';
import { dominatesIn, epsilonFrontIn, frontIn, ranksIn } from '../../../src/analysis/pareto/front.ts';
import { hypervolumeIn } from '../../../src/analysis/pareto/hypervolume.ts';
import { kneeOf } from '../../../src/analysis/pareto/knee.ts';
import { noiseAwareFront, surelyDominates } from '../../../src/analysis/pareto/noise-aware.ts';
import type { Objective, Point } from '../../../src/analysis/pareto/objectives.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const objectivesOf = (d: number): readonly Objective[] =>
  NAMES.slice(0, d).map((name, j) => ({ name, direction: j % 2 === 0 ? 'max' : 'min' }));
/** Few values per objective, so that ties and duplicates are common. */
const pointsOf = (d: number, maxLength = 12): fc.Arbitrary<readonly Point[]> =>
  fc.array(
    fc
      .array(fc.integer({ min: 0, max: 5 }), { minLength: d, maxLength: d })
      .map((values) => Object.fromEntries(values.map((value, j) => [NAMES[j]!, value]))),
    { maxLength },
  );
const dimension = fc.integer({ min: 1, max: 5 });
const setting = dimension.chain((d) => fc.tuple(fc.constant(objectivesOf(d)), pointsOf(d)));

describe('a front of any number of objectives', () => {
  it('holds exactly the points that no point beats, duplicates together', () => {
    fc.assert(
      fc.property(setting, ([objectives, points]) => {
        const front = frontIn(points, objectives);
        const ranks = ranksIn(points, objectives);
        expect(front).toEqual([...points.keys()].filter((i) => ranks[i] === 0));
        for (const [i, point] of points.entries()) {
          const beaters = points.filter((other) => dominatesIn(other, point, objectives));
          expect(front.includes(i)).toBe(beaters.length === 0);
          const twin = points.findIndex((other) =>
            objectives.every(({ name }) => other[name] === point[name]),
          );
          expect(ranks[twin]).toBe(ranks[i]);
          // A point of rank r is beaten by one of rank r - 1, and by none of its own rank.
          const beaterRanks = points.flatMap((other, j) =>
            dominatesIn(other, point, objectives) ? [ranks[j]!] : [],
          );
          expect(Math.max(-1, ...beaterRanks)).toBe(ranks[i]! - 1);
        }
      }),
      { seed: 1 },
    );
  });
  it('does not depend on the order of points, nor on which way an objective is written', () => {
    fc.assert(
      fc.property(setting, ([objectives, points]) => {
        const turned = objectives.map(({ name, direction }): Objective => ({
          name,
          direction: direction === 'max' ? 'min' : 'max',
        }));
        const mirrored = points.map((p) => Object.fromEntries(Object.entries(p).map(([k, v]) => [k, -v])));
        expect(ranksIn(mirrored, turned)).toEqual(ranksIn(points, objectives));
        expect(ranksIn(points.toReversed(), objectives)).toEqual(ranksIn(points, objectives).toReversed());
      }),
      { seed: 2 },
    );
  });
  it('refuses values that survive every comparison', () => {
    expect(() => frontIn([{ a: 1 }, { a: Number.NaN }], objectivesOf(1))).toThrow(/^points\[1\]\.a must be/);
    expect(() => frontIn([{ a: 1 }], objectivesOf(2))).toThrow(/^points\[0\]\.b must be/);
    expect(() => frontIn([], [])).toThrow(/^objectives/);
    expect(() => frontIn([{ toString: 1 }], [{ name: 'valueOf', direction: 'max' }])).toThrow(/^points/);
  });
});

describe('the epsilon front', () => {
  it('is the front at epsilon 0 and only grows with it', () => {
    fc.assert(
      fc.property(setting, fc.integer({ min: 0, max: 3 }), ([objectives, points], epsilon) => {
        const all = (value: number) => Object.fromEntries(objectives.map(({ name }) => [name, value]));
        expect(epsilonFrontIn(points, objectives, {})).toEqual(frontIn(points, objectives));
        const [near, far] = [epsilon, epsilon + 1].map((e) => epsilonFrontIn(points, objectives, all(e)));
        expect(near!.filter((i) => !far!.includes(i))).toEqual([]);
      }),
      { seed: 3 },
    );
  });
  it('keeps what is beaten by less than epsilon', () => {
    const points = [
      { quality: 0.8, cost: 1 },
      { quality: 0.795, cost: 1.02 },
      { quality: 0.7, cost: 2 },
    ];
    const objectives = OBJECTIVES.slice(0, 2);
    expect(epsilonFrontIn(points, objectives, {})).toEqual([0]);
    expect(epsilonFrontIn(points, objectives, { quality: 0.01, cost: 0.05 })).toEqual([0, 1]);
    expect(() => epsilonFrontIn(points, objectives, { speed: 1 })).toThrow(/^epsilons/);
    expect(() => epsilonFrontIn(points, objectives, { cost: -1 })).toThrow(/^epsilons\.cost/);
  });
});

/** Counts unit cells: every coordinate is a whole number from 0 to 5. */
const cellsBeaten = (points: readonly Point[], objectives: readonly Objective[]): number => {
  const cells = objectives.reduce<readonly (readonly number[])[]>(
    (all) => all.flatMap((cell) => [0, 1, 2, 3, 4].map((k) => [...cell, k])),
    [[]],
  );
  return cells.filter((cell) =>
    points.some((p) =>
      objectives.every(({ name, direction }, j) =>
        direction === 'max' ? p[name]! >= cell[j]! + 1 : p[name]! <= cell[j]!,
      ),
    ),
  ).length;
};

describe('the hypervolume', () => {
  it('is the number of unit cells that are beaten, in one to four objectives', () => {
    const small = fc
      .integer({ min: 1, max: 4 })
      .chain((d) => fc.tuple(fc.constant(objectivesOf(d)), pointsOf(d, 8)));
    fc.assert(
      fc.property(small, ([objectives, points]) => {
        const reference = Object.fromEntries(
          objectives.map(({ name, direction }) => [name, direction === 'max' ? 0 : 5]),
        );
        expect(hypervolumeIn(points, objectives, reference)).toBe(cellsBeaten(points, objectives));
      }),
      { seed: 4, numRuns: 150 },
    );
  });
  it('refuses a reference that is not there', () => {
    expect(() => hypervolumeIn([], objectivesOf(1), {})).toThrow(/^reference\.a/);
  });
});

describe('the front within intervals', () => {
  const exact = (points: readonly Point[]) =>
    points.map((p) => Object.fromEntries(Object.entries(p).map(([k, v]) => [k, { low: v, high: v }])));
  it('is the plain front where every value is known', () => {
    fc.assert(
      fc.property(setting, ([objectives, points]) => {
        expect(noiseAwareFront(exact(points), objectives)).toEqual(frontIn(points, objectives));
      }),
      { seed: 5 },
    );
  });
  it('never drops a point that is on the front of the truth, when the truth is within the intervals', () => {
    const noise = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
      minLength: 60,
      maxLength: 60,
    });
    fc.assert(
      fc.property(setting, noise, ([objectives, points], around) => {
        const ranged = points.map((p, i) =>
          Object.fromEntries(
            objectives.map(({ name }, j) => {
              const [down, up] = around[(i * objectives.length + j) % around.length]!;
              return [name, { low: p[name]! - down, high: p[name]! + up }];
            }),
          ),
        );
        const kept = noiseAwareFront(ranged, objectives);
        expect(frontIn(points, objectives).filter((i) => !kept.includes(i))).toEqual([]);
      }),
      { seed: 6 },
    );
  });
  it('drops a point only where the intervals part', () => {
    const objectives = OBJECTIVES.slice(0, 1);
    const [p, near, far] = [
      { quality: { low: 0.7, high: 0.8 } },
      { quality: { low: 0.6, high: 0.71 } },
      { quality: { low: 0.5, high: 0.6 } },
    ];
    expect(surelyDominates(p, near, objectives)).toBe(false);
    expect(surelyDominates(p, far, objectives)).toBe(true);
    expect(noiseAwareFront([p, near, far], objectives)).toEqual([0, 1]);
    expect(() => noiseAwareFront([{ quality: { low: 1, high: 0 } }], objectives)).toThrow(
      /^points\[0\]\.quality/,
    );
    expect(() => noiseAwareFront([{}], objectives)).toThrow(/^points\[0\]\.quality/);
  });
});

describe('the knee', () => {
  const two = objectivesOf(1).concat({ name: 'b', direction: 'max' });
  it('is where the front bends, whatever the units', () => {
    const points = [0, 0.2, 0.5, 0.8, 0.9, 1].map((a) => ({ a, b: 1 - a ** 6 }));
    const knee = kneeOf(points, two)!;
    expect(knee.index).toBe(3);
    const inCents = points.map(({ a, b }) => ({ a: 1000 * a - 7, b: b / 1e4 }));
    const same = kneeOf(inCents, two)!;
    expect(same.index).toBe(3);
    expect(same.distance).toBeCloseTo(knee.distance, 10);
  });
  it('is the middle of three objectives when only the middle is good in all', () => {
    const three = [...two, { name: 'c', direction: 'min' } as const];
    const points = [
      { a: 1, b: 0, c: 1 },
      { a: 0, b: 1, c: 1 },
      { a: 0, b: 0, c: 0 },
      { a: 0.9, b: 0.9, c: 0.1 },
    ];
    expect(kneeOf(points, three)!.index).toBe(3);
  });
  it('is on the front, and a duplicate of it hides nothing', () => {
    fc.assert(
      fc.property(setting, ([objectives, points]) => {
        const knee = kneeOf(points, objectives);
        expect(knee === null).toBe(points.length === 0);
        const again = kneeOf([...points, ...points], objectives);
        expect(again).toEqual(knee);
        expect(knee === null || frontIn(points, objectives).includes(knee.index)).toBe(true);
      }),
      { seed: 7, numRuns: 40 },
    );
  });
  it('is none worth the name on a front that bends inwards: an end is answered', () => {
    const points = [0, 0.5, 1].map((a) => ({ a, b: (1 - a) ** 3 }));
    expect(kneeOf(points, two)).toEqual({ index: 0, distance: 0 });
    expect(kneeOf([points[1]!, points[1]!], two)).toEqual({ index: 0, distance: 0 });
  });
});

describe('the three objectives of the product', () => {
  it('are a case of the general ones', () => {
    const p = { quality: 0.9, cost: 1, latency: 100 };
    const worse = { quality: 0.9, cost: 2, latency: 100 };
    expect([dominates(p, worse), dominates(worse, p), dominates(p, p)]).toEqual([true, false, false]);
    expect(paretoFront([worse, p, p])).toEqual([1, 2]);
    expect(paretoRanks([worse, p, p])).toEqual([1, 0, 0]);
    expect(hypervolume([p], { quality: 0, cost: 3, latency: 200 })).toBeCloseTo(0.9 * 2 * 100);
    expect(() => dominates(p, { ...p, cost: Infinity })).toThrow(/^q\.cost/);
  });
});
