/** What is spent over the intervals to come, from the intervals that were. The model under `budget-pacing.ts`; it knows no budget. */
import { studentTQuantile } from '../../math/distributions/student-t.ts';
import { centredMean } from './series.ts';
import { fitLine, type LineFit } from './linear.ts';

/** The total of the next k intervals; k need not be whole. The bounds are null where there is no spread to tell them from. */
export interface Total {
  readonly mean: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface RateModel {
  /** Spend per interval now. */
  readonly rate: number;
  readonly trend: 'level' | 'rising' | 'falling';
  readonly totalAfter: (k: number) => Total;
}

/** A slope counts as a trend from this p-value down: on a level rate a trend is seen in 1 % of looks. */
const TREND_P = 0.01;
/** Fewer intervals than this tell no trend from noise. */
const LEAST_FOR_TREND = 8;

const levelModel = (spend: readonly number[], level: number): RateModel => {
  const n = spend.length;
  const mean = centredMean(spend);
  const sd = Math.sqrt(spend.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const units = n < 3 ? null : studentTQuantile(0.5 + level / 2, n - 1) * sd;
  return {
    rate: mean,
    trend: 'level',
    totalAfter: (k) => {
      if (units === null) return { mean: k * mean, lower: null, upper: null };
      const half = units * Math.sqrt(k + (k * k) / n);
      return { mean: k * mean, lower: Math.max(0, k * mean - half), upper: k * mean + half };
    },
  };
};

const trendModel = ({ n, slope, meanY, spreadT }: LineFit, sigma2: number, level: number): RateModel => {
  const units = studentTQuantile(0.5 + level / 2, n - 2) * Math.sqrt(sigma2);
  const last = (n - 1) / 2;
  const now = meanY + slope * (last + 0.5);
  // A falling rate ends at 0: from there on nothing more is spent on average.
  const longest = slope < 0 ? Math.max(0, -now / slope) : Infinity;
  return {
    rate: Math.max(0, now),
    trend: slope > 0 ? 'rising' : 'falling',
    totalAfter: (k) => {
      const spending = Math.min(k, longest);
      // Sum of the places of the next k intervals from the middle of the series.
      const places = (m: number): number => m * last + (m * (m + 1)) / 2;
      const mean = spending * meanY + slope * places(spending);
      const half = units * Math.sqrt(k + (k * k) / n + places(k) ** 2 / spreadT);
      return { mean, lower: Math.max(0, mean - half), upper: mean + half };
    },
  };
};

/**
 * The model of a spend series, equal intervals, oldest first. `fallback` is the spend of an interval to assume when the series is empty;
 * null for both: nothing is known.
 */
export const rateModel = (
  spend: readonly number[],
  fallback: number | null,
  level: number,
): RateModel | null => {
  if (spend.length === 0) return fallback === null ? null : levelModel([fallback], level);
  if (spend.length >= LEAST_FOR_TREND) {
    const fit = fitLine([...spend.keys()], spend);
    if (fit.ok && fit.value.sigma2 !== null && fit.value.pSlope !== null && fit.value.pSlope < TREND_P) {
      return trendModel(fit.value, fit.value.sigma2, level);
    }
  }
  return levelModel(spend, level);
};

/** Places at which a curve is looked at before the first crossing is bisected. */
const LOOKS = 4_000;

/** The first x in (0, farthest] at which `curve` is at least `target`; null where it never is, or has no value. */
export const firstReach = (
  curve: (x: number) => number | null,
  target: number,
  farthest: number,
): number | null => {
  const reaches = (x: number): boolean => (curve(x) ?? -Infinity) >= target;
  for (let i = 1; i <= LOOKS; i++) {
    if (!reaches((i / LOOKS) * farthest)) continue;
    let [low, high] = [((i - 1) / LOOKS) * farthest, (i / LOOKS) * farthest];
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2;
      if (reaches(middle)) high = middle;
      else low = middle;
    }
    return high;
  }
  return null;
};
