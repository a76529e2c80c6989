/**
 * A ratio of two totals over units (clicks per view, cost per request, errors per request) compared between arms, where units are assigned and
 * the denominator is random too: the delta method of Deng, Knoblich, Lu, "Applying the Delta Method in Metric Analytics", KDD 2018, sec. 3.
 * var = (syy - 2 R sxy + R^2 sxx) / (n (n-1) meanX^2), R = meanY / meanX. One look at a fixed size; large samples: dozens of units an arm or
 * more, with denominators that do not differ by orders of magnitude. Golden family `units`.
 */
import { normalQuantile } from '../../math/index.ts';
import { requireAlpha } from '../experiments/arguments.ts';
import { requireCovariateMoments, type CovariateMoments } from '../experiments/covariate-moments.ts';
import { pOfZ, type PValues } from '../experiments/p-values.ts';
import type { Interval } from '../intervals.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';

/** The ratio of one arm and the variance of its estimate. */
export interface RatioEstimate {
  readonly ratio: number;
  readonly variance: number;
}

export interface RatioComparison {
  readonly ratioA: number;
  readonly ratioB: number;
  readonly difference: number;
  readonly standardError: number;
  readonly z: number;
  readonly p: PValues;
  readonly interval: Interval;
}

const estimate = ({ n, meanX, meanY, sxx, sxy, syy }: CovariateMoments): Statistic<RatioEstimate> => {
  if (n < 2) return undefinedBecause('fewer than two units in an arm');
  if (!(meanX > 0)) return undefinedBecause('the mean of the denominator is not above 0');
  const ratio = meanY / meanX;
  const terms = syy + ratio * ratio * sxx;
  const residual = terms - 2 * ratio * sxy;
  // Where every unit has the same ratio only rounding is left.
  const left = residual <= 1e-12 * terms ? 0 : residual;
  const variance = left / (n - 1) / n / meanX / meanX;
  if (!Number.isFinite(ratio) || !Number.isFinite(variance)) {
    return undefinedBecause('values too large to compare');
  }
  return defined({ ratio, variance });
};

/**
 * Total of y over total of x of one arm, from the moments over its units (x denominator, y numerator). Undefined below two units or
 * unless the mean of x is above 0.
 * @throws RangeError naming a field as `moments.sxx`.
 */
export const ratioEstimate = (moments: CovariateMoments): Statistic<RatioEstimate> => {
  requireCovariateMoments('moments', moments);
  return estimate(moments);
};

/**
 * Compares the ratios of arm a (control) and b (treatment). Undefined where an arm's ratio is, and when neither varies. `alpha` (.05) is 1 -
 * confidence of the interval.
 * @throws RangeError naming a field as `a.sxx`, or alpha.
 */
export const compareRatios = (
  a: CovariateMoments,
  b: CovariateMoments,
  { alpha = 0.05 }: { readonly alpha?: number } = {},
): Statistic<RatioComparison> => {
  requireCovariateMoments('a', a);
  requireCovariateMoments('b', b);
  requireAlpha(alpha);
  const [armA, armB] = [estimate(a), estimate(b)];
  if (!armA.ok) return armA;
  if (!armB.ok) return armB;
  const variance = armA.value.variance + armB.value.variance;
  if (!(variance > 0)) return undefinedBecause('no variance in either arm');
  const difference = armB.value.ratio - armA.value.ratio;
  const standardError = Math.sqrt(variance);
  const z = difference / standardError;
  if (!Number.isFinite(z)) return undefinedBecause('values too large to compare');
  const half = -normalQuantile(alpha / 2) * standardError;
  return defined({
    ratioA: armA.value.ratio,
    ratioB: armB.value.ratio,
    difference,
    standardError,
    z,
    p: pOfZ(z),
    interval: { low: difference - half, high: difference + half },
  });
};
