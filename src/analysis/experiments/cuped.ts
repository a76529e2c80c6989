/**
 * A difference of means with less noise, by what was known of each unit before it was exposed: CUPED (Deng, Xu, Kohavi, Walker, WSDM
 * 2013). theta = (Sxy_a + Sxy_b) / (Sxx_a + Sxx_b) over both arms, y_adjusted = y - theta (x - mean x of both arms), Welch's t on that.
 * The covariate must be from before the exposure: one that the treatment moves biases the difference. Golden family `cuped`.
 *
 * A unit whose covariate is missing is never dropped: it takes the mean of the known ones, and "is missing" becomes a second covariate
 * (statistics.md 2.6; Zhao, Ding, "To adjust or not to adjust?", JASA 119, 2024). Where nothing is missing that second one has no weight.
 */
import type { Moments } from '../moments.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { requireAlpha } from './arguments.ts';
import { adjustedM2, coefficients, filled, type Sums } from './covariate-adjustment.ts';
import {
  covariateMomentsOfValues,
  emptyCovariateMoments,
  requireCovariateMoments,
  type CovariateMoments,
} from './covariate-moments.ts';
import { momentsOfValues, requireMoments } from './sample-moments.ts';
import { tTest, type TTest, type WelchOptions } from './welch.ts';

/** One arm: x is the covariate, y the outcome; `missing` are the outcomes of the units without a covariate. */
export interface CupedArm {
  readonly known: CovariateMoments;
  readonly missing?: Moments;
}

export interface Cuped {
  /** Units of outcome per unit of covariate; 0 when the covariate does not vary. */
  readonly theta: number;
  /** Outcome of the units without a covariate above those at its mean; 0 when none is missing. */
  readonly thetaMissing: number;
  readonly differenceRaw: number;
  readonly differenceAdjusted: number;
  /** 1 - variance of the adjusted difference / variance of the raw one; at most 1, undefined without raw variance. */
  readonly varianceReduction: Statistic<number>;
  /** Welch's test of the adjusted outcomes; undefined when nothing is left of their variance. */
  readonly test: Statistic<TTest>;
}

const NOBODY: Moments = { n: 0, mean: 0, m2: 0 };

const variancesOf = (m2A: number, a: Sums, m2B: number, b: Sums) =>
  [
    { variance: m2A / (a.n - 1) / a.n, df: a.n - 1 },
    { variance: m2B / (b.n - 1) / b.n, df: b.n - 1 },
  ] as const;

const adjust = (a: Sums, b: Sums, alpha: number): Statistic<Cuped> => {
  const [theta, thetaMissing] = coefficients(a, b);
  const differenceRaw = b.meanY - a.meanY;
  const differenceAdjusted = differenceRaw - theta * (b.meanX - a.meanX) - thetaMissing * (b.meanM - a.meanM);
  const [rawA, rawB] = variancesOf(a.yy, a, b.yy, b);
  const left = [adjustedM2(a, theta, thetaMissing), adjustedM2(b, theta, thetaMissing)] as const;
  const [adjustedA, adjustedB] = variancesOf(left[0], a, left[1], b);
  const raw = rawA.variance + rawB.variance;
  if (!Number.isFinite(differenceAdjusted) || !Number.isFinite(raw) || !Number.isFinite(theta)) {
    return undefinedBecause('values too large to compare');
  }
  return defined({
    theta,
    thetaMissing,
    differenceRaw,
    differenceAdjusted,
    varianceReduction:
      raw > 0
        ? defined(1 - (adjustedA.variance + adjustedB.variance) / raw)
        : undefinedBecause('no variance in either arm'),
    test: tTest(differenceAdjusted, adjustedA, adjustedB, alpha),
  });
};

/**
 * The adjusted comparison from merged moments, arm a control and b treatment. Undefined below two units in an arm; `alpha` (.05) is 1 -
 * confidence of the interval. Estimating theta from the same data makes the t test approximate: it is meant for dozens of units or more.
 * @throws RangeError naming a field as `a.known.sxx` or `b.missing.m2`, or alpha.
 */
export const cupedOfMoments = (
  a: CupedArm,
  b: CupedArm,
  { alpha = 0.05 }: WelchOptions = {},
): Statistic<Cuped> => {
  requireAlpha(alpha);
  requireCovariateMoments('a.known', a.known);
  requireCovariateMoments('b.known', b.known);
  const missingA = requireMoments('a.missing', a.missing ?? NOBODY);
  const missingB = requireMoments('b.missing', b.missing ?? NOBODY);
  if (a.known.n + missingA.n < 2 || b.known.n + missingB.n < 2) {
    return undefinedBecause('fewer than two units in an arm');
  }
  const known = a.known.n + b.known.n;
  const share = known === 0 ? 0 : b.known.n / known;
  const fill = known === 0 ? 0 : a.known.meanX * (1 - share) + b.known.meanX * share;
  return adjust(filled(a.known, missingA, fill), filled(b.known, missingB, fill), alpha);
};

/** The units of one arm; `x[i]` is null where the covariate of unit i is missing. */
export interface CupedValues {
  readonly x: readonly (number | null)[];
  readonly y: readonly number[];
}

/** One arm's moments from its values. @throws TypeError or RangeError naming x or y. */
export const cupedArm = ({ x, y }: CupedValues): CupedArm => {
  if (!Array.isArray(x)) throw new TypeError('x must be a list of numbers and nulls');
  if (!Array.isArray(y)) throw new TypeError('y must be a list of numbers');
  if (x.length !== y.length)
    throw new RangeError(`y must be as long as x (${x.length} values), got ${y.length}`);
  const isKnown = (_: unknown, i: number): boolean => x[i] !== null;
  const known = (x as readonly (number | null)[]).filter((value) => value !== null);
  return {
    known: known.length === 0 ? emptyCovariateMoments() : covariateMomentsOfValues(known, y.filter(isKnown)),
    missing: momentsOfValues(
      'y',
      y.filter((_, i) => x[i] === null),
    ),
  };
};

/**
 * The same from values, one pair per unit.
 * @throws TypeError or RangeError naming x or y (equally long lists of finite numbers, null in x where it is missing), or alpha.
 */
export const cuped = (a: CupedValues, b: CupedValues, options: WelchOptions = {}): Statistic<Cuped> =>
  cupedOfMoments(cupedArm(a), cupedArm(b), options);
