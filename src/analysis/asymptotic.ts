/**
 * Confidence sequence for a difference of unbounded means (cost, latency, tokens), valid at every look asymptotically.
 * Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Ann. Stat. 52(6), 2024, Gaussian-mixture form. Golden family `asymptotic_cs`.
 *
 * The variance is the larger of Welch's and the pooled one (not in the paper): with Welch's alone a small candidate arm with a
 * rare event is wrong in up to 15 % of runs (statistics.md 1.3). It is not blockwise: start it anew at every weight, and believe it
 * only from `ASYMPTOTIC_BURN_IN` observations in each arm.
 */
import { lambertWMinus1 } from '../math/special.ts';
import { requireMoments, varianceOf, type Moments } from './moments.ts';
import { defined, undefinedBecause, type Statistic } from './result.ts';

/** Observations per arm before the first look counts. */
export const ASYMPTOTIC_BURN_IN = 100;

/** Below this its square is no longer a number above 0. */
const LEAST_ALPHA = 1e-150;

const requireAlpha = (alpha: number, below: number): void => {
  if (!(alpha >= LEAST_ALPHA && alpha < below)) {
    throw new RangeError(`alpha must be from ${LEAST_ALPHA} to below ${below}, got ${alpha}`);
  }
};

/** Observations that can be planned for. */
const LARGEST_PLAN = 1e15;

/** Means and sums of squares beyond these would overflow when they are squared. */
const LARGEST_MEAN = 1e140;
const LARGEST_M2 = 1e280;

const requireArm = (name: string, arm: Moments): void => {
  requireMoments(name, arm);
  if (Math.abs(arm.mean) > LARGEST_MEAN || arm.m2 > LARGEST_M2) {
    throw new RangeError(
      `${name} must have a mean within ${LARGEST_MEAN} and an m2 within ${LARGEST_M2}, got ${arm.mean} and ${arm.m2}`,
    );
  }
};

/** Margins are factors near 1. */
const LARGEST_FACTOR = 1e6;

/** Evidence is finite: a difference of this many squared standard errors is as good as any. */
const LARGEST_Z2 = 1e300;

const squaredZ = (difference: number, variance: number): number =>
  Math.min(LARGEST_Z2, (difference / Math.sqrt(variance)) ** 2);

/** A level that has a one-sided form too: that is tuned at twice alpha. */
const requireLevel = (alpha: number): void => requireAlpha(alpha, 0.5);

/**
 * The mixture's precision rho^2 that makes the sequence tightest at `nOpt` observations in total; frozen with alpha at the start.
 * @throws RangeError naming alpha or nOpt.
 */
export const mixturePrecision = (alpha: number, nOpt: number): number => {
  requireAlpha(alpha, 1);
  if (!(nOpt >= 1 && nOpt <= LARGEST_PLAN)) {
    throw new RangeError(`nOpt must be from 1 to ${LARGEST_PLAN}, got ${nOpt}`);
  }
  return (-lambertWMinus1(-(alpha ** 2) / Math.E) - 1) / nOpt;
};

/** Half-width of the two-sided sequence in units of the standard error, at `k` = t rho^2. */
const twoSidedUnits = (k: number, alpha: number): number =>
  Math.sqrt(2 * (1 + 1 / k) * (0.5 * Math.log1p(k) - Math.log(alpha)));

/** Distance of the one-sided bound in units of the standard error, at `k` = t rho^2. */
const oneSidedUnits = (k: number, alpha: number): number =>
  Math.sqrt(2 * (1 + 1 / k) * Math.log1p(Math.sqrt(1 + k) / (2 * alpha)));

/**
 * Half-widths of the running mean of t observations (from 1) with unit variance; `rho2` tuned at alpha and at 2 alpha.
 * @throws RangeError naming t, alpha (below .5) or nOpt.
 */
export const unitMargins = (
  t: number,
  alpha: number,
  nOpt: number,
): { readonly twoSided: number; readonly oneSided: number } => {
  if (!(t >= 1 && t < Infinity)) throw new RangeError(`t must be a finite number from 1, got ${t}`);
  requireLevel(alpha);
  return {
    twoSided: twoSidedUnits(t * mixturePrecision(alpha, nOpt), alpha) / Math.sqrt(t),
    oneSided: oneSidedUnits(t * mixturePrecision(2 * alpha, nOpt), alpha) / Math.sqrt(t),
  };
};

/** Arm a is stable, b is candidate; the difference is b - a, variances are of that difference. */
export interface MeanComparison {
  readonly difference: number;
  readonly varianceWelch: number;
  readonly variancePooled: number;
  readonly varianceUsed: number;
  readonly halfWidth: number;
  /** Log of the always-valid p of "no difference", at most 0; the caller keeps the running minimum. */
  readonly logP: number;
  readonly oneSidedLower: number;
}

const spread = (
  a: Moments,
  b: Moments,
): Statistic<{ readonly welch: number; readonly pooled: number; readonly used: number }> => {
  const [va, vb] = [varianceOf(a), varianceOf(b)];
  if (va === null || vb === null) return undefinedBecause('fewer than two observations in an arm');
  const welch = va / a.n + vb / b.n;
  const pooled = ((a.m2 + b.m2) / (a.n + b.n - 2)) * (1 / a.n + 1 / b.n);
  const used = Math.max(welch, pooled);
  return used > 0 ? defined({ welch, pooled, used }) : undefinedBecause('no variance in either arm');
};

/**
 * Compares two means at one look. Undefined below two observations in an arm or without variance.
 * @throws RangeError naming a, b, alpha (below .5) or nOpt.
 */
export const compareMeans = (
  a: Moments,
  b: Moments,
  { alpha, nOpt }: { readonly alpha: number; readonly nOpt: number },
): Statistic<MeanComparison> => {
  requireArm('a', a);
  requireArm('b', b);
  requireLevel(alpha);
  const precision = mixturePrecision(alpha, nOpt);
  const variance = spread(a, b);
  if (!variance.ok) return variance;
  const { welch, pooled, used } = variance.value;
  const k = (a.n + b.n) * precision;
  const difference = b.mean - a.mean;
  const logP = 0.5 * Math.log1p(k) - squaredZ(difference, used) * (k / (2 * (1 + k)));
  const oneSidedK = (a.n + b.n) * mixturePrecision(2 * alpha, nOpt);
  return defined({
    difference,
    varianceWelch: welch,
    variancePooled: pooled,
    varianceUsed: used,
    halfWidth: Math.sqrt(used) * twoSidedUnits(k, alpha),
    logP: Math.min(0, logP),
    oneSidedLower: difference - Math.sqrt(used) * oneSidedUnits(oneSidedK, alpha),
  });
};

/**
 * Evidence, as the log of 1/p, that mean_b lies above (`greater`) or below (`less`) `factor` times mean_a: the one-sided bound excludes
 * the boundary at level alpha exactly when this reaches ln(1/alpha). 0 on the wrong side; undefined within the burn-in or without variance.
 * @throws RangeError naming a, b, alpha (below .5), nOpt, factor or side.
 */
export const oneSidedMeanEvidence = (
  a: Moments,
  b: Moments,
  {
    alpha,
    nOpt,
    factor,
    side,
  }: {
    readonly alpha: number;
    readonly nOpt: number;
    readonly factor: number;
    readonly side: 'greater' | 'less';
  },
): Statistic<number> => {
  if (!(factor > 0 && factor <= LARGEST_FACTOR)) {
    throw new RangeError(`factor must be above 0 and at most ${LARGEST_FACTOR}, got ${factor}`);
  }
  if (side !== 'greater' && side !== 'less') {
    throw new RangeError(`side must be greater or less, got ${String(side)}`);
  }
  requireArm('a', a);
  requireArm('b', b);
  requireLevel(alpha);
  const k = (a.n + b.n) * mixturePrecision(2 * alpha, nOpt);
  if (Math.min(a.n, b.n) < ASYMPTOTIC_BURN_IN) {
    return undefinedBecause(`fewer than ${ASYMPTOTIC_BURN_IN} observations in an arm`);
  }
  const variance = spread({ n: a.n, mean: a.mean * factor, m2: a.m2 * factor ** 2 }, b);
  if (!variance.ok) return variance;
  const difference = b.mean - factor * a.mean;
  if (side === 'greater' ? difference <= 0 : difference >= 0) return defined(0);
  // The bound's condition, D^2/(2V) k/(1+k) >= ln(1 + sqrt(1+k)/(2 alpha)), solved for ln(1/alpha).
  const x = squaredZ(difference, variance.value.used) * (k / (2 * (1 + k)));
  const logExcess = x + Math.log(-Math.expm1(-x));
  return defined(Math.max(0, Math.LN2 + logExcess - 0.5 * Math.log1p(k)));
};
