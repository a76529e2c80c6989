/**
 * How large an experiment has to be and how long that takes, told before it starts: from what the service yields, how good it is, and
 * what difference is worth finding. It starts and refuses nothing; `reachable` and the sentence are for whoever does.
 */
import {
  requireClosedUnit,
  requireFinite,
  requireOpenUnit,
  requirePositive,
  requireWhole,
} from '../../math/require.ts';
import type { AnalysisKind, PrimaryKind } from '../../domain/experiment.ts';
import type { GuardrailSpec } from '../../domain/guardrail.ts';
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
  /** Share of requests that fail, and US dollars per request; null while nothing is known. */
  readonly errorRate: number | null;
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
  /** The service's (`guardrailsOf`); a required one must be shown to be kept before anything wins. */
  readonly guardrails: readonly GuardrailSpec[];
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

/** Units with a cost, at the rate at which they come. */
const sizeForCost = (input: SizingInput, shares: Shares, levels: Levels): Sized => {
  const { costUsd, unitsPerHour } = input.baseline;
  if (costUsd === null) throw new RangeError('baseline.costUsd must be known to size for cost, got null');
  const effect = (-costUsd.mean * input.minCostReductionPct) / 100;
  const needed = neededToFind({ kind: 'mean', sd: costUsd.sd, minimumEffect: effect }, shares, levels);
  return {
    baseline: costUsd.mean,
    minimumEffect: effect,
    needed,
    perHour: unitsPerHour,
    what: 'units',
    most: null,
  };
};

/** The guardrail whose proof takes longest, in outcomes of the primary metric; null where none is planned for. */
interface Proof {
  readonly id: GuardrailSpec['id'];
  readonly perArm: number;
}

/**
 * Quality is known of labels, everything else of every unit. A guardrail whose rate nobody knows is not planned for, and neither is what is to get better: a
 * variant that is better by the minimum effect is shown not to be worse long before it is shown to be better.
 */
const longestProof = (
  { primary, guardrails, baseline }: SizingInput,
  { perHour }: Sized,
  shares: Shares,
): Proof | null => {
  const rates = { quality: baseline.quality.mean, errorRate: baseline.errorRate };
  const proofs = guardrails
    .filter(({ id, required }) => required || (primary === 'cost' && id === 'quality'))
    .filter(({ id }) => id !== primary)
    .flatMap((spec): readonly Proof[] => {
      const needed = neededToRuleOut(spec, rates, shares);
      const itsRate = spec.id === 'quality' ? baseline.labelsPerHour : baseline.unitsPerHour;
      if (needed === null || !(itsRate > 0)) return [];
      return [{ id: spec.id, perArm: Math.ceil((needed * perHour) / itsRate) }];
    });
  return proofs.reduce<Proof | null>(
    (kept, proof) => (kept === null || proof.perArm > kept.perArm ? proof : kept),
    null,
  );
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
  for (const field of ['minImprovementPct', 'minCostReductionPct'] as const) {
    requirePositive(field, input[field]);
  }
  if (input.minCostReductionPct >= 100) {
    throw new RangeError(`minCostReductionPct must be below 100, got ${input.minCostReductionPct}`);
  }
  if (baseline.errorRate !== null) requireClosedUnit('baseline.errorRate', baseline.errorRate);
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

interface Told {
  readonly sized: Sized;
  readonly proof: Proof | null;
  readonly capPerArm: number;
  readonly capMs: number | null;
  readonly maxDurationMs: number;
  readonly exposedPct: number;
}

const sentence = ({ sized, proof, capPerArm, capMs, maxDurationMs, exposedPct }: Told): string => {
  const { needed, perHour, what, most } = sized;
  if (most !== null) {
    return `asks for more than there is to gain: at most ${most.toPrecision(2)} % over the baseline can be planned for`;
  }
  if (proof !== null && proof.perArm === Infinity) {
    return `no end is in sight for the proof that ${proof.id} is kept: its margin is too small for what the baseline shows`;
  }
  const longer = proof !== null && proof.perArm >= capPerArm ? `, to prove that ${proof.id} is kept` : '';
  const size = `needs about ${inThousands(capPerArm)} ${what} per arm${longer}`;
  if (capMs === null) return `${size}, and the service yields none lately`;
  const rate = perHourInWords((perHour * needed.share * exposedPct) / 100);
  const longest = `the longest duration is ${daysInWords(maxDurationMs)}`;
  return `${size}, the service yields ${rate} an hour per arm: ${daysInWords(capMs)}; ${longest}`;
};

/** A number that JSON can hold, where no end is in sight. */
const ENDLESS = 1e12;

/**
 * The size of an experiment. Defaults: alpha .05, power .8, at the cap of 2.25 times the fixed size; a `fixedHorizon` analysis ends at
 * the fixed size. Either goes on until the required guardrails can be shown to be kept. Several variants are sized for Holm's worst case. Sizes are of the arm with the smaller share in the pair that takes
 * longest; times hold the ramp and the time that labels take. `reachable` says that the cap is reached in the longest duration.
 *
 * Units that come back are counted once, so a service with few users slows down with time: per-hour figures must be of first outcomes.
 * @throws RangeError naming arms, weights, baseline.quality.mean (and so on), minImprovementPct, minCostReductionPct, guardrails, ramp, alpha,
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
  const proof = longestProof(input, sized, shares);
  const proofPerArm = Math.min(ENDLESS, proof?.perArm ?? 0);
  const capPerArm = Math.max(needed.cap, proofPerArm, minSamples);
  const msFor = (perArm: number): number | null => {
    const time = perHour > 0 ? timeFor(perArm / (perHour * needed.share), ramp) : null;
    return time === null ? null : Math.ceil(time + input.matureAfterMs);
  };
  const capMs = proofPerArm === ENDLESS ? null : msFor(capPerArm);
  const onAverage =
    analysis === 'fixedHorizon'
      ? capPerArm
      : Math.min(capPerArm, Math.max(MEAN_OVER_FIXED * needed.nFix, proofPerArm));
  return {
    baseline,
    minimumEffect,
    nFixPerArm: needed.nFix,
    capPerArm,
    labelsPerHour: perHour * needed.share,
    expectedMs: capMs === null ? null : msFor(onAverage),
    capMs,
    reachable: most === null && capMs !== null && capMs <= maxDurationMs,
    reason: sentence({ sized, proof, capPerArm, capMs, maxDurationMs, exposedPct: ramp.exposedPct.at(-1)! }),
  };
};
