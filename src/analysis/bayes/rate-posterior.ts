/**
 * Beta posteriors of rates: what is known of each, the chance that one beats the other, and what choosing an arm may cost.
 * Thompson 1933; Russo et al., "A tutorial on Thompson sampling", 2018. Golden family `beta_posterior`.
 *
 * P(best) does not license peeking: it describes what is known, it is no test, and it has no error rate under repeated looks. Decide by
 * an e-process (`foldTlg`) and show this beside it.
 */
import { logBetaOf } from '../../math/beta.ts';
import { betaLogPower, betaTails } from '../../math/distributions/incomplete-beta.ts';
import { betaLogitQuantile, betaQuantile, pointOfLogit } from '../../math/distributions/beta.ts';
import { requireFinite, requireOpenUnit, requirePositive } from '../../math/require.ts';
import type { Interval } from '../intervals.ts';
import {
  chancesToBeBest,
  expectedLosses,
  requireBetter,
  type Better,
  type ComparableArm,
} from './compare-arms.ts';

/** The distribution Beta(a, b) of a rate: about a - 1 successes and b - 1 failures seen after the uniform prior. */
export interface RatePosterior {
  readonly a: number;
  readonly b: number;
}

/** A point with its interval. */
export interface Estimate extends Interval {
  readonly mean: number;
}

const UNIFORM: RatePosterior = { a: 1, b: 1 };

const requirePosterior = (name: string, { a, b }: RatePosterior): void => {
  requirePositive(`${name}.a`, a);
  requirePositive(`${name}.b`, b);
};

const requirePosteriors = (posteriors: readonly RatePosterior[]): void => {
  if (posteriors.length === 0) throw new RangeError('posteriors must hold at least one');
  for (const [i, posterior] of posteriors.entries()) requirePosterior(`posteriors[${i}]`, posterior);
};

/**
 * The posterior after `successes` and `failures`, both from 0 and possibly fractional (scores in 0..1); prior Beta(1, 1).
 * @throws RangeError naming `successes`, `failures`, `prior.a` or `prior.b`.
 */
export const ratePosterior = (
  successes: number,
  failures: number,
  prior: RatePosterior = UNIFORM,
): RatePosterior => {
  for (const [name, value] of [
    ['successes', successes],
    ['failures', failures],
  ] as const) {
    requireFinite(name, value);
    if (value < 0) throw new RangeError(`${name} must be a finite number from 0, got ${value}`);
  }
  requirePosterior('prior', prior);
  return { a: prior.a + successes, b: prior.b + failures };
};

/**
 * The posterior mean and the equal-tailed interval of probability 1 - alpha.
 * @throws RangeError naming `posterior.a`, `posterior.b` or `alpha`.
 */
export const rateEstimate = (posterior: RatePosterior, alpha: number = 0.05): Estimate => {
  requirePosterior('posterior', posterior);
  requireOpenUnit('alpha', alpha);
  const { a, b } = posterior;
  return {
    mean: a / (a + b),
    low: betaQuantile(alpha / 2, a, b),
    // The upper end by its own tail: 1 - alpha / 2 alone would round a tiny alpha away.
    high: pointOfLogit(betaLogitQuantile(1 - alpha / 2, alpha / 2, a, b)).x,
  };
};

/** Terms of the exact sum that still cost less than the integral. */
const LONGEST_SUM = 1000;

/**
 * P(theta_b > theta_a) for a whole b.a: the sum over i < b.a of B(a.a + i, a.b + b.b) / ((b.b + i) B(1 + i, b.b) B(a.a, a.b)), all terms
 * positive. Null where it is no short sum of whole terms, or underflows.
 */
const exactSum = (a: RatePosterior, b: RatePosterior): number | null => {
  if (!Number.isInteger(b.a) || b.a > LONGEST_SUM) return null;
  const logFirst = logBetaOf(a.a, a.b + b.b) - logBetaOf(a.a, a.b);
  if (logFirst < -600) return null;
  let term = Math.exp(logFirst);
  let sum = 0;
  for (let i = 0; i < b.a; i++) {
    sum += term;
    term *= ((a.a + i) / (a.a + a.b + b.b + i)) * ((b.b + i) / (i + 1));
  }
  return Math.min(1, sum);
};

const mirrored = ({ a, b }: RatePosterior): RatePosterior => ({ a: b, b: a });

/**
 * P(theta_b > theta_a): an exact sum where b.a or a.b is a whole number up to 1000, else an integral. Relative error about 1e-12, also
 * of a tiny chance. It does not license peeking (see above).
 * @throws RangeError naming `a.a`, `a.b`, `b.a` or `b.b`.
 */
export const chanceRateAbove = (a: RatePosterior, b: RatePosterior): number => {
  requirePosterior('a', a);
  requirePosterior('b', b);
  // 1 - theta_a against 1 - theta_b is the same question with a.b as the whole number.
  return (
    exactSum(a, b) ?? exactSum(mirrored(b), mirrored(a)) ?? chancesToBeBest([a, b].map(armOf), 'max')[1]!
  );
};

/** In the logit every beta density is log-concave, and so is the chance to lie below a point. */
const armOf = ({ a, b }: RatePosterior): ComparableArm => ({
  centre: Math.log(a / b),
  width: 0.5 * Math.sqrt(1 / a + 1 / b),
  logDensity: (u) => betaLogPower(a, b, pointOfLogit(u)),
  tails: (u) => betaTails(a, b, pointOfLogit(u)),
  logUnit: (u) => -Math.abs(u) - 2 * Math.log1p(Math.exp(-Math.abs(u))),
});

/**
 * For each arm the chance that its rate is the best of all. It does not license peeking (see above).
 * @throws RangeError naming `posteriors` or `better`.
 */
export const chanceRateBest = (
  posteriors: readonly RatePosterior[],
  better: Better = 'max',
): readonly number[] => {
  requirePosteriors(posteriors);
  requireBetter(better);
  return chancesToBeBest(posteriors.map(armOf), better);
};

/**
 * For each arm E[best rate - its rate] (for `min`: E[its rate - lowest rate]): what choosing it now loses on average, as a rate.
 * @throws RangeError naming `posteriors` or `better`.
 */
export const expectedRateLoss = (
  posteriors: readonly RatePosterior[],
  better: Better = 'max',
): readonly number[] => {
  requirePosteriors(posteriors);
  requireBetter(better);
  return expectedLosses(posteriors.map(armOf), better);
};
