/**
 * Two means compared at one look of a fixed size, without assuming equal variances: Welch, Biometrika 34, 1947; degrees of freedom by
 * Satterthwaite, Biometrics Bull. 2, 1946. Golden families `welch_t`, `welch_t_summary`. Units of one arm must be independent: where a unit
 * has several observations see `../units/`.
 */
import { studentTQuantile } from '../../math/index.ts';
import { requireFinite, requireWhole } from '../../math/require.ts';
import type { Interval } from '../intervals.ts';
import type { Moments } from '../moments.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { requireAlpha } from './arguments.ts';
import { hedgesFactor } from './effect-size.ts';
import { pOfT, type PValues } from './p-values.ts';
import { momentsOfValues, requireMoments } from './sample-moments.ts';

/** What the aggregates of a window give: `variance` is the unbiased one (n - 1). */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

/** A t statistic with all that follows from it; differences are b - a, in the metric's unit. */
export interface TTest {
  readonly difference: number;
  readonly standardError: number;
  readonly t: number;
  readonly df: number;
  readonly p: PValues;
  readonly interval: Interval;
}

export interface WelchTest extends TTest {
  /** The difference over the pooled standard deviation (Cohen 1988). */
  readonly cohenD: number;
  /** Cohen's d without its bias. */
  readonly hedgesG: number;
}

/** Significance level and the difference under the null (0). */
export interface WelchOptions {
  readonly alpha?: number;
}

/** What an estimate of a difference, with one variance per arm, leads to. `variance` is of the arm's mean. */
export const tTest = (
  difference: number,
  a: { readonly variance: number; readonly df: number },
  b: { readonly variance: number; readonly df: number },
  alpha: number,
): Statistic<TTest> => {
  const variance = a.variance + b.variance;
  if (!(variance > 0)) return undefinedBecause('no variance in either arm');
  const standardError = Math.sqrt(variance);
  const t = difference / standardError;
  if (!Number.isFinite(standardError) || !Number.isFinite(t)) {
    return undefinedBecause('values too large to compare');
  }
  // Shares, not squares, of the variances: squares of tiny ones underflow.
  const [shareA, shareB] = [a.variance / variance, b.variance / variance];
  const df = 1 / ((shareA > 0 ? shareA ** 2 / a.df : 0) + (shareB > 0 ? shareB ** 2 / b.df : 0));
  const half = -studentTQuantile(Math.max(alpha / 2, Number.MIN_VALUE), df) * standardError;
  if (!Number.isFinite(Math.abs(difference) + half)) {
    return undefinedBecause('alpha too small for an interval with so few observations');
  }
  return defined({
    difference,
    standardError,
    t,
    df,
    p: pOfT(t, df),
    interval: { low: difference - half, high: difference + half },
  });
};

const compare = (a: Moments, b: Moments, alpha: number): Statistic<WelchTest> => {
  requireAlpha(alpha);
  if (a.n < 2 || b.n < 2) return undefinedBecause('fewer than two observations in an arm');
  const difference = b.mean - a.mean;
  const test = tTest(
    difference,
    { variance: a.m2 / (a.n - 1) / a.n, df: a.n - 1 },
    { variance: b.m2 / (b.n - 1) / b.n, df: b.n - 1 },
    alpha,
  );
  if (!test.ok) return test;
  const df = a.n + b.n - 2;
  const cohenD = difference / Math.sqrt(a.m2 / df + b.m2 / df);
  if (!Number.isFinite(cohenD)) return undefinedBecause('values too large to compare');
  return defined({ ...test.value, cohenD, hedgesG: cohenD * hedgesFactor(df) });
};

/**
 * Welch's t of two lists of values, one per unit. Undefined below two values in an arm, and when both arms are constant, even if
 * they differ (no spread, no test), and where the interval at so small an alpha has no end; one constant arm is fine. `alpha` (.05) is 1 - confidence of the interval.
 * @throws TypeError or RangeError naming a, b (lists of finite numbers) or alpha.
 */
export const welch = (
  a: readonly number[],
  b: readonly number[],
  { alpha = 0.05 }: WelchOptions = {},
): Statistic<WelchTest> => compare(momentsOfValues('a', a), momentsOfValues('b', b), alpha);

/** The same from merged moments. @throws RangeError naming a.n, a.mean, a.m2, those of b, or alpha. */
export const welchOfMoments = (
  a: Moments,
  b: Moments,
  { alpha = 0.05 }: WelchOptions = {},
): Statistic<WelchTest> => compare(requireMoments('a', a), requireMoments('b', b), alpha);

const momentsOfSummary = (name: string, { n, mean, variance }: Summary): Moments => {
  requireWhole(`${name}.n`, n, 0);
  requireFinite(`${name}.mean`, mean);
  if (!(variance >= 0 && variance < Infinity)) {
    throw new RangeError(`${name}.variance must be a finite number from 0, got ${variance}`);
  }
  return requireMoments(name, { n, mean, m2: variance * Math.max(0, n - 1) });
};

/** The same from count, mean and unbiased variance. @throws RangeError naming a.n, a.mean, a.variance, those of b, or alpha. */
export const welchOfSummary = (
  a: Summary,
  b: Summary,
  { alpha = 0.05 }: WelchOptions = {},
): Statistic<WelchTest> => compare(momentsOfSummary('a', a), momentsOfSummary('b', b), alpha);
