/**
 * The logarithm of the gamma function and its distance from Stirling's formula. The distance is what densities are built from
 * (Loader, "Fast and accurate computation of binomial probabilities", 2000): no large logarithms are subtracted.
 */
import { requirePositive } from './require.ts';

/** Coefficients of Stirling's series, B_2k / (2k (2k-1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156] as const;

/** From here on Stirling's series has full precision. */
const STIRLING_FROM = 10;

/** zeta(k) - 1 for k = 2, 3, ...: the Taylor coefficients of ln Gamma(1 + z) + ln(1 + z), times (-1)^k k. */
const ZETA_MINUS_1 = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853,
  0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5,
  3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6,
  9.539620338727962e-7, 4.769329867878064e-7, 2.38450502727733e-7, 1.1921992596531106e-7,
  5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8, 7.45071178983543e-9,
] as const;

/** (zeta(k) - 1) / k for k = 2, 3, ... */
const TAYLOR = ZETA_MINUS_1.map((value, i) => value / (i + 2));

/** 1 - Euler's constant. */
const ONE_MINUS_EULER = 0.42278433509846713;

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

const stirlingSeries = (x: number): number => {
  const inverseSquare = 1 / (x * x);
  let series = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) series = series * inverseSquare + STIRLING[k]!;
  return series / x;
};

/** ln Gamma(1 + z) for |z| <= 1/2, relative error about 1e-16 (it is 0 at z = 0). */
const logGammaNearOne = (z: number): number => {
  let series = 0;
  for (let k = TAYLOR.length - 1; k >= 0; k--) series = TAYLOR[k]! - z * series;
  return z * (ONE_MINUS_EULER + z * series) - Math.log1p(z);
};

/**
 * ln Gamma(x) for x > 0, relative error about 1e-15, near its zeros at 1 and 2 as well: Stirling's series from 10 on, below it
 * the Taylor series at 1 and the recurrence.
 * @throws RangeError when x is not a finite number above 0.
 */
export const logGamma = (x: number): number => {
  requirePositive('x', x);
  if (x >= STIRLING_FROM) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + stirlingSeries(x);
  if (x < 0.5) return logGammaNearOne(x) - Math.log(x);
  if (x <= 1.5) return logGammaNearOne(x - 1);
  if (x <= 2.5) return logGammaNearOne(x - 2) + Math.log1p(x - 2);
  let product = 1;
  let y = x;
  while (y > 1.5) {
    y -= 1;
    product *= y;
  }
  return logGammaNearOne(y - 1) + Math.log(product);
};

/** ln Gamma(1 + z) for z > -1, with full relative precision near z = 0, where logGamma(1 + z) has lost z. For callers that checked z. */
export const logGamma1p = (z: number): number => (Math.abs(z) <= 0.5 ? logGammaNearOne(z) : logGamma(1 + z));

/**
 * ln Gamma(x) less Stirling's formula (x - 1/2) ln x - x + ln(2 pi)/2: about 1 / (12 x). For callers that checked x > 0.
 * Absolute error about 1e-15.
 */
export const stirlingError = (x: number): number => {
  if (x >= STIRLING_FROM) return stirlingSeries(x);
  return logGamma(x) - ((x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI);
};
