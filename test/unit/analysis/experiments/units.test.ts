import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clusterRobust,
  compareRatios,
  covariateMomentsOfValues,
  designEffect,
  firstPerUnit,
  pairedUnits,
  ratioEstimate,
  twoProportions,
  welch,
  type Statistic,
  type UnitTotal,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleBeta, sampleBinomial } from '../../../../src/math/index.ts';

const valueOf = <T>(result: Statistic<T>): T => {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

describe('the first outcome of each unit', () => {
  const observations = fc.array(
    fc.record({ unit: fc.constantFrom('a', 'b', '__proto__', 'constructor', '7'), outcome: fc.nat() }),
  );
  it('is the same in one go as block by block, with plain JSON in between', () => {
    fc.assert(
      fc.property(observations, observations, (one, two) => {
        const whole = firstPerUnit([...one, ...two]);
        const before = firstPerUnit(one);
        const seen = JSON.parse(JSON.stringify(before.seen)) as readonly string[];
        const after = firstPerUnit(two, seen);
        expect([...before.first, ...after.first]).toEqual(whole.first);
        expect(after.seen).toEqual(whole.seen);
        expect(new Set(whole.first.map(({ unit }) => unit)).size).toBe(whole.first.length);
      }),
      { seed: 4 },
    );
  });
  it('is the first in the order given', () => {
    const list = ['b', 'a', 'b', 'a'].map((unit, outcome) => ({ unit, outcome }));
    expect(firstPerUnit(list).first).toEqual([
      { unit: 'b', outcome: 0 },
      { unit: 'a', outcome: 1 },
    ]);
  });
});

describe('recorded answers, ten to a question', () => {
  const [, ...lines] = readFileSync(new URL('./data/temperature.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const questions = lines.map((line) => line.split(',').map(Number));
  const total = (column: number, count: number): UnitTotal[] =>
    questions.map((row) => ({ count, sum: row[column]! }));
  const sumOf = (units: readonly UnitTotal[]): number => units.reduce((sum, unit) => sum + unit.sum, 0);
  const [baseline, chained] = [total(1, 110), total(3, 110)];

  it('look decisive when each answer counts as a unit: p = 2e-17', () => {
    const { p, difference } = valueOf(
      twoProportions({ n: 11_000, successes: sumOf(baseline) }, { n: 11_000, successes: sumOf(chained) }),
    );
    expect(difference).toBeCloseTo(0.0568, 4);
    expect(p.twoSided.toExponential(0)).toBe('2e-17');
  });
  it('say little when each question counts once: p = .08', () => {
    const { p, t, difference } = valueOf(pairedUnits(baseline.map((a, i) => ({ a, b: chained[i]! }))));
    expect(difference).toBeCloseTo(0.0568, 4);
    expect(t).toBeCloseTo(1.783, 3);
    expect(p.twoSided.toFixed(2)).toBe('0.08');
  });
  it('say as little with the question as the cluster, were they not paired', () => {
    for (const correction of ['CR1', 'CR2'] as const) {
      const { p } = valueOf(clusterRobust(baseline, chained, { correction }));
      expect(p.twoSided).toBeGreaterThan(0.2);
    }
  });
  it.each([
    ['baseline', 5],
    ['chain of thought', 6],
  ])('of %s at one temperature have a design effect of 6 to 10', (_, column) => {
    const units = total(column, 10).map((unit) => ({ ...unit, sumOfSquares: unit.sum }));
    const {
      designEffect: effect,
      effectiveObservations,
      intraUnitCorrelation,
    } = valueOf(designEffect(units));
    expect(effect).toBeGreaterThan(6);
    expect(effect).toBeLessThan(10);
    expect(effectiveObservations).toBeCloseTo(1000 / effect, 9);
    // Kish: 1 + (10 - 1) icc.
    expect(1 + 9 * intraUnitCorrelation!).toBeCloseTo(effect, 0);
  });
});

describe('cluster-robust comparison', () => {
  it('with one observation per unit has the variance of Welch', () => {
    const [a, b] = [
      [3, 4.5, 1, 2.25, 6],
      [5, 4, 7.5, 6, 6.25, 9],
    ];
    const units = (list: readonly number[]) => list.map((sum) => ({ count: 1, sum }));
    const robust = valueOf(clusterRobust(units(a), units(b)));
    expect(robust.standardError).toBeCloseTo(valueOf(welch(a, b)).standardError, 12);
  });
  it('is the delta method of sum over count, but for the factor of small samples', () => {
    const random = randomFromSeed(5);
    const arm = (n: number) =>
      Array.from({ length: n }, () => {
        const count = 1 + Math.floor(9 * random.next());
        return { count, sum: sampleBinomial(count, sampleBeta(2, 3, random), random) };
      });
    const [a, b] = [arm(60), arm(80)];
    const moments = (units: readonly UnitTotal[]) =>
      covariateMomentsOfValues(
        units.map(({ count }) => count),
        units.map(({ sum }) => sum),
      );
    const ratios = valueOf(compareRatios(moments(a), moments(b)));
    const robust = valueOf(clusterRobust(a, b, { correction: 'CR1' }));
    expect(ratios.difference).toBeCloseTo(robust.difference, 12);
    expect(Math.abs(ratios.standardError / robust.standardError - 1)).toBeLessThan(0.01);
    const { ratio, variance } = valueOf(ratioEstimate(moments(a)));
    expect(ratio).toBe(ratios.ratioA);
    expect(variance).toBeGreaterThan(0);
  });
  it('needs two units an arm, and units that differ', () => {
    const same = [
      { count: 2, sum: 1 },
      { count: 4, sum: 2 },
    ];
    expect(clusterRobust(same, same)).toMatchObject({ ok: false });
    expect(clusterRobust([{ count: 9, sum: 4 }], same)).toMatchObject({ ok: false });
    // A third cannot be written down: what is left of the residuals is rounding.
    const thirds = [1, 2, 3].map((count) => ({ count, sum: count * 0.1 }));
    expect(clusterRobust(thirds, thirds)).toMatchObject({ ok: false });
  });
  it('holds its level where counting observations does not', () => {
    const random = randomFromSeed(17);
    const runs = 500;
    const arm = () =>
      Array.from({ length: 30 }, () => {
        const count = random.next() < 0.1 ? 60 : 5;
        return { count, sum: sampleBinomial(count, sampleBeta(2, 2, random), random) };
      });
    const reject = { naive: 0, CR1: 0, CR2: 0 };
    for (let i = 0; i < runs; i++) {
      const [a, b] = [arm(), arm()];
      const all = (units: readonly UnitTotal[]) =>
        units.reduce((sum, u) => ({ n: sum.n + u.count, successes: sum.successes + u.sum }), {
          n: 0,
          successes: 0,
        });
      if (valueOf(twoProportions(all(a), all(b))).p.twoSided < 0.05) reject.naive += 1;
      for (const correction of ['CR1', 'CR2'] as const) {
        if (valueOf(clusterRobust(a, b, { correction })).p.twoSided < 0.05) reject[correction] += 1;
      }
    }
    expect(reject.naive / runs).toBeGreaterThan(0.35);
    expect(reject.CR2 / runs).toBeLessThan(0.08);
    expect(reject.CR2).toBeLessThan(reject.CR1);
  });
});

describe('paired units and ratios', () => {
  it('need two units that differ', () => {
    const unit = { a: { count: 1, sum: 1 }, b: { count: 2, sum: 3 } };
    expect(pairedUnits([unit])).toMatchObject({ ok: false });
    expect(pairedUnits([unit, unit, unit])).toMatchObject({ ok: false });
  });
  it('have no test where every unit has the same ratio', () => {
    const arm = (x: readonly number[]) =>
      covariateMomentsOfValues(
        x,
        x.map((value) => 0.37 * value),
      );
    const denominators = fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), {
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(denominators, denominators, (a, b) => {
        expect(compareRatios(arm(a), arm(b))).toMatchObject({ ok: false });
      }),
      { seed: 4 },
    );
  });
  it('have no ratio to a denominator of 0', () => {
    const moments = covariateMomentsOfValues([0, 0, 0], [1, 2, 3]);
    expect(ratioEstimate(moments)).toMatchObject({ ok: false });
    expect(compareRatios(moments, moments)).toMatchObject({ ok: false });
  });
});

describe('the design effect', () => {
  it('of single observations is 1, and their correlation unknown', () => {
    const units = [1, 5, 2, 8].map((y) => ({ count: 1, sum: y, sumOfSquares: y * y }));
    const effect = valueOf(designEffect(units));
    expect(effect.designEffect).toBeCloseTo(1, 12);
    expect(effect.intraUnitCorrelation).toBeNull();
  });
  it('of units that repeat one observation is their size', () => {
    const units = [1, 5, 2, 8].map((y) => ({ count: 7, sum: 7 * y, sumOfSquares: 7 * y * y }));
    const effect = valueOf(designEffect(units));
    expect(effect.intraUnitCorrelation).toBeCloseTo(1, 12);
    // G / (G - 1) against N / (N - 1).
    expect(effect.designEffect).toBeCloseTo(((4 / 3) * 7 * 27) / 28, 12);
  });
  it('does not exist without variance', () => {
    const flat = { count: 2, sum: 1, sumOfSquares: 0.5 };
    expect(designEffect([flat, flat])).toMatchObject({ ok: false });
    const alike = { count: 2, sum: 1, sumOfSquares: 1 };
    expect(designEffect([alike, alike])).toMatchObject({ ok: false });
    expect(designEffect([alike])).toMatchObject({ ok: false });
  });
});
