/**
 * Random variates from a stream of uniforms. Each draws from its stream only, so a decision can be drawn again from its state.
 * A normal takes one draw, a binomial with few expected successes one; the others take as many as their rejections ask for.
 */
import { logGamma } from './log-gamma.ts';
import type { Random } from './random.ts';
import { requireClosedUnit, requireFinite, requirePositive, requireWhole } from './require.ts';
import { normalQuantile } from './special.ts';

/** A uniform above 0 and below 1: the stream's one value of 0 stands for half of its step. */
const openUniform = (random: Random): number => random.next() || 2 ** -54;

/** A standard normal variate, from exactly one draw (by the quantile): |z| stays below 8.3. */
export const sampleNormal = (random: Random): number => normalQuantile(openUniform(random));

/**
 * e^(mu + sigma z), the log-normal with median e^mu; sigma >= 0 on the log scale. One draw.
 * @throws RangeError naming `mu` or `sigma`.
 */
export const sampleLogNormal = (mu: number, sigma: number, random: Random): number => {
  requireFinite('mu', mu);
  requireFinite('sigma', sigma);
  if (sigma < 0) throw new RangeError(`sigma must be a finite number from 0, got ${sigma}`);
  return Math.exp(mu + sigma * sampleNormal(random));
};

/** A gamma variate of scale 1 for shape >= 1 (Marsaglia, Tsang, ACM TOMS 26, 2000). */
const gammaFromOne = (shape: number, random: Random): number => {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = sampleNormal(random);
    const root = 1 + c * z;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = openUniform(random);
    if (Math.log(u) < 0.5 * z * z + d * (1 - v + Math.log(v))) return d * v;
  }
};

/** ln of a gamma variate of scale 1: below shape 1 the variate of shape + 1 times U^(1/shape), which may underflow itself. */
const sampleLogGamma = (shape: number, random: Random): number =>
  shape >= 1
    ? Math.log(gammaFromOne(shape, random))
    : Math.log(gammaFromOne(shape + 1, random)) + Math.log(openUniform(random)) / shape;

/**
 * A gamma variate of scale 1 (multiply by the scale), for any shape above 0; 0 where it underflows.
 * @throws RangeError naming `shape`.
 */
export const sampleGamma = (shape: number, random: Random): number => {
  requirePositive('shape', shape);
  return shape >= 1 ? gammaFromOne(shape, random) : Math.exp(sampleLogGamma(shape, random));
};

/**
 * A beta variate for a, b > 0, as a share of two gamma variates. 0 or 1 where it rounds to them, never NaN.
 * @throws RangeError naming `a` or `b`.
 */
export const sampleBeta = (a: number, b: number, random: Random): number => {
  requirePositive('a', a);
  requirePositive('b', b);
  if (a >= 1 && b >= 1) {
    const x = gammaFromOne(a, random);
    return x / (x + gammaFromOne(b, random));
  }
  const logX = sampleLogGamma(a, random);
  return 1 / (1 + Math.exp(sampleLogGamma(b, random) - logX));
};

/** Below this many expected successes the cdf is walked from 0. */
const WALK_BELOW = 10;

/** Binomial by walking its cdf from 0, for n p < WALK_BELOW and p <= 1/2: one draw. */
const walkBinomial = (n: number, p: number, random: Random): number => {
  const odds = p / (1 - p);
  let rest = random.next();
  let mass = Math.exp(n * Math.log1p(-p));
  let k = 0;
  while (rest >= mass && k < n) {
    rest -= mass;
    k += 1;
    mass *= ((n - k + 1) / k) * odds;
    // Rounding left over after all the mass was taken.
    if (mass < 1e-300) break;
  }
  return k;
};

/** Binomial by transformed rejection for n p >= WALK_BELOW and p <= 1/2 (Hormann, J. Stat. Comput. Simul. 46, 1993, BTRS). */
const rejectBinomial = (n: number, p: number, random: Random): number => {
  const sd = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * sd;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const quickAccept = 0.92 - 4.2 / b;
  const logOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  let logAtMode: number | null = null;
  for (;;) {
    const u = random.next() - 0.5;
    const v = openUniform(random);
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= quickAccept) return k;
    if (!(k >= 0 && k <= n)) continue;
    logAtMode ??= logGamma(mode + 1) + logGamma(n - mode + 1);
    const height = (v * (2.83 + 5.1 / b) * sd) / (a / (us * us) + b);
    const logMass = logAtMode - logGamma(k + 1) - logGamma(n - k + 1) + (k - mode) * logOdds;
    if (Math.log(height) <= logMass) return k;
  }
};

/**
 * The number of successes in n trials of probability p: exact, in constant time for any n.
 * @throws RangeError naming `n` (a whole number from 0) or `p` (0 to 1).
 */
export const sampleBinomial = (n: number, p: number, random: Random): number => {
  requireWhole('n', n, 0);
  requireClosedUnit('p', p);
  if (n === 0 || p === 0) return 0;
  if (p > 0.5) return n - sampleBinomial(n, 1 - p, random);
  return n * p < WALK_BELOW ? walkBinomial(n, p, random) : rejectBinomial(n, p, random);
};
