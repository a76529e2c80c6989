/**
 * Which values of a batch stand apart from the others, by three rules. Golden family `outliers`. For a stream see `anomaly.ts`.
 * Skewed metrics (latency, cost) are to be put on a log scale before: on the raw scale IQR and MAD flag a tail that is always there.
 */
import { requirePositive } from '../../math/require.ts';
import { ascending, quantileOfSorted, type Sorted } from '../drift/sorted.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { LARGEST_VALUE } from './detector.ts';

/** Iglewicz, Hoaglin, How to Detect and Handle Outliers, 1993: makes MAD and mean absolute deviation comparable to a standard deviation. */
const MAD_FACTOR = 0.6745;
const MEAN_AD_FACTOR = 1.253314;
/** Fewer values say nothing about each other. */
export const LEAST_VALUES = 3;

export const Z_LIMIT = 3;
export const IQR_FACTOR = 1.5;
export const MAD_LIMIT = 3.5;

/** Mean and standard deviation (ddof 1), in two passes. */
export interface ZCentre {
  readonly mean: number;
  readonly sd: number;
}

/** Quartiles (type 7) and Tukey's fences. */
export interface IqrFences {
  readonly q1: number;
  readonly q3: number;
  readonly low: number;
  readonly high: number;
}

/** Median and median absolute deviation, with the mean absolute deviation that stands in where that is 0. */
export interface MadCentre {
  readonly median: number;
  readonly mad: number;
  readonly meanAd: number;
}

const requireValues = (values: readonly number[]): void => {
  for (const value of values) {
    if (!(Math.abs(value) <= LARGEST_VALUE)) {
      throw new RangeError(`values must be finite numbers of size at most ${LARGEST_VALUE}, got ${value}`);
    }
  }
};

const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** For callers that checked `values`: two or more. */
export const zCentreOf = (values: readonly number[]): ZCentre => {
  const mean = meanOf(values);
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
};

/** 0 where there is no spread. */
export const zScore = ({ mean, sd }: ZCentre, x: number): number => (sd > 0 ? (x - mean) / sd : 0);

/** Of one or more values. */
export const iqrFencesOf = (sorted: Sorted, factor: number): IqrFences => {
  const [q1, q3] = [quantileOfSorted(sorted, 0.25), quantileOfSorted(sorted, 0.75)];
  const reach = factor * (q3 - q1);
  return { q1, q3, low: q1 - reach, high: q3 + reach };
};

/** Deviations from the median, upwards: those below it and those above it are each in order already. */
const deviationsOf = (sorted: Sorted, median: number): Float64Array => {
  const deviations = new Float64Array(sorted.length);
  let [low, high] = [0, sorted.length - 1];
  for (let i = sorted.length - 1; i >= 0; i--) {
    const [below, above] = [median - sorted[low]!, sorted[high]! - median];
    deviations[i] = Math.max(below, above);
    if (below > above) low += 1;
    else high -= 1;
  }
  return deviations;
};

/** Of one or more values. */
export const madCentreOf = (sorted: Sorted): MadCentre => {
  const median = quantileOfSorted(sorted, 0.5);
  const deviations = deviationsOf(sorted, median);
  const meanAd = deviations.reduce((sum, x) => sum + x, 0) / deviations.length;
  return { median, mad: quantileOfSorted(deviations, 0.5), meanAd };
};

/** A score beside a spread of nearly nothing is as large as a number can be, and stays one. */
const finite = (score: number): number => Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, score));

/** .6745 (x - median) / MAD; where MAD is 0, (x - median) / (1.253314 mean AD); where that is 0 too, 0. Never an infinity. */
export const modifiedZ = ({ median, mad, meanAd }: MadCentre, x: number): number => {
  if (mad > 0) return finite((MAD_FACTOR * (x - median)) / mad);
  return meanAd > 0 ? finite((x - median) / (MEAN_AD_FACTOR * meanAd)) : 0;
};

const indicesWhere = (values: readonly number[], stands: (x: number) => boolean): readonly number[] =>
  values.flatMap((x, i) => (stands(x) ? [i] : []));

const TOO_FEW = undefinedBecause(`fewer than ${LEAST_VALUES} values`);

/**
 * |x - mean| / sd > limit. With ten values or fewer no z reaches 3 (its maximum is (n - 1) / sqrt(n)), and a large outlier hides
 * others: for reports; `madOutliers` is the default. `indices` from 0, upwards. Undefined below three values.
 * @throws RangeError naming `values` (finite, at most 1e100 in size) or `limit` (above 0).
 */
export const zScoreOutliers = (
  values: readonly number[],
  limit: number = Z_LIMIT,
): Statistic<ZCentre & { readonly indices: readonly number[] }> => {
  requireValues(values);
  requirePositive('limit', limit);
  if (values.length < LEAST_VALUES) return TOO_FEW;
  const centre = zCentreOf(values);
  return defined({ ...centre, indices: indicesWhere(values, (x) => Math.abs(zScore(centre, x)) > limit) });
};

/**
 * Strictly outside [Q1 - factor IQR, Q3 + factor IQR] (Tukey). Where the quartiles are equal, everything else stands out. Undefined
 * below three values.
 * @throws RangeError naming `values` or `factor` (above 0).
 */
export const iqrOutliers = (
  values: readonly number[],
  factor: number = IQR_FACTOR,
): Statistic<IqrFences & { readonly indices: readonly number[] }> => {
  requireValues(values);
  requirePositive('factor', factor);
  if (values.length < LEAST_VALUES) return TOO_FEW;
  const fences = iqrFencesOf(ascending(values), factor);
  return defined({ ...fences, indices: indicesWhere(values, (x) => x < fences.low || x > fences.high) });
};

/**
 * |modified z| > limit (Iglewicz, Hoaglin), the default: up to half of the values may be outliers without hiding each other. Nothing
 * stands out of a constant. Undefined below three values.
 * @throws RangeError naming `values` or `limit` (above 0).
 */
export const madOutliers = (
  values: readonly number[],
  limit: number = MAD_LIMIT,
): Statistic<MadCentre & { readonly scores: readonly number[]; readonly indices: readonly number[] }> => {
  requireValues(values);
  requirePositive('limit', limit);
  if (values.length < LEAST_VALUES) return TOO_FEW;
  const centre = madCentreOf(ascending(values));
  const scores = values.map((x) => modifiedZ(centre, x));
  return defined({ ...centre, scores, indices: indicesWhere(scores, (z) => Math.abs(z) > limit) });
};
