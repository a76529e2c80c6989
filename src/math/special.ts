/**
 * Special functions that the sequential tests need, to double precision. No distribution is approximated by a table.
 */

/** Coefficients of Stirling's series, B_2k / (2k (2k-1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156] as const;

/**
 * ln Gamma(x) for x > 0: Stirling's series from 10 on, the recurrence below. Relative error about 1e-15.
 * @throws RangeError when x is not a finite number above 0.
 */
export const logGamma = (x: number): number => {
  if (!Number.isFinite(x) || x <= 0) throw new RangeError(`x must be a finite number above 0, got ${x}`);
  let shift = 1;
  let y = x;
  while (y < 10) {
    shift *= y;
    y += 1;
  }
  const inverseSquare = 1 / (y * y);
  let series = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) series = series * inverseSquare + STIRLING[k]!;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series / y - Math.log(shift);
};

/** ln(e^a + e^b) without overflow; -Infinity stands for a weight of zero. */
export const logAddExp = (a: number, b: number): number => {
  const high = Math.max(a, b);
  return high === -Infinity ? -Infinity : high + Math.log1p(Math.exp(Math.min(a, b) - high));
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
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852854561,
  ],
] as const;
const SHOULDER = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 0.00077454501427834140764,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 0.0005475938084995344946, 1.05075007164441684324e-9,
  ],
] as const;
const FAR = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 0.0007868691311456132591,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
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
