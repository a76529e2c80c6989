/**
 * How many units two rates need to be told apart by one look, with what power, and what difference a given number can tell. Fleiss'
 * formula without continuity correction (Fleiss, Statistical Methods for Rates and Proportions, 1981, ch. 3), which is R's `power.prop.test`.
 * Golden family `sample_size_power`.
 */
import { normalCdf, normalQuantile } from '../../math/index.ts';
import { requireOpenUnit } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
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

/** Units of each arm, the exact size of control before rounding up, and the power that the whole units have. */
export interface RateSize {
  readonly nA: number;
  readonly nB: number;
  readonly exactNA: number;
  readonly power: number;
}

/** Standard deviations of the difference for one unit of control: under the null (pooled) and as the rates are. */
const spreads = (pA: number, pB: number, ratio: number): { readonly none: number; readonly real: number } => {
  const pooled = (pA + ratio * pB) / (1 + ratio);
  return {
    none: Math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio)),
    real: Math.sqrt(pA * (1 - pA) + (pB * (1 - pB)) / ratio),
  };
};

const powerOf = (pA: number, pB: number, nA: number, design: Required<TestDesign>): number => {
  const { none, real } = spreads(pA, pB, design.ratio);
  return normalCdf((Math.abs(pB - pA) * Math.sqrt(nA) - criticalZ(design) * none) / real);
};

const requireRates = (rateA: number, rateB: number): void => {
  requireOpenUnit('rateA', rateA);
  requireOpenUnit('rateB', rateB);
};

/**
 * Units of control and treatment that see `rateB` against `rateA` with the power wanted.
 * @throws RangeError naming rateA, rateB (between 0 and 1, and different), alpha, power, ratio or twoSided.
 */
export const rateSampleSize = (rateA: number, rateB: number, options: SizingDesign = {}): RateSize => {
  requireRates(rateA, rateB);
  const design = withDefaults(options);
  requireSizingDesign(design);
  const { none, real } = spreads(rateA, rateB, design.ratio);
  const units = (criticalZ(design) * none + normalQuantile(design.power) * real) / (rateB - rateA);
  const exactNA = units * units;
  if (!Number.isFinite(exactNA)) {
    throw new RangeError(
      `rateB must differ from rateA (${rateA}) by what a finite number can show, got ${rateB}`,
    );
  }
  const { nA, nB } = roundUp(exactNA, design.ratio);
  return { nA, nB, exactNA, power: powerOf(rateA, rateB, nA, design) };
};

/**
 * The chance that `nA` units of control (and ratio times as many of treatment) show `rateB` against `rateA`. The far tail of a
 * two-sided test is left out, as everywhere.
 * @throws RangeError naming rateA, rateB (between 0 and 1, and different), nA (a whole number from 2), alpha, ratio or twoSided.
 */
export const ratePower = (rateA: number, rateB: number, nA: number, options: TestDesign = {}): number => {
  requireRates(rateA, rateB);
  if (rateA === rateB) throw new RangeError(`rateB must differ from rateA (${rateA}), got ${rateB}`);
  requireSize(nA);
  const design = withDefaults(options);
  requireTestDesign(design);
  return powerOf(rateA, rateB, nA, design);
};

/**
 * The treatment's rate nearest to `rateA`, above (`up`) or below it (`down`), that `nA` units of control see with the power wanted: the minimum
 * detectable effect is its distance from `rateA`. Undefined where even a rate at the end of the scale would be missed.
 * @throws RangeError naming rateA, nA, direction, alpha, power, ratio or twoSided.
 */
export const detectableRate = (
  rateA: number,
  nA: number,
  direction: 'up' | 'down',
  options: SizingDesign = {},
): Statistic<number> => {
  requireOpenUnit('rateA', rateA);
  requireSize(nA);
  if (direction !== 'up' && direction !== 'down') {
    throw new RangeError(`direction must be "up" or "down", got ${String(direction)}`);
  }
  const design = withDefaults(options);
  requireSizingDesign(design);
  const sign = direction === 'up' ? 1 : -1;
  const widest = direction === 'up' ? 1 - rateA : rateA;
  const powerAt = (effect: number): number => powerOf(rateA, rateA + sign * effect, nA, design);
  if (powerAt(widest) < design.power) return undefinedBecause('no rate can be told apart by so few units');
  return defined(rateA + sign * solveIncreasing(powerAt, design.power, 0, widest));
};
