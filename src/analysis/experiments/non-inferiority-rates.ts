/**
 * Non-inferiority of a rate at one look of a fixed size: the score test of Farrington, Manning, Stat. Med. 9, 1990 (with the factor N / (N - 1) it
 * is that of Miettinen, Nurminen, Stat. Med. 4, 1985), for a margin in points or as a ratio. It stays defined when both arms are at 100 %.
 * Wald's is given to compare: on the difference, or on the log of the ratio (Katz et al., Biometrics 34, 1978). Golden families
 * `non_inferiority` and `units` (ratios, both directions).
 */
import { normalQuantile, normalSf } from '../../math/index.ts';
import type { RateCount } from '../intervals.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { requireRate } from './arguments.ts';
import {
  crossing,
  limitOf,
  requireOptions,
  signOf,
  withDefaults,
  type MarginTest,
  type NonInferiorityOptions,
} from './non-inferiority.ts';
import { ratesAtDifference, ratesAtRatio } from './restricted-rates.ts';

export interface RateNonInferiorityOptions extends NonInferiorityOptions {
  /** The variance under the null as it is (default), or times N / (N - 1). */
  readonly variance?: 'farrington-manning' | 'miettinen-nurminen';
}

/** `observed` and `limit` are differences b - a of rates, or ratios b / a. The score test decides. */
export interface RateNonInferiority {
  /** Null for a ratio when arm a has no success. */
  readonly observed: number | null;
  readonly limit: number;
  readonly score: MarginTest;
  readonly wald: Statistic<MarginTest>;
  readonly nonInferior: boolean;
}

interface Question {
  readonly a: RateCount;
  readonly b: RateCount;
  readonly pA: number;
  readonly pB: number;
  readonly inflation: number;
  readonly options: Required<NonInferiorityOptions>;
}

/** The score statistic at a limit, turned so that large is good; NaN where its variance is 0. */
const scoreAt = ({ a, b, pA, pB, inflation, options }: Question, limit: number): number => {
  const relative = options.kind === 'relative';
  const rates = relative ? ratesAtRatio(a, b, limit) : ratesAtDifference(a, b, limit);
  const weight = relative ? limit * limit : 1;
  const variance = (weight * rates.pA * (1 - rates.pA)) / a.n + (rates.pB * (1 - rates.pB)) / b.n;
  const distance = relative ? pB - limit * pA : pB - pA - limit;
  return (signOf(options.better) * distance) / Math.sqrt(inflation * variance);
};

/** The limit that the score test just rules out at `critical`; null where there is none. */
const scoreBound = (question: Question, critical: number): number | null => {
  const { pA, pB, options } = question;
  const at = (limit: number): number => scoreAt(question, limit);
  const higher = options.better === 'higher';
  if (options.kind === 'absolute') {
    const end = higher ? -1 : 1;
    return pB - pA === end ? end : crossing(at, critical, pB - pA, end);
  }
  if (higher && pB === 0) return 0;
  if (pA === 0 && !higher) return null;
  // In ratios the scale is logarithmic; with no success in arm a any ratio is below the observed one.
  const centre = pA === 0 ? 40 : Math.log(pB > 0 ? pB / pA : 1e-12);
  const far = higher ? -800 + centre : 800 + centre;
  const found = crossing((log) => at(Math.exp(log)), critical, centre, Math.max(-700, Math.min(700, far)));
  return Math.abs(found) >= 699 ? null : Math.exp(found);
};

const test = (
  statistic: number,
  bound: number | null,
  { alpha }: Required<NonInferiorityOptions>,
): MarginTest => {
  const p = normalSf(statistic);
  return { statistic, df: null, p, bound, nonInferior: p < alpha };
};

const waldTest = (question: Question, limit: number, critical: number): Statistic<MarginTest> => {
  const { a, b, pA, pB, options } = question;
  const sign = signOf(options.better);
  if (options.kind === 'absolute') {
    const error = Math.sqrt((pA * (1 - pA)) / a.n + (pB * (1 - pB)) / b.n);
    if (!(error > 0)) return undefinedBecause('no variance in either arm');
    const difference = pB - pA;
    return defined(
      test((sign * (difference - limit)) / error, difference - sign * critical * error, options),
    );
  }
  if (pA === 0 || pB === 0) return undefinedBecause('an arm without a success has no log ratio');
  const error = Math.sqrt((1 - pA) / a.successes + (1 - pB) / b.successes);
  if (!(error > 0)) return undefinedBecause('no variance in either arm');
  const log = Math.log(pB / pA);
  return defined(
    test((sign * (log - Math.log(limit))) / error, Math.exp(log - sign * critical * error), options),
  );
};

/**
 * Tests "b is worse than a by the margin or more" and rejects it when b is non-inferior. Undefined for a relative margin when neither arm has
 * a success (rates near zero take points, not per cent), and for a margin too small to tell from 0.
 * @throws RangeError naming a.n, a.successes, b.n, b.successes, margin, kind, better, alpha or variance.
 */
export const rateNonInferiority = (
  a: RateCount,
  b: RateCount,
  given: RateNonInferiorityOptions,
): Statistic<RateNonInferiority> => {
  requireRate('a', a);
  requireRate('b', b);
  const options = withDefaults(given);
  requireOptions(options, 'shares');
  const { variance = 'farrington-manning' } = given;
  if (variance !== 'farrington-manning' && variance !== 'miettinen-nurminen') {
    throw new RangeError(`variance must be one of the two methods, got ${String(variance)}`);
  }
  if (options.kind === 'relative' && a.successes + b.successes === 0) {
    return undefinedBecause('no success in either arm');
  }
  const total = a.n + b.n;
  const inflation = variance === 'miettinen-nurminen' ? total / (total - 1) : 1;
  const [pA, pB] = [a.successes / a.n, b.successes / b.n];
  const question: Question = { a, b, pA, pB, inflation, options };
  const limit = limitOf(options);
  const critical = -normalQuantile(options.alpha);
  const statistic = scoreAt(question, limit);
  if (!Number.isFinite(statistic))
    return undefinedBecause('the margin is too small for any variance under it');
  const score = test(statistic, scoreBound(question, critical), options);
  const ratio = pA === 0 ? null : pB / pA;
  return defined({
    observed: options.kind === 'absolute' ? pB - pA : ratio,
    limit,
    score,
    wald: waldTest(question, limit, critical),
    nonInferior: score.nonInferior,
  });
};
