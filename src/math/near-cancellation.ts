/** Differences that lose all digits when they are computed as they are written. */

/** 1/3, 1/5, ...: the series of the inverse hyperbolic tangent, as far as r = 1/3 needs it. */
const ODD_RECIPROCALS = Array.from({ length: 17 }, (_, i) => 1 / (2 * i + 3));

/** ln(1 + x) - x for x > -1, relative error about 1e-15 (it is about -x^2 / 2 near 0). */
export const log1pMinusX = (x: number): number => {
  if (Math.abs(x) > 0.5) return Math.log1p(x) - x;
  // ln(1 + x) = 2 artanh(r) with r = x / (2 + x), and 2 r - x = -x r.
  const r = x / (2 + x);
  const square = r * r;
  let sum = 0;
  for (let i = ODD_RECIPROCALS.length - 1; i >= 0; i--) sum = sum * square + ODD_RECIPROCALS[i]!;
  return r * (2 * square * sum - x);
};

/** e^x - 1 - x, relative error about 1e-15 (it is about x^2 / 2 near 0). */
export const expm1MinusX = (x: number): number => {
  if (Math.abs(x) > 0.5) return Math.expm1(x) - x;
  let sum = 1;
  for (let k = 15; k >= 3; k--) sum = 1 + (x / k) * sum;
  return 0.5 * x * x * sum;
};

/** ln(a / b) for a, b > 0, also where the quotient leaves the normal doubles. */
export const logRatio = (a: number, b: number): number => {
  const ratio = a / b;
  return ratio > 1e-300 && ratio < Infinity && a > 1e-300 ? Math.log(ratio) : Math.log(a) - Math.log(b);
};

/** a * b - c with one rounding at the end (Dekker's product); for |a|, |b| below 1e140. */
export const productMinus = (a: number, b: number, c: number): number => {
  const product = a * b;
  return product - c + productError(a, b, product);
};

/** The rounding error of `product` = a * b. */
export const productError = (a: number, b: number, product: number): number => {
  const [aHigh, aLow] = halves(a);
  const [bHigh, bLow] = halves(b);
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
};

const SPLITTER = 2 ** 27 + 1;

const halves = (x: number): readonly [number, number] => {
  const scaled = SPLITTER * x;
  const high = scaled - (scaled - x);
  return [high, x - high];
};
