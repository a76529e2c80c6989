/**
 * Posteriors of means: with a known variance of the noise a normal, else a normal-inverse-gamma, whose mean is Student's t (Murphy,
 * "Conjugate Bayesian analysis of the Gaussian distribution", 2007). Golden family `gaussian_posterior`.
 *
 * A chance to be best does not license peeking: it describes what is known and has no error rate under repeated looks.
 */
import { studentTQuantile } from '../../math/distributions/student-t.ts';
import { requireFinite, requireOpenUnit, requirePositive } from '../../math/require.ts';
import { normalQuantile } from '../../math/special.ts';
import type { Moments } from '../moments.ts';
import type { Estimate } from './rate-posterior.ts';

/** What is known of a mean: N(mean, variance). */
export interface NormalPosterior {
  readonly kind: 'normal';
  readonly mean: number;
  readonly variance: number;
}

/** Mean and variance unknown: mean | variance is N(mu, variance / kappa), variance is inverse gamma(alpha, beta). */
export interface NormalInverseGamma {
  readonly kind: 'normalInverseGamma';
  readonly mu: number;
  readonly kappa: number;
  readonly alpha: number;
  readonly beta: number;
}

export type MeanPosterior = NormalPosterior | NormalInverseGamma;

/** @throws RangeError naming a field of the posterior under `name`. */
export const requireMeanPosterior = (name: string, posterior: MeanPosterior): void => {
  if (posterior.kind === 'normal') {
    requireFinite(`${name}.mean`, posterior.mean);
    requirePositive(`${name}.variance`, posterior.variance);
    return;
  }
  requireFinite(`${name}.mu`, posterior.mu);
  requirePositive(`${name}.kappa`, posterior.kappa);
  requirePositive(`${name}.alpha`, posterior.alpha);
  requirePositive(`${name}.beta`, posterior.beta);
};

const requireData = ({ n, mean, m2 }: Moments): void => {
  requireFinite('data.n', n);
  if (n < 0) throw new RangeError(`data.n must be a finite number from 0, got ${n}`);
  requireFinite('data.mean', mean);
  requireFinite('data.m2', m2);
  if (m2 < 0) throw new RangeError(`data.m2 must be a finite number from 0, got ${m2}`);
};

/**
 * The posterior of the mean and variance after `data` (its m2 is the sum of squared deviations), under a proper prior.
 * @throws RangeError naming a field of `data` or `prior`.
 */
export const normalInverseGammaPosterior = (data: Moments, prior: NormalInverseGamma): NormalInverseGamma => {
  requireData(data);
  requireMeanPosterior('prior', prior);
  if (data.n === 0) return prior;
  const kappa = prior.kappa + data.n;
  const gap = data.mean - prior.mu;
  const share = data.n / kappa;
  return {
    kind: 'normalInverseGamma',
    mu: prior.mu + gap * share,
    kappa,
    alpha: prior.alpha + data.n / 2,
    beta: prior.beta + data.m2 / 2 + (prior.kappa * share * gap * gap) / 2,
  };
};

/**
 * The posterior of a mean after n values of mean `mean` with noise of known variance: precisions add.
 * @throws RangeError naming `data.n`, `data.mean`, `noiseVariance`, `prior.mean` or `prior.variance`.
 */
export const knownVariancePosterior = (
  data: Pick<Moments, 'n' | 'mean'>,
  noiseVariance: number,
  prior: NormalPosterior,
): NormalPosterior => {
  requireData({ ...data, m2: 0 });
  requirePositive('noiseVariance', noiseVariance);
  requireMeanPosterior('prior', prior);
  const weight = data.n / noiseVariance;
  const precision = 1 / prior.variance + weight;
  return {
    kind: 'normal',
    mean: prior.mean + (data.mean - prior.mean) * (weight / precision),
    variance: 1 / precision,
  };
};

/** The mean's own distribution: location + scale times a standard normal (df Infinity) or a t of df. */
export const marginalOf = (
  posterior: MeanPosterior,
): { readonly location: number; readonly scale: number; readonly df: number } =>
  posterior.kind === 'normal'
    ? { location: posterior.mean, scale: Math.sqrt(posterior.variance), df: Infinity }
    : {
        location: posterior.mu,
        scale: Math.sqrt(posterior.beta / posterior.alpha / posterior.kappa),
        df: 2 * posterior.alpha,
      };

/**
 * The centre of the mean's posterior (which is its mean for alpha above 1/2) and the equal-tailed interval of probability 1 - alpha.
 * @throws RangeError naming a field of `posterior`, or `alpha`.
 */
export const meanEstimate = (posterior: MeanPosterior, alpha: number = 0.05): Estimate => {
  requireMeanPosterior('posterior', posterior);
  requireOpenUnit('alpha', alpha);
  const { location, scale, df } = marginalOf(posterior);
  const half = -scale * (df === Infinity ? normalQuantile(alpha / 2) : studentTQuantile(alpha / 2, df));
  return { mean: location, low: location - half, high: location + half };
};
