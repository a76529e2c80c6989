/**
 * Two means over observations compared when observations of a unit are alike: cluster-robust variance with the unit as the cluster, each unit
 * in one arm. One look at a fixed size. Golden family `units`.
 * CR1: the residual sums of units, times G/(G-1) (N-1)/(N-2), t with G - 1 degrees of freedom (Liang, Zeger, Biometrika 73, 1986, with the
 * factor of Stata and statsmodels). CR2: each unit's residual over sqrt(1 - its share of the arm), t with Satterthwaite's degrees of freedom
 * (Bell, McCaffrey, Survey Methodology 28, 2002; Imbens, Kolesar, REStat 98, 2016). CR2 is the default: CR1 is too small for few or uneven units.
 */
import { requireAlpha } from '../experiments/arguments.ts';
import { pOfT, type PValues } from '../experiments/p-values.ts';
import type { Interval } from '../intervals.ts';
import { studentTQuantile } from '../../math/index.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { requireUnits, type UnitTotal } from './unit-totals.ts';

export interface ClusterRobustOptions {
  /** 1 - confidence of the interval, .05. */
  readonly alpha?: number;
  readonly correction?: 'CR1' | 'CR2';
}

export interface ClusterRobustComparison {
  readonly meanA: number;
  readonly meanB: number;
  readonly difference: number;
  readonly standardError: number;
  readonly df: number;
  readonly t: number;
  readonly p: PValues;
  readonly interval: Interval;
}

interface Arm {
  readonly units: readonly UnitTotal[];
  readonly observations: number;
  readonly mean: number;
}

const armOf = (units: readonly UnitTotal[]): Arm => {
  const observations = units.reduce((sum, { count }) => sum + count, 0);
  const total = units.reduce((sum, unit) => sum + unit.sum, 0);
  return { units, observations, mean: observations === 0 ? 0 : total / observations };
};

/** Sum over units of the squared residual sum, each divided by `correction` of the unit, over the squared number of observations. */
const varianceOf = ({ units, observations, mean }: Arm, correction: (unit: UnitTotal) => number): number => {
  let squares = 0;
  let rounding = 0;
  for (const unit of units) {
    const residual = unit.sum - unit.count * mean;
    squares += (residual / observations) ** 2 / correction(unit);
    rounding += ((4 * Number.EPSILON * unit.sum) / observations) ** 2;
  }
  return squares <= rounding ? 0 : squares;
};

/** Share of the arm that a unit leaves to the others. */
const rest =
  ({ observations }: Arm) =>
  ({ count }: UnitTotal): number =>
    1 - count / observations;

/**
 * Trace of the squared covariance of CR2's variance under independent observations: the sum over pairs of units of the squared inner products
 * n_g (g = h) and -n_g n_h / (N sqrt(1 - n_g/N) sqrt(1 - n_h/N)), over N^4.
 */
const squaredTrace = (arm: Arm): number => {
  const n = arm.observations;
  let own = 0;
  let weights = 0;
  let squaredWeights = 0;
  for (const unit of arm.units) {
    const share = unit.count / n;
    const weight = (share * share) / rest(arm)(unit);
    own += share * share;
    weights += weight;
    squaredWeights += weight * weight;
  }
  return (own + weights * weights - squaredWeights) / (n * n);
};

const cr2 = (a: Arm, b: Arm): { readonly variance: number; readonly df: number } => {
  const independent = 1 / a.observations + 1 / b.observations;
  return {
    variance: varianceOf(a, rest(a)) + varianceOf(b, rest(b)),
    df: (independent * independent) / (squaredTrace(a) + squaredTrace(b)),
  };
};

const cr1 = (a: Arm, b: Arm): { readonly variance: number; readonly df: number } => {
  const units = a.units.length + b.units.length;
  const observations = a.observations + b.observations;
  const factor = (units / (units - 1)) * ((observations - 1) / (observations - 2));
  const plain = (): number => 1;
  return { variance: factor * (varianceOf(a, plain) + varianceOf(b, plain)), df: units - 1 };
};

/**
 * Compares the mean over the observations of arm b (treatment) with that of a (control), given each unit's count and sum. Undefined below two
 * units in an arm and when nothing varies.
 * @throws TypeError or RangeError naming a or b (units with a whole count from 1 and a finite sum), alpha or correction.
 */
export const clusterRobust = (
  a: readonly UnitTotal[],
  b: readonly UnitTotal[],
  { alpha = 0.05, correction = 'CR2' }: ClusterRobustOptions = {},
): Statistic<ClusterRobustComparison> => {
  requireUnits('a', a);
  requireUnits('b', b);
  requireAlpha(alpha);
  if (correction !== 'CR1' && correction !== 'CR2') {
    throw new RangeError(`correction must be "CR1" or "CR2", got ${String(correction)}`);
  }
  if (a.length < 2 || b.length < 2) return undefinedBecause('fewer than two units in an arm');
  const [armA, armB] = [armOf(a), armOf(b)];
  const { variance, df } = correction === 'CR2' ? cr2(armA, armB) : cr1(armA, armB);
  const difference = armB.mean - armA.mean;
  if (variance === 0) return undefinedBecause('no variance between the units of either arm');
  const standardError = Math.sqrt(variance);
  const t = difference / standardError;
  if (!Number.isFinite(standardError) || !Number.isFinite(t)) {
    return undefinedBecause('values too large to compare');
  }
  const half = -studentTQuantile(alpha / 2, df) * standardError;
  return defined({
    meanA: armA.mean,
    meanB: armB.mean,
    difference,
    standardError,
    df,
    t,
    p: pOfT(t, df),
    interval: { low: difference - half, high: difference + half },
  });
};
