import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  covariateMomentsOfSums,
  covariateMomentsOfValues,
  cuped,
  cupedOfMoments,
  mergeCovariateMoments,
  sampleMoments,
  welch,
  type CovariateMoments,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleNormal } from '../../../../src/math/index.ts';

const random = randomFromSeed(8);
const normal = (): number => sampleNormal(random);
/** Units whose outcome follows the covariate with correlation `rho`, treated by `lift`. */
const units = (n: number, rho: number, lift: number) => {
  const x = Array.from({ length: n }, () => 5 + 2 * normal());
  const y = x.map((value) => lift + rho * ((value - 5) / 2) + Math.sqrt(1 - rho * rho) * normal());
  return { x, y };
};
const sumsOf = (x: readonly number[], y: readonly number[]) => {
  const sum = (f: (i: number) => number): number => x.reduce((total, _, i) => total + f(i), 0);
  return {
    n: x.length,
    sumX: sum((i) => x[i]!),
    sumY: sum((i) => y[i]!),
    sumXX: sum((i) => x[i]! ** 2),
    sumXY: sum((i) => x[i]! * y[i]!),
    sumYY: sum((i) => y[i]! ** 2),
  };
};
const valueOf = <T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T => {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};
/** The largest error of a field, as a share of 1 and its size. */
const errorOf = (got: CovariateMoments, want: CovariateMoments): number =>
  Math.max(
    ...(['n', 'meanX', 'meanY', 'sxx', 'sxy', 'syy'] as const).map(
      (field) => Math.abs(got[field] - want[field]) / (1 + Math.abs(want[field])),
    ),
  );

describe('covariate moments', () => {
  it('are the same from values, from sums and merged from parts in any order', () => {
    const { x, y } = units(200, 0.5, 0);
    const whole = covariateMomentsOfValues(x, y);
    expect(errorOf(covariateMomentsOfSums(sumsOf(x, y)), whole)).toBeLessThan(1e-9);
    fc.assert(
      fc.property(fc.nat({ max: 200 }), (cut) => {
        const first = covariateMomentsOfValues(x.slice(0, cut), y.slice(0, cut));
        const rest = covariateMomentsOfSums(sumsOf(x.slice(cut), y.slice(cut)));
        expect(errorOf(mergeCovariateMoments(first, rest), whole)).toBeLessThan(1e-9);
        expect(errorOf(mergeCovariateMoments(rest, first), whole)).toBeLessThan(1e-9);
      }),
      { seed: 4 },
    );
  });
  it('take a spread that is only rounding as none', () => {
    expect(covariateMomentsOfValues([0.3, 0.1 + 0.2], [1, 2])).toMatchObject({ sxx: 0, sxy: 0, syy: 0.5 });
    const sums = sumsOf([0.1, 0.1, 0.1], [1, 2, 3]);
    expect(covariateMomentsOfSums(sums)).toMatchObject({ sxx: 0, sxy: 0 });
  });
});

describe('CUPED', () => {
  it('is the same from merged sums as from values', () => {
    const [a, b] = [units(300, 0.8, 0), units(250, 0.8, 0.2)];
    const fromValues = valueOf(cuped(a, b));
    const arm = ({ x, y }: typeof a) => ({
      known: mergeCovariateMoments(
        covariateMomentsOfSums(sumsOf(x.slice(0, 100), y.slice(0, 100))),
        covariateMomentsOfSums(sumsOf(x.slice(100), y.slice(100))),
      ),
    });
    const fromSums = valueOf(cupedOfMoments(arm(a), arm(b)));
    expect(fromSums.theta).toBeCloseTo(fromValues.theta, 10);
    expect(valueOf(fromSums.test).t).toBeCloseTo(valueOf(fromValues.test).t, 9);
    expect(valueOf(fromSums.test).df).toBeCloseTo(valueOf(fromValues.test).df, 6);
  });
  it('takes the share rho squared off the variance', () => {
    const result = valueOf(cuped(units(20_000, 0.8, 0), units(20_000, 0.8, 0.1)));
    expect(valueOf(result.varianceReduction)).toBeCloseTo(0.64, 1);
    expect(result.theta).toBeCloseTo(0.4, 1);
    expect(result.thetaMissing).toBe(0);
  });
  it('is the raw comparison when the covariate does not vary', () => {
    const [a, b] = [
      [1, 2, 4, 8],
      [3, 5, 5, 9, 10],
    ];
    const constant = (list: readonly number[]) => ({ x: list.map(() => 2), y: list });
    const result = valueOf(cuped(constant(a), constant(b)));
    expect(result.theta).toBe(0);
    expect(valueOf(result.test).t).toBeCloseTo(valueOf(welch(a, b)).t, 12);
    expect(valueOf(result.varianceReduction)).toBe(0);
  });
  it('has a difference and no test when the covariate says all', () => {
    const [a, b] = [units(40, 0.3, 0).y, units(40, 0.3, 0).y];
    const result = valueOf(cuped({ x: a, y: a }, { x: b, y: b.map((y) => y + 1) }));
    expect(result.differenceAdjusted).toBeCloseTo(1, 9);
    expect(result.test).toMatchObject({ ok: false });
    expect(valueOf(result.varianceReduction)).toBe(1);
  });
  it('has none either where what is left is the rounding of a coefficient', () => {
    const x = [0.3, 1.7, 2.9, 4.1, 5.3];
    const line = x.map((value) => 2 + 0.37 * value);
    expect(valueOf(cuped({ x, y: line }, { x, y: line.map((y) => y + 1) })).test).toMatchObject({
      ok: false,
    });
  });
  it('needs two units in each arm', () => {
    expect(cuped({ x: [1], y: [1] }, units(9, 0, 0))).toMatchObject({ ok: false });
  });
});

describe('CUPED with covariates missing', () => {
  it('drops no unit: without any covariate it is the raw comparison', () => {
    const [a, b] = [
      [1, 2, 4, 8],
      [3, 5, 5, 9, 10],
    ];
    const unknown = (list: readonly number[]) => ({ x: list.map(() => null), y: list });
    const result = valueOf(cuped(unknown(a), unknown(b)));
    expect(valueOf(result.test).t).toBeCloseTo(valueOf(welch(a, b)).t, 12);
  });
  it('does not care how far off the units without a covariate are: it learns that', () => {
    const arm = (lift: number, n: number) => {
      const { x, y } = units(n, 0.7, lift);
      const missing = x.map((_, i) => i % 4 === 0);
      return {
        x: x.map((value, i) => (missing[i] ? null : value)),
        y: y.map((value, i) => value - (missing[i] ? 3 : 0)),
      };
    };
    const result = valueOf(cuped(arm(0, 4000), arm(0.2, 4000)));
    expect(result.thetaMissing).toBeCloseTo(-3, 0);
    expect(result.differenceAdjusted).toBeCloseTo(0.2, 1);
    expect(valueOf(result.varianceReduction)).toBeGreaterThan(0.5);
    expect(valueOf(result.test).df).toBeGreaterThan(7000);
  });
  it('takes the units without a covariate from moments too', () => {
    const known = units(50, 0.5, 0);
    const other = units(60, 0.5, 0.3);
    const lost = [0.3, 1.2, -0.4];
    const fromValues = valueOf(
      cuped({ x: [...known.x, null, null, null], y: [...known.y, ...lost] }, { x: other.x, y: other.y }),
    );
    const fromMoments = valueOf(
      cupedOfMoments(
        { known: covariateMomentsOfValues(known.x, known.y), missing: sampleMoments(lost) },
        { known: covariateMomentsOfValues(other.x, other.y) },
      ),
    );
    expect(fromMoments).toEqual(fromValues);
  });
});
