/**
 * Non-inferiority of a mean at one look of a fixed size: Welch's t of b - a against the margin, or of b - (1 -+ margin) a for a ratio (Fieller,
 * JRSSB 16, 1954, with Satterthwaite's degrees of freedom as Tamhane, Logan, J. Biopharm. Stat. 14, 2004). Golden family `non_inferiority`.
 */
import { studentTQuantile, studentTSf } from '../../math/index.ts';
import type { Moments } from '../moments.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import {
  crossing,
  limitOf,
  requireOptions,
  signOf,
  withDefaults,
  type MarginTest,
  type NonInferiorityOptions,
} from './non-inferiority.ts';
import { requireMoments } from './sample-moments.ts';
import { tTest } from './welch.ts';

/** `observed` and `limit` are differences b - a in the metric's unit, or ratios b / a. */
export interface MeanNonInferiority extends MarginTest {
  readonly observed: number;
  readonly limit: number;
}

type Scaled = Statistic<{ readonly t: number; readonly df: number; readonly standardError: number }>;

/** Welch's t of b less `factor` times a, less `shift`. */
const scaledT = (a: Moments, b: Moments, factor: number, shift: number): Scaled =>
  tTest(
    b.mean - factor * a.mean - shift,
    { variance: (factor * factor * a.m2) / (a.n - 1) / a.n, df: a.n - 1 },
    { variance: b.m2 / (b.n - 1) / b.n, df: b.n - 1 },
    0.5,
  );

/** The ratio that the test just rules out, looked for away from the observed one; null where Fieller's bound is not finite. */
const ratioBound = (
  a: Moments,
  b: Moments,
  { alpha, better }: Required<NonInferiorityOptions>,
): number | null => {
  const sign = signOf(better);
  // How far inside the critical value a ratio lies: above 0 it is ruled out.
  const excess = (ratio: number): number => {
    const at = scaledT(a, b, ratio, 0);
    return at.ok ? sign * at.value.t + studentTQuantile(alpha, at.value.df) : Infinity;
  };
  const observed = b.mean / a.mean;
  const unit = Math.abs(observed) > 0 ? Math.abs(observed) : 1;
  for (let step = unit * 1e-6; step < unit * 1e9; step *= 2) {
    const far = observed - sign * step;
    if (excess(far) > 0) return crossing(excess, 0, observed, far);
  }
  return null;
};

/**
 * Tests "b is worse than a by the margin or more" and rejects it when b is non-inferior. Undefined below two observations in an arm, without
 * variance in both, and for a relative margin unless the mean of a is above 0.
 * @throws RangeError naming a.n, a.mean, a.m2, those of b, margin, kind, better or alpha.
 */
export const meanNonInferiority = (
  a: Moments,
  b: Moments,
  given: NonInferiorityOptions,
): Statistic<MeanNonInferiority> => {
  const [armA, armB] = [requireMoments('a', a), requireMoments('b', b)];
  const options = withDefaults(given);
  requireOptions(options, 'means');
  if (armA.n < 2 || armB.n < 2) return undefinedBecause('fewer than two observations in an arm');
  const relative = options.kind === 'relative';
  if (relative && !(armA.mean > 0)) return undefinedBecause('the mean of arm a is not above 0');
  const limit = limitOf(options);
  const result = relative ? scaledT(armA, armB, limit, 0) : scaledT(armA, armB, 1, limit);
  if (!result.ok) return result;
  const { t, df, standardError } = result.value;
  const sign = signOf(options.better);
  const statistic = sign * t;
  const p = studentTSf(statistic, df);
  const observed = relative ? armB.mean / armA.mean : armB.mean - armA.mean;
  if (!Number.isFinite(observed)) return undefinedBecause('values too large to compare');
  const absoluteBound = observed + sign * studentTQuantile(options.alpha, df) * standardError;
  return defined({
    observed,
    limit,
    statistic,
    df,
    p,
    bound: relative ? ratioBound(armA, armB, options) : absoluteBound,
    nonInferior: p < options.alpha,
  });
};
