/**
 * How many units two means need to be told apart by one look, with what power, and what difference a given number can tell: by the
 * noncentral t distribution (Cohen 1988; R's `power.t.test`), and by the normal approximation. Golden family `sample_size_power`.
 */
import {
  noncentralTCdf,
  noncentralTSf,
  normalCdf,
  normalQuantile,
  normalSf,
  studentTQuantile,
} from '../../math/index.ts';
import { requireFinite, requirePositive } from '../../math/require.ts';
import {
  criticalZ,
  requireSize,
  requireSizingDesign,
  requireTestDesign,
  roundUp,
  withDefaults,
  type SizingDesign,
  type TestDesign,
} from './design.ts';
import { solveIncreasing } from './solve-increasing.ts';

/** Units of each arm; the exact size of control by the noncentral t and by the normal approximation; the power that the whole units have. */
export interface MeanSize {
  readonly nA: number;
  readonly nB: number;
  readonly exactNA: number;
  readonly exactNANormal: number;
  readonly power: number;
}

/** Beyond this many degrees of freedom the t distribution is the normal one, to eight digits of the power. */
const T_IS_NORMAL = 1e8;

/** Beyond this noncentrality the tail on the wrong side is 0, and so is the other once it is this many critical values. */
const ONE_SIDED_FROM = 40;
const CERTAIN_FROM = 100;

/** `effect` is the difference in standard deviations. Both tails of a two-sided test count. */
const powerOf = (effect: number, nA: number, { alpha, ratio, twoSided }: Required<TestDesign>): number => {
  const df = nA * (1 + ratio) - 2;
  const ncp = effect * Math.sqrt(nA) * Math.sqrt(ratio / (1 + ratio));
  const tail = twoSided ? alpha / 2 : alpha;
  const normal = df > T_IS_NORMAL;
  const critical = normal ? -normalQuantile(tail) : -studentTQuantile(tail, df);
  if (ncp > CERTAIN_FROM * Math.max(1, critical)) return 1;
  const upper = normal ? normalSf(critical - ncp) : noncentralTSf(critical, df, ncp);
  if (!twoSided || ncp > ONE_SIDED_FROM) return upper;
  return Math.min(1, upper + (normal ? normalCdf(-critical - ncp) : noncentralTCdf(-critical, df, ncp)));
};

/** @throws RangeError naming difference (not 0) or sd (above 0). */
const effectOf = (difference: number, sd: number): number => {
  requireFinite('difference', difference);
  requirePositive('sd', sd);
  const effect = Math.abs(difference / sd);
  if (!(effect > 1e-100 && effect < 1e100)) {
    throw new RangeError(`difference must be other than 0 and comparable to sd (${sd}), got ${difference}`);
  }
  return effect;
};

/** Sizes of control from which both arms have two units. */
const smallestSize = (ratio: number): number => Math.max(2, 2 / ratio);

/**
 * Units of control and treatment that see a `difference` of means, in the unit of `sd` (the standard deviation within an arm), with the
 * power wanted. Never below two in an arm.
 * @throws RangeError naming difference, sd, alpha, power, ratio or twoSided.
 */
export const meanSampleSize = (difference: number, sd: number, options: SizingDesign = {}): MeanSize => {
  const effect = effectOf(difference, sd);
  const design = withDefaults(options);
  requireSizingDesign(design);
  const powerAt = (nA: number): number => powerOf(effect, nA, design);
  const quantiles = criticalZ(design) + normalQuantile(design.power);
  const exactNANormal = (1 + 1 / design.ratio) * (quantiles / effect) ** 2;
  const exactNA = exactSize(powerAt, exactNANormal, design);
  const { nA, nB } = roundUp(exactNA, design.ratio);
  return { nA, nB, exactNA, exactNANormal, power: powerAt(nA) };
};

const exactSize = (
  powerAt: (nA: number) => number,
  normal: number,
  { power, ratio }: Required<SizingDesign>,
): number => {
  const low = smallestSize(ratio);
  if (powerAt(low) >= power) return low;
  let high = Math.max(low, normal) * 1.5;
  while (powerAt(high) < power) high *= 2;
  return solveIncreasing(powerAt, power, low, high);
};

/**
 * The chance that `nA` units of control (and ratio times as many of treatment) show a `difference` of means.
 * @throws RangeError naming difference, sd, nA (a whole number from 2), alpha, ratio (both arms need two units) or twoSided.
 */
export const meanPower = (difference: number, sd: number, nA: number, options: TestDesign = {}): number => {
  const effect = effectOf(difference, sd);
  const design = withDefaults(options);
  requireBothArms(nA, design);
  return powerOf(effect, nA, design);
};

/**
 * The smallest difference of means, in the unit of `sd`, that `nA` units of control see with the power wanted: the minimum detectable effect.
 * @throws RangeError naming sd, nA, alpha, power, ratio or twoSided.
 */
export const detectableDifference = (sd: number, nA: number, options: SizingDesign = {}): number => {
  requirePositive('sd', sd);
  const design = withDefaults(options);
  requireSizingDesign(design);
  requireBothArms(nA, design);
  const powerAt = (effect: number): number => powerOf(effect, nA, design);
  const quantiles = criticalZ(design) + normalQuantile(design.power);
  let high = 1.5 * quantiles * Math.sqrt((1 + 1 / design.ratio) / nA);
  while (powerAt(high) < design.power) high *= 2;
  const difference = sd * solveIncreasing(powerAt, design.power, 0, high);
  if (!Number.isFinite(difference)) throw new RangeError(`sd must leave the difference finite, got ${sd}`);
  return difference;
};

const requireBothArms = (nA: number, design: Required<TestDesign>): void => {
  requireSize(nA);
  requireTestDesign(design);
  if (nA * design.ratio < 2) {
    throw new RangeError(`ratio must give both arms two units (nA is ${nA}), got ${design.ratio}`);
  }
};
