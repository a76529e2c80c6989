/**
 * How long an experiment that may be looked at all the time has to be: the fixed-horizon size, the cap at which it ends without a winner, and
 * the total that its confidence sequence is tuned for. It decides no traffic and no dates. The price of peeking is the cap, not the mean:
 * on average an always-valid test ends near the fixed size when the effect is real, and sooner when it is larger (statistics.md 1.4, 1.6).
 */
import { requireFinite, requirePositive, requireWhole } from '../../math/require.ts';
import { requireOpenUnit } from '../../math/require.ts';
import type { Interval } from '../intervals.ts';
import { requireSizingDesign, withDefaults, type SizingDesign } from './design.ts';
import { meanSampleSize } from './means.ts';
import { rateSampleSize } from './rates.ts';

/** The cap over the fixed-horizon size when nothing else is asked for. */
export const CAP_FACTOR = 2.25;

/** What is compared, with the smallest effect worth finding: a difference of shares (.05 is five points), or one in the unit of `sd`. */
export type PlannedMetric =
  | { readonly kind: 'rate'; readonly baseline: number; readonly minimumEffect: number }
  | { readonly kind: 'mean'; readonly sd: number; readonly minimumEffect: number };

/** The design of the test, and how many variants stand against control (1). */
export interface PlanOptions extends SizingDesign {
  readonly variants?: number;
  /** The cap over the fixed-horizon size, 2.25; from 1. */
  readonly capFactor?: number;
}

/** Units of one arm. */
export interface ArmSizes {
  readonly control: number;
  readonly variant: number;
}

export interface ExperimentPlan {
  /** The level of each comparison in the worst case of Holm: alpha over the number of variants. */
  readonly alphaPerComparison: number;
  /** What one look at a fixed size would need. */
  readonly fixed: ArmSizes;
  /** Where the experiment ends with "no difference detected". */
  readonly cap: ArmSizes;
  /** Units of all arms together at the cap. */
  readonly capTotal: number;
  /** Units of one comparison (control and one variant) that the confidence sequence is tuned for; frozen at the start. */
  readonly nOpt: number;
  /** What was measured for this cap and power, null for others. */
  readonly expected: ExpectedCourse | null;
}

/** Ranges over base rates, at the planned effect. */
export interface ExpectedCourse {
  /** The chance to find the effect before the cap. */
  readonly power: Interval;
  /** The mean size of control at the end. */
  readonly meanControl: Interval;
}

type Measured = Readonly<Record<string, readonly [Interval, Interval]>>;
const range = (low: number, high: number): Interval => ({ low, high });

/**
 * Power, and mean size over the fixed size, by power and cap factor: simulated at alpha .05 with base rates .1 to .9, 5-point effects, and
 * 20 looks within the fixed size. A stricter level has more power at the same factor, and no larger a mean. Rates by the block e-process.
 */
const MEASURED_RATE: Measured = {
  '0.8 2': [range(0.75, 0.81), range(1.19, 1.26)],
  '0.8 2.25': [range(0.8, 0.87), range(1.24, 1.41)],
  '0.8 2.5': [range(0.85, 0.89), range(1.27, 1.35)],
  '0.8 3': [range(0.91, 0.94), range(1.32, 1.4)],
  '0.9 2': [range(0.89, 0.92), range(0.95, 1.03)],
  '0.9 2.25': [range(0.92, 0.95), range(0.97, 1.05)],
  '0.9 2.5': [range(0.94, 0.97), range(0.98, 1.06)],
  '0.9 3': [range(0.97, 0.99), range(0.99, 1.08)],
};

/** The same for means by the asymptotic confidence sequence. */
const MEASURED_MEAN: Measured = {
  '0.8 2': [range(0.85, 0.88), range(1.1, 1.17)],
  '0.8 2.25': [range(0.89, 0.93), range(1.13, 1.2)],
  '0.8 2.5': [range(0.93, 0.95), range(1.14, 1.22)],
  '0.8 3': [range(0.97, 0.98), range(1.16, 1.24)],
  '0.9 2': [range(0.95, 0.97), range(0.88, 0.93)],
  '0.9 2.25': [range(0.97, 0.98), range(0.88, 0.94)],
  '0.9 2.5': [range(0.98, 0.99), range(0.89, 0.94)],
  '0.9 3': [range(0.99, 1), range(0.89, 0.95)],
};

/** The fixed-horizon size at `design`, the effect's own names in messages. */
const fixedSize = (metric: PlannedMetric, design: Required<SizingDesign>): ArmSizes => {
  if (metric.kind === 'rate') {
    const { baseline, minimumEffect } = metric;
    requireOpenUnit('baseline', baseline);
    const rate = baseline + minimumEffect;
    if (!(rate > 0 && rate < 1) || rate === baseline) {
      throw new RangeError(
        `minimumEffect must be other than 0 and leave the rate between 0 and 1 (baseline ${baseline}), got ${minimumEffect}`,
      );
    }
    const { nA, nB } = rateSampleSize(baseline, rate, design);
    return { control: nA, variant: nB };
  }
  if (metric.kind !== 'mean') throw new RangeError('metric.kind must be "rate" or "mean"');
  const { sd, minimumEffect } = metric;
  requirePositive('sd', sd);
  requireFinite('minimumEffect', minimumEffect);
  const size = Math.abs(minimumEffect / sd);
  if (!(size > 1e-100 && size < 1e100)) {
    throw new RangeError(
      `minimumEffect must be other than 0 and comparable to sd (${sd}), got ${minimumEffect}`,
    );
  }
  const { nA, nB } = meanSampleSize(minimumEffect, sd, design);
  return { control: nA, variant: nB };
};

/**
 * The plan of an experiment with one control. Defaults: alpha .05, power .8, two-sided, equal arms, one variant, cap factor 2.25. With
 * several variants each comparison is sized at alpha / variants, the worst case of Holm.
 * @throws RangeError naming baseline, sd, minimumEffect, alpha, power, ratio, twoSided, variants or capFactor.
 */
export const planExperiment = (metric: PlannedMetric, options: PlanOptions = {}): ExperimentPlan => {
  const { variants = 1, capFactor = CAP_FACTOR } = options;
  requireWhole('variants', variants, 1);
  if (!(capFactor >= 1 && capFactor < Infinity)) {
    throw new RangeError(`capFactor must be a finite number from 1, got ${capFactor}`);
  }
  const asked = withDefaults(options);
  requireSizingDesign(asked);
  const alphaPerComparison = asked.alpha / variants;
  const fixed = fixedSize(metric, { ...asked, alpha: alphaPerComparison });
  const cap = {
    control: Math.ceil(capFactor * fixed.control),
    variant: Math.ceil(capFactor * fixed.variant),
  };
  const measured = (metric.kind === 'rate' ? MEASURED_RATE : MEASURED_MEAN)[`${asked.power} ${capFactor}`];
  const plain = asked.twoSided && asked.ratio === 1 && asked.alpha <= 0.05;
  return {
    alphaPerComparison,
    fixed,
    cap,
    capTotal: cap.control + variants * cap.variant,
    nOpt: fixed.control + fixed.variant,
    expected: measured !== undefined && plain ? courseOf(measured, fixed.control) : null,
  };
};

const courseOf = ([power, mean]: readonly [Interval, Interval], control: number): ExpectedCourse => ({
  power,
  meanControl: range(Math.round(mean.low * control), Math.round(mean.high * control)),
});
