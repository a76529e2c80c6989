/**
 * Which bucket of an OpenTelemetry exponential histogram a value falls into, exactly. Base = 2^(2^-scale); bucket i covers
 * (base^i, base^(i+1)], so that an exact power of two belongs to the LOWER bucket. Rounding a logarithm puts it, and values within an ulp of
 * any other boundary, into the wrong one; here a logarithm decides only where it is sure. Golden family `exp_histogram`.
 */
import { requireFinite, requireWhole } from './require.ts';

/** The scales that the data model's own producers use; OTLP points beyond them are not read. */
export const LEAST_SCALE = -10;
export const LARGEST_SCALE = 20;

/** @throws RangeError naming the scale. */
export const requireScale = (name: string, scale: number): void => {
  if (!Number.isSafeInteger(scale) || scale < LEAST_SCALE || scale > LARGEST_SCALE) {
    throw new RangeError(
      `${name} must be a whole number from ${LEAST_SCALE} to ${LARGEST_SCALE}, got ${scale}`,
    );
  }
};

/** value = mantissa * 2^exponent with mantissa in [1, 2), exact for every positive double, subnormal ones included. */
const splitDouble = (value: number): readonly [number, number] => {
  let exponent = Math.floor(Math.log2(value));
  // Scaling in two steps keeps 2^-exponent finite for the smallest doubles.
  const half = Math.trunc(exponent / 2);
  let mantissa = value * 2 ** -half * 2 ** (half - exponent);
  if (mantissa >= 2) {
    mantissa /= 2;
    exponent += 1;
  } else if (mantissa < 1) {
    mantissa *= 2;
    exponent -= 1;
  }
  return [mantissa, exponent];
};

/** Bits carried while squaring; twenty squarings lose about 25 of them, and a double differs from a boundary by bit 110 or so. */
const BITS = 192n;
const ONE = 1n << BITS;

/** floor(log2(mantissa) * 2^scale) for 1 < mantissa < 2: each squaring brings out one binary digit of the logarithm. */
const digitsOfLog2 = (mantissa: number, scale: number): number => {
  let x = (BigInt(mantissa * 2 ** 52) << BITS) >> 52n;
  let digits = 0;
  for (let i = 0; i < scale; i++) {
    x = (x * x) >> BITS;
    digits *= 2;
    if (x >= 2n * ONE) {
      x >>= 1n;
      digits += 1;
    }
  }
  return digits;
};

/** In bucket units at scale 0: a double's own logarithm is good to a few units of 2^-53. */
const LOG2_ERROR = 1e-14;

/**
 * Index of the bucket that holds `value`.
 * @param value finite, above 0 (its absolute value, for the negative range)
 * @param scale whole, `LEAST_SCALE` to `LARGEST_SCALE`
 * @throws RangeError naming `value` or `scale`.
 */
export const exponentialIndex = (value: number, scale: number): number => {
  if (!(value > 0)) throw new RangeError(`value must be a finite number above 0, got ${value}`);
  requireFinite('value', value);
  requireScale('scale', scale);
  const [mantissa, exponent] = splitDouble(value);
  if (scale <= 0) return Math.floor((mantissa === 1 ? exponent - 1 : exponent) / 2 ** -scale);
  const width = 2 ** scale;
  if (mantissa === 1) return exponent * width - 1;
  const position = Math.log2(mantissa) * width;
  const sure = Math.abs(position - Math.round(position)) > LOG2_ERROR * width;
  // No mantissa but 1 is a power 2^(k / 2^scale), so below the boundary and on it are the same thing here.
  return exponent * width + (sure ? Math.floor(position) : digitsOfLog2(mantissa, scale));
};

/** Upper bound of the bucket before `index`: base^index, infinite beyond the doubles. @throws RangeError naming `index` or `scale`. */
export const exponentialBound = (index: number, scale: number): number => {
  requireScale('scale', scale);
  requireWhole('index', index, Number.MIN_SAFE_INTEGER);
  return 2 ** (index * 2 ** -scale);
};

/**
 * The value that stands for a bucket, 2 base^(index+1) / (base + 1): within (base - 1) / (base + 1) of everything in it.
 * @throws RangeError naming `index` or `scale`.
 */
export const exponentialRepresentative = (index: number, scale: number): number =>
  (2 * exponentialBound(index, scale)) / (1 + 2 ** -(2 ** -scale));

/**
 * Relative error of what is told from buckets of this scale, (base - 1) / (base + 1): 4.3 % at scale 3, 1.1 % at 5, 3e-7 at 20.
 * @throws RangeError naming `scale`.
 */
export const exponentialError = (scale: number): number => {
  requireScale('scale', scale);
  return Math.tanh((2 ** -scale * Math.LN2) / 2);
};
