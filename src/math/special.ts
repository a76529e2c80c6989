/**
 * Special functions that the sequential tests need, to double precision. No distribution is approximated by a table.
 */

import { requireNumber } from './require.ts';

export { logGamma } from './log-gamma.ts';

/**
 * ln(e^a + e^b) without overflow; -Infinity stands for a weight of zero.
 * @throws RangeError naming `a` or `b` when it is NaN.
 */
export const logAddExp = (a: number, b: number): number => {
  requireNumber('a', a);
  requireNumber('b', b);
  const high = Math.max(a, b);
  return Math.abs(high) === Infinity ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
};

/**
 * The lower real branch W_{-1}(z): the w <= -1 with w e^w = z, for -1/e <= z < 0 (Corless et al. 1996).
 * Solved as u - ln u = -ln(-z) for u = -w, which does not underflow for z near 0.
 * @throws RangeError when z is outside that range.
 */
export const lambertWMinus1 = (z: number): number => {
  if (!(z >= -1 / Math.E && z < 0)) throw new RangeError(`z must be from -1/e to below 0, got ${z}`);
  return -lowerBranch(-Math.log(-z));
};

/** The u >= 1 with u - ln u = c, for c >= 1, by Newton's method from a start above the root. */
const lowerBranch = (c: number): number => {
  if (c <= 1) return 1;
  let u = c + Math.sqrt(2 * (c - 1)) + Math.log(c);
  for (let i = 0; i < 60; i++) {
    const next = u - (u - Math.log(u) - c) / (1 - 1 / u);
    if (!(next < u) || next <= 1) return u;
    u = next;
  }
  return u;
};

const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);

/** Rational approximations of AS 241 (Wichura, Appl. Stat. 37, 1988): centre, shoulder, far tail; numerator, denominator. */
const CENTRE = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
    67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
] as const;
const SHOULDER = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const;
const FAR = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const;

/**
 * The standard normal quantile, 0 < p < 1, relative error about 1e-16 (AS 241).
 * @throws RangeError when p is outside that range.
 */
export const normalQuantile = (p: number): number => {
  if (!(p > 0 && p < 1)) throw new RangeError(`p must be between 0 and 1, got ${p}`);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * horner(CENTRE[0], r)) / horner(CENTRE[1], r);
  }
  const tail = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const [part, r] = tail <= 5 ? [SHOULDER, tail - 1.6] : [FAR, tail - 5];
  return (Math.sign(q) * horner(part[0], r)) / horner(part[1], r);
};
