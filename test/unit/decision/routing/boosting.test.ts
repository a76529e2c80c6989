import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classOf, findCuts } from '../../../../src/decision/routing/boosting/bins.ts';
import {
  boost,
  BOOST_OPTIONS,
  predict,
  truncated,
  type BoostData,
} from '../../../../src/decision/routing/boosting/boost.ts';
import { leafAt } from '../../../../src/decision/routing/boosting/tree.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

const exact = { ...BOOST_OPTIONS, subsample: 1, minLeafRows: 1 };

/** 400 rows of two features; the first output is likely above .5 of the first feature, the second output below it; the other feature is noise. */
const stepWorld = (seed: number, rows = 400): BoostData => {
  const random = randomFromSeed(seed);
  const x = Array.from({ length: rows }, () => [random.next(), random.next()]);
  const y = x.map(([a]) => [
    random.next() < (a! > 0.5 ? 0.9 : 0.2) ? 1 : 0,
    random.next() < (a! > 0.5 ? 0.3 : 0.8) ? 1 : 0,
  ]);
  return { x, y };
};

describe('cuts of a feature', () => {
  it('lie between the values that were seen, none for a feature that never varies', () => {
    const rows = [
      [3, 7],
      [1, 7],
      [2, 7],
      [1, 7],
    ];
    expect(findCuts(rows, 8)).toEqual([[1.5, 2.5], []]);
    expect([0, 1.5, 2, 9].map((value) => classOf([1.5, 2.5], value))).toEqual([0, 1, 1, 2]);
  });

  it('are few and cut the rows about equally', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 2, max: 16 }),
        (values, most) => {
          const cuts = findCuts(
            values.map((value) => [value]),
            most,
          )[0]!;
          expect(cuts.length).toBeLessThan(most);
          expect(cuts).toEqual([...new Set(cuts)].sort((a, b) => a - b));
          const counts = cuts.map(() => 0).concat(0);
          values.forEach((value) => (counts[classOf(cuts, value)]! += 1));
          const allowed = Math.ceil(values.length / most) + 1;
          // Values that repeat cannot be cut apart.
          expect(new Set(values).size < values.length || Math.max(...counts) <= allowed).toBe(true);
        },
      ),
      { seed: 4 },
    );
  });
});

describe('boosted trees', () => {
  it('take the Newton step of the formula at each leaf', () => {
    // Base rate 1/2: gradients are -1/2 and 1/2, second derivatives 1/4. Leaf: -G / (H + lambda), shrunk.
    const data = { x: [[0], [0], [1], [1]], y: [[0], [0], [1], [1]] };
    const { model } = boost(
      'rate',
      data,
      null,
      { ...exact, trees: 1, depth: 1, lambda: 1, shrinkage: 0.5 },
      randomFromSeed(1),
    );
    const leaf = 0.5 * (1 / (0.5 + 1));
    expect(model.base).toEqual([0]);
    expect(model.trees[0]).toEqual([
      { feature: 0, cut: 0.5, left: 1, right: 2 },
      { leaf: [-leaf] },
      { leaf: [leaf] },
    ]);
    expect(predict(model, [1])[0]).toBeCloseTo(1 / (1 + Math.exp(-leaf)), 14);
    // A value at the cut belongs above it, as it did when the rows were classed.
    expect([predict(model, [0.5])[0], classOf([0.5], 0.5)]).toEqual([predict(model, [1])[0], 1]);
  });

  it('keep to the fewest rows of a leaf', () => {
    const data = {
      x: Array.from({ length: 40 }, (_, i) => [i]),
      y: Array.from({ length: 40 }, (_, i) => [i < 2 ? 1 : 0]),
    };
    const options = { ...exact, trees: 5, depth: 5, minLeafRows: 6 };
    for (const tree of boost('rate', data, null, options, randomFromSeed(1)).model.trees) {
      const rows = new Map<readonly number[], number>();
      for (const x of data.x) rows.set(leafAt(tree, x), (rows.get(leafAt(tree, x)) ?? 0) + 1);
      expect(rows.size).toBeGreaterThan(1);
      expect(Math.min(...rows.values())).toBeGreaterThanOrEqual(6);
    }
  });

  it('learn a step of each output, and no more from noise than a little', () => {
    const { model } = boost('rate', stepWorld(1), null, BOOST_OPTIONS, randomFromSeed(2));
    const at = (a: number): readonly number[] => predict(model, [a, 0.5]);
    expect(Math.abs(at(0.9)[0]! - 0.9)).toBeLessThan(0.1);
    expect(Math.abs(at(0.1)[0]! - 0.2)).toBeLessThan(0.1);
    expect(Math.abs(at(0.9)[1]! - 0.3)).toBeLessThan(0.1);
    expect(Math.abs(at(0.1)[1]! - 0.8)).toBeLessThan(0.1);
    const roots = model.trees.map((tree) => tree[0]!);
    const onFirst = roots.filter((root) => 'feature' in root && root.feature === 0).length;
    expect(onFirst).toBeGreaterThan(roots.length / 2);
  });

  it('learn means of any size', () => {
    const x = Array.from({ length: 100 }, (_, i) => [i % 10]);
    const y = x.map(([a]) => [1e-4 * (a! < 5 ? 1 : 3), 100 * a!]);
    const { model } = boost('mean', { x, y }, null, { ...exact, trees: 200 }, randomFromSeed(1));
    expect(predict(model, [2])[0]).toBeCloseTo(1e-4, 6);
    expect(predict(model, [8])[0]).toBeCloseTo(3e-4, 6);
    expect(Math.abs(predict(model, [8])[1]! - 800)).toBeLessThan(10);
  });

  it('tell the loss on rows held out after each tree, and can be cut back to the best count', () => {
    const held = stepWorld(5);
    const { model, heldLoss } = boost(
      'rate',
      stepWorld(4, 120),
      held,
      { ...BOOST_OPTIONS, trees: 300, depth: 4, minLeafRows: 2 },
      randomFromSeed(1),
    );
    const best = heldLoss.indexOf(Math.min(...heldLoss));
    expect(heldLoss).toHaveLength(301);
    expect(best).toBeGreaterThan(3);
    expect(best).toBeLessThan(200);
    const loss = (trees: number): number => {
      const cut = truncated(model, trees);
      let sum = 0;
      held.x.forEach((x, i) =>
        predict(cut, x).forEach((p, k) => (sum -= held.y[i]![k] === 1 ? Math.log(p) : Math.log1p(-p))),
      );
      return sum / (2 * held.x.length);
    };
    for (const trees of [0, best, 300]) expect(loss(trees)).toBeCloseTo(heldLoss[trees]!, 10);
  });

  it('are the same for the same seed, and after JSON', () => {
    const make = (seed: number) =>
      boost('rate', stepWorld(3), null, BOOST_OPTIONS, randomFromSeed(seed)).model;
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
    const model = make(1);
    const restored = JSON.parse(JSON.stringify(model)) as typeof model;
    expect(restored).toEqual(model);
    expect(predict(restored, [0.3, 0.4])).toEqual(predict(model, [0.3, 0.4]));
  });

  it('do not ask what a feature is measured in', () => {
    const data = stepWorld(6);
    const scaled = { ...data, x: data.x.map(([a, b]) => [Math.exp(5 * a!), 1e6 * b! - 3]) };
    const fit = (it: BoostData) => boost('rate', it, null, BOOST_OPTIONS, randomFromSeed(1)).model;
    const [plain, other] = [fit(data), fit(scaled)];
    data.x.forEach((x, i) => {
      predict(plain, x).forEach((p, k) => expect(predict(other, scaled.x[i]!)[k]).toBeCloseTo(p, 12));
    });
  });

  it('learn an output from the rows where it was observed, as if there were no others', () => {
    const data = stepWorld(7);
    const holey = { x: data.x, y: data.y.map((y, i) => (i % 2 === 0 ? y : [y[0]!, null])) };
    const { model } = boost('rate', holey, null, BOOST_OPTIONS, randomFromSeed(1));
    expect(Math.abs(predict(model, [0.9, 0.5])[1]! - 0.3)).toBeLessThan(0.15);
    expect(Math.abs(predict(model, [0.1, 0.5])[1]! - 0.8)).toBeLessThan(0.15);
    const none = { x: data.x, y: data.y.map((y) => [y[0]!, null]) };
    const { model: empty } = boost('rate', none, null, BOOST_OPTIONS, randomFromSeed(1));
    expect(predict(empty, [0.9, 0.5])[1]).toBe(0.5);
  });

  it('stay finite on anything finite', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, 1, Number.MAX_VALUE),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, fc.constantFrom(0, 1, 0.5)), { minLength: 1, maxLength: 30 }),
        (rows) => {
          const data = { x: rows.map(([a, b]) => [a, b]), y: rows.map(([, , y]) => [y]) };
          const { model } = boost(
            'rate',
            data,
            data,
            { ...exact, trees: 20, lambda: 0.01 },
            randomFromSeed(1),
          );
          expect(JSON.parse(JSON.stringify(model))).toEqual(model);
          for (const x of data.x) {
            const [p] = predict(model, x);
            expect(p).toBeGreaterThanOrEqual(0);
            expect(p).toBeLessThanOrEqual(1);
          }
        },
      ),
      { seed: 4 },
    );
  });

  it('refuse what they cannot learn from by name', () => {
    const data = stepWorld(1, 20);
    const random = randomFromSeed(1);
    const run = (train: BoostData, options = BOOST_OPTIONS) => boost('rate', train, null, options, random);
    expect(() => run({ x: [], y: [] })).toThrow(/^train must have rows/u);
    expect(() => run({ ...data, x: data.x.map((x, i) => (i === 3 ? [1] : x)) })).toThrow(/^train\.x\[3\]/u);
    expect(() => run({ ...data, x: data.x.map((x, i) => (i === 3 ? [1, Number.NaN] : x)) })).toThrow(
      /^train\.x\[3\]\[1\]/u,
    );
    expect(() => run({ ...data, y: data.y.map((y, i) => (i === 3 ? [1, 2] : y)) })).toThrow(
      /^train\.y\[3\]\[1\]/u,
    );
    for (const name of ['depth', 'shrinkage', 'subsample', 'lambda', 'minLeafRows', 'bins'] as const) {
      expect(() => run(data, { ...BOOST_OPTIONS, [name]: 0 })).toThrow(new RegExp(`^${name} must`, 'u'));
    }
    expect(() => predict(run(data).model, [1])).toThrow(/^x must have 2 features/u);
    expect(() => predict(run(data).model, [1, Infinity])).toThrow(/^x\[1\] must/u);
  });
});
