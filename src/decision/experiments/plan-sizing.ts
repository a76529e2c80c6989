/**
 * How large an experiment has to be and how long that takes, told before it starts: from what the service yields, how good it is, and
 * what difference is worth finding. It starts and refuses nothing; `reachable` and the sentence are for whoever does.
 */
import { requireFinite, requireOpenUnit, requirePositive, requireWhole } from '../../math/require.ts';
import type { AnalysisKind, PrimaryKind } from '../../domain/experiment.ts';
import type { ExperimentSizing, Weights } from '../../state/experiment/index.ts';
import { neededToFind, neededToRuleOut, type Needed, type Shares } from './labels-needed.ts';
import { daysInWords, inThousands, perHourInWords } from './words.ts';

/** A mean and its standard deviation over units. */
export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

/** What the stable configuration has shown lately. Per-hour counts are of the whole service. */
export interface SizingBaseline {
  /** Mean quality, between 0 and 1; `sd` of marks, left out for good or bad answers. */
  readonly quality: { readonly mean: number; readonly sd?: number };
  /** US dollars per request; null while nothing is known. */
  readonly costUsd: Spread | null;
  readonly labelsPerHour: number;
  /** Units (requests, or first requests of a user) per hour, which is how fast costs come in. */
  readonly unitsPerHour: number;
}

export interface SizingInput {
  readonly primary: PrimaryKind;
  readonly analysis: AnalysisKind;
  /** Ids, the control first. */
  readonly arms: readonly string[];
  readonly weights: Weights;
  readonly baseline: SizingBaseline;
  /** Per cent of the baseline that quality is to gain, or that cost is to fall by. */
  readonly minImprovementPct: number;
  readonly minCostReductionPct: number;
  /** Per cent that quality may lose where cost is to get better. */
  readonly maxQualityDropPct: number;
  readonly ramp: { readonly exposedPct: readonly number[]; readonly everyMs: number };
  readonly alpha?: number;
  readonly power?: number;
  /** The experiment goes on to at least this many labels per arm. */
  readonly minSamples?: number;
  readonly matureAfterMs: number;
  readonly maxDurationMs: number;
}

const HOUR_MS = 3_600_000;

/** Mean size at the planned effect over the fixed size (statistics.md 1.6: 1.26 to 1.41), when it may be looked at all the time. */
const MEAN_OVER_FIXED = 1.35;

/** A gain that is asked for must leave this share of what is missing to 1; else there is nothing to plan for. */
const MOST_TO_GAIN = 0.5;

const sharesOf = ({ arms, weights }: Pick<SizingInput, 'arms' | 'weights'>): Shares => {
  const share = (arm: string): number => {
    const weight = weights[arm];
    if (!(weight !== undefined && weight > 0 && weight < Infinity)) {
      throw new RangeError(`weights must give every arm a share above 0, got ${String(weight)} for ${arm}`);
    }
    return weight;
  };
  if (arms.length < 2) {
    throw new RangeError(`arms must name the control and at least one variant, got ${arms.length}`);
  }
  const shares = arms.map(share);
  const total = shares.reduce((sum, one) => sum + one, 0);
  const [control, ...variants] = shares.map((one) => one / total);
  return { control: control!, variants };
};

/** The effect in the metric's own unit. `most` is the per cent that can be asked for at all, null where what is asked can be had. */
interface Effect {
  readonly effect: number;
  readonly most: number | null;
}

const effectOnQuality = (quality: number, minImprovementPct: number): Effect => {
  const effect = (quality * minImprovementPct) / 100;
  const room = MOST_TO_GAIN * (1 - quality);
  return effect <= room ? { effect, most: null } : { effect: room, most: (100 * room) / quality };
};

interface Sized {
  readonly baseline: number;
  readonly minimumEffect: number;
  readonly needed: Needed;
  /** Outcomes of that kind per hour, over the whole service. */
  readonly perHour: number;
  readonly what: 'labels' | 'units';
  readonly most: number | null;
}

/** Labels of quality, at the rate at which they come. */
const sizeForQuality = (input: SizingInput, shares: Shares, levels: Levels): Sized => {
  const { mean, sd } = input.baseline.quality;
  const { effect, most } = effectOnQuality(mean, input.minImprovementPct);
  const metric =
    sd === undefined
      ? ({ kind: 'rate', baseline: mean, minimumEffect: effect } as const)
      : ({ kind: 'mean', sd, minimumEffect: effect } as const);
  const needed = neededToFind(metric, shares, levels);
  const perHour = input.baseline.labelsPerHour;
  return { baseline: mean, minimumEffect: effect, needed, perHour, what: 'labels', most };
};

/**
 * Units with a cost, at the rate at which they come: as many as the cost needs, or as come until enough of them are labelled to rule out that
 * quality falls, whichever is more.
 */
const sizeForCost = (input: SizingInput, shares: Shares, levels: Levels): Sized => {
  const { costUsd, quality, labelsPerHour, unitsPerHour } = input.baseline;
  if (costUsd === null) throw new RangeError('baseline.costUsd must be known to size for cost, got null');
  const effect = (-costUsd.mean * input.minCostReductionPct) / 100;
  const ofCost = neededToFind({ kind: 'mean', sd: costUsd.sd, minimumEffect: effect }, shares, levels);
  const ofQuality = neededToRuleOut(quality.mean, input.maxQualityDropPct, shares, levels);
  const unitsPerLabel = labelsPerHour > 0 ? Math.max(1, unitsPerHour / labelsPerHour) : 1;
  const longer = ofQuality.nFix * unitsPerLabel > ofCost.nFix ? ofQuality : null;
  const needed =
    longer === null
      ? ofCost
      : {
          ...longer,
          nFix: Math.ceil(longer.nFix * unitsPerLabel),
          cap: Math.ceil(longer.cap * unitsPerLabel),
        };
  const perHour = labelsPerHour > 0 ? unitsPerHour : 0;
  return { baseline: costUsd.mean, minimumEffect: effect, needed, perHour, what: 'units', most: null };
};

interface Levels {
  readonly alpha: number;
  readonly power: number;
  readonly analysis: AnalysisKind;
}

/** How long it takes until `hours` of full traffic (all of it exposed) are gathered, while the share of exposed units rises. Null: never. */
const timeFor = (hours: number, { exposedPct, everyMs }: SizingInput['ramp']): number | null => {
  let [left, ms] = [hours, 0];
  for (const [i, pct] of exposedPct.entries()) {
    const needsMs = pct > 0 ? (left / (pct / 100)) * HOUR_MS : Infinity;
    const isLast = i === exposedPct.length - 1;
    if (isLast || needsMs <= everyMs) return needsMs === Infinity ? null : ms + needsMs;
    left -= ((everyMs / HOUR_MS) * pct) / 100;
    ms += everyMs;
  }
  return null;
};

const requireInput = ({ baseline, ramp, maxDurationMs, matureAfterMs, ...input }: SizingInput): void => {
  requireOpenUnit('baseline.quality.mean', baseline.quality.mean);
  if (baseline.quality.sd !== undefined) requirePositive('baseline.quality.sd', baseline.quality.sd);
  if (baseline.costUsd !== null) {
    requirePositive('baseline.costUsd.mean', baseline.costUsd.mean);
    requirePositive('baseline.costUsd.sd', baseline.costUsd.sd);
  }
  for (const field of ['labelsPerHour', 'unitsPerHour'] as const) {
    requireFinite(`baseline.${field}`, baseline[field]);
    if (baseline[field] < 0) throw new RangeError(`baseline.${field} must be from 0, got ${baseline[field]}`);
  }
  for (const field of ['minImprovementPct', 'minCostReductionPct', 'maxQualityDropPct'] as const) {
    requirePositive(field, input[field]);
    if (field !== 'minImprovementPct' && input[field] >= 100) {
      throw new RangeError(`${field} must be below 100, got ${input[field]}`);
    }
  }
  requirePositive('maxDurationMs', maxDurationMs);
  requireFinite('matureAfterMs', matureAfterMs);
  if (matureAfterMs < 0) throw new RangeError(`matureAfterMs must be from 0, got ${matureAfterMs}`);
  if (ramp.exposedPct.length === 0 || !ramp.exposedPct.every((pct) => pct >= 0 && pct <= 100)) {
    throw new RangeError(
      `ramp.exposedPct must be one or more per cents, got ${JSON.stringify(ramp.exposedPct)}`,
    );
  }
  if (ramp.exposedPct.length > 1) requirePositive('ramp.everyMs', ramp.everyMs);
};

const sentence = (
  { needed, perHour, what, most }: Sized,
  { capPerArm, capMs, maxDurationMs }: { capPerArm: number; capMs: number | null; maxDurationMs: number },
  exposedPct: number,
): string => {
  if (most !== null) {
    return `asks for more than there is to gain: at most ${most.toPrecision(2)} % over the baseline can be planned for`;
  }
  const size = `needs about ${inThousands(capPerArm)} ${what} per arm`;
  if (capMs === null) return `${size}, and the service yields none lately`;
  const rate = perHourInWords((perHour * needed.share * exposedPct) / 100);
  const longest = `the longest duration is ${daysInWords(maxDurationMs)}`;
  return `${size}, the service yields ${rate} an hour per arm: ${daysInWords(capMs)}; ${longest}`;
};

/**
 * The size of an experiment. Defaults: alpha .05, power .8, at the cap of 2.25 times the fixed size; a `fixedHorizon` analysis ends at
 * the fixed size. Several variants are sized for Holm's worst case. Sizes are of the arm with the smaller share in the pair that takes
 * longest; times hold the ramp and the time that labels take. `reachable` says that the cap is reached in the longest duration.
 *
 * Units that come back are counted once, so a service with few users slows down with time: per-hour figures must be of first outcomes.
 * @throws RangeError naming arms, weights, baseline.quality.mean (and so on), minImprovementPct, minCostReductionPct, maxQualityDropPct, ramp, alpha,
 * power, minSamples, matureAfterMs or maxDurationMs.
 */
export const planSizing = (input: SizingInput): ExperimentSizing => {
  requireInput(input);
  const { primary, analysis, alpha = 0.05, power = 0.8, minSamples = 1, maxDurationMs, ramp } = input;
  requireWhole('minSamples', minSamples, 1);
  const shares = sharesOf(input);
  const sized = (primary === 'quality' ? sizeForQuality : sizeForCost)(input, shares, {
    alpha,
    power,
    analysis,
  });
  const { needed, perHour, baseline, minimumEffect, most } = sized;
  const capPerArm = Math.max(needed.cap, minSamples);
  const msFor = (perArm: number): number | null => {
    const time = perHour > 0 ? timeFor(perArm / (perHour * needed.share), ramp) : null;
    return time === null ? null : Math.ceil(time + input.matureAfterMs);
  };
  const capMs = msFor(capPerArm);
  const onAverage =
    analysis === 'fixedHorizon' ? capPerArm : Math.min(capPerArm, MEAN_OVER_FIXED * needed.nFix);
  return {
    baseline,
    minimumEffect,
    nFixPerArm: needed.nFix,
    capPerArm,
    labelsPerHour: perHour * needed.share,
    expectedMs: msFor(onAverage),
    capMs,
    reachable: most === null && capMs !== null && capMs <= maxDurationMs,
    reason: sentence(sized, { capPerArm, capMs, maxDurationMs }, ramp.exposedPct.at(-1)!),
  };
};
