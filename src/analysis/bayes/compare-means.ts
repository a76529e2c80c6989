/**
 * Which of several means is the best, by their posteriors: chances and expected losses. Golden family `gaussian_posterior`.
 * Decides nothing: a chance to be best does not license peeking (see `compare-arms.ts`).
 */
import { normalLogSf, normalSf } from '../../math/distributions/normal.ts';
import { studentTLogPdf, studentTTails } from '../../math/distributions/student-t.ts';
import type { Tail } from '../../math/distributions/tail.ts';
import {
  chancesToBeBest,
  expectedLosses,
  requireBetter,
  type Better,
  type ComparableArm,
} from './compare-arms.ts';
import { marginalOf, requireMeanPosterior, type MeanPosterior } from './mean-posterior.ts';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

const normalTail = (z: number): Tail => ({ value: normalSf(z), log: normalLogSf(z) });

/** ln cosh u without overflow. */
const logCosh = (u: number): number => Math.abs(u) + Math.log1p(Math.exp(-2 * Math.abs(u))) - Math.LN2;

const standard = (df: number) =>
  df === Infinity
    ? {
        logPdf: (z: number) => -0.5 * z * z - HALF_LOG_TWO_PI,
        tails: (z: number) => ({ lower: normalTail(-z), upper: normalTail(z) }),
      }
    : { logPdf: (z: number) => studentTLogPdf(z, df), tails: (z: number) => studentTTails(z, df) };

/**
 * All arms in the coordinate u with parameter = origin + unit sinh(u): a t's tails fall exponentially in u, while a peak of any width
 * stays one peak.
 */
const armsOf = (posteriors: readonly MeanPosterior[]): readonly ComparableArm[] => {
  const marginals = posteriors.map(marginalOf);
  const origin = marginals.reduce((sum, { location }) => sum + location / marginals.length, 0);
  const unit = Math.max(...marginals.map(({ scale }) => scale));
  return marginals.map(({ location, scale, df }): ComparableArm => {
    const { logPdf, tails } = standard(df);
    const z = (u: number): number => (origin - location + unit * Math.sinh(u)) / scale;
    const centre = Math.asinh((location - origin) / unit);
    const logUnit = (u: number): number => Math.log(unit) + logCosh(u);
    return {
      centre,
      width: (0.5 * scale) / unit / Math.cosh(centre),
      logDensity: (u) => logPdf(z(u)) - Math.log(scale) + logUnit(u),
      tails: (u) => tails(z(u)),
      logUnit,
    };
  });
};

const requirePosteriors = (posteriors: readonly MeanPosterior[]): void => {
  if (posteriors.length === 0) throw new RangeError('posteriors must hold at least one');
  for (const [i, posterior] of posteriors.entries()) requireMeanPosterior(`posteriors[${i}]`, posterior);
};

/**
 * P(mean_b > mean_a). Between two normals Phi of the standardised gap, else an integral. It does not license peeking (see above).
 * @throws RangeError naming a field of `a` or `b`.
 */
export const chanceMeanAbove = (a: MeanPosterior, b: MeanPosterior): number => {
  requireMeanPosterior('a', a);
  requireMeanPosterior('b', b);
  if (a.kind === 'normal' && b.kind === 'normal') {
    return normalSf((a.mean - b.mean) / Math.sqrt(a.variance + b.variance));
  }
  return chancesToBeBest(armsOf([a, b]), 'max')[1]!;
};

/**
 * For each arm the chance that its mean is the best of all. It does not license peeking (see above).
 * @throws RangeError naming `posteriors` or `better`.
 */
export const chanceMeanBest = (
  posteriors: readonly MeanPosterior[],
  better: Better = 'max',
): readonly number[] => {
  requirePosteriors(posteriors);
  requireBetter(better);
  return chancesToBeBest(armsOf(posteriors), better);
};

/**
 * For each arm E[best mean - its mean] (for `min`: E[its mean - lowest mean]), in the metric's unit.
 * @throws RangeError naming `posteriors` or `better`; a normal-inverse-gamma needs alpha above 1/2, else no mean exists.
 */
export const expectedMeanLoss = (
  posteriors: readonly MeanPosterior[],
  better: Better = 'max',
): readonly number[] => {
  requirePosteriors(posteriors);
  requireBetter(better);
  for (const [i, posterior] of posteriors.entries()) {
    if (posterior.kind === 'normalInverseGamma' && posterior.alpha <= 0.5) {
      throw new RangeError(
        `posteriors[${i}].alpha must be above 0.5 for an expectation, got ${posterior.alpha}`,
      );
    }
  }
  return expectedLosses(armsOf(posteriors), better);
};
