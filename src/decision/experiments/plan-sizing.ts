/**
 * How large an experiment has to be and how long that takes, told before it starts: from what the service yields, how good it is, and
 * what difference is worth finding. It starts and refuses nothing; `reachable` and the sentence are for whoever does.
 */
import { requireWhole } from '../../math/require.ts';
import type { AnalysisKind } from '../../domain/experiment.ts';
import type { ExperimentSizing } from '../../state/experiment/index.ts';
import { isTooCoarse } from './fold-size.ts';
import { neededToFind, type Shares } from './labels-needed.ts';
import { longestProof } from './longest-proof.ts';
import { requireSizingInput, sharesOf, type SizingInput } from './sizing-input.ts';
import { sizingSentence, type Sized } from './sizing-sentence.ts';

const HOUR_MS = 3_600_000;

/** Mean size at the planned effect over the fixed size (statistics.md 1.6: 1.26 to 1.41), when it may be looked at all the time. */
const MEAN_OVER_FIXED = 1.35;

/** A gain that is asked for must leave this share of what is missing to 1; else there is nothing to plan for. */
const MOST_TO_GAIN = 0.5;

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

/** A number that JSON can hold, where no end is in sight. */
const ENDLESS = 1e12;

/**
 * The size of an experiment. Defaults: alpha .05, power .8, at the cap of 2.25 times the fixed size; a `fixedHorizon` analysis ends at
 * the fixed size. Either goes on until the required guardrails can be shown to be kept. Several variants are sized for Holm's worst case. Sizes are of the arm with the smaller share in the pair that takes
 * longest; times hold the ramp and the time that labels take. `reachable` says that the cap is reached in the
 * longest duration, and not within so few blocks that nothing could be proven by then.
 *
 * Units that come back are counted once, so a service with few users slows down with time: per-hour figures must be of first outcomes.
 * @throws RangeError naming arms, weights, baseline.quality.mean (and so on), minImprovementPct, minCostReductionPct, guardrails, ramp, alpha,
 * power, minSamples, matureAfterMs or maxDurationMs.
 */
export const planSizing = (input: SizingInput): ExperimentSizing => {
  requireSizingInput(input);
  const { primary, analysis, alpha = 0.05, power = 0.8, minSamples = 1, maxDurationMs, ramp } = input;
  requireWhole('minSamples', minSamples, 1);
  const shares = sharesOf(input);
  const sized = (primary === 'quality' ? sizeForQuality : sizeForCost)(input, shares, {
    alpha,
    power,
    analysis,
  });
  const { needed, perHour, baseline, minimumEffect, most } = sized;
  const proof = longestProof(input, perHour, shares);
  const proofPerArm = Math.min(ENDLESS, proof?.perArm ?? 0);
  const capPerArm = Math.max(needed.cap, Math.min(ENDLESS, proof?.capPerArm ?? 0), minSamples);
  const msFor = (perArm: number): number | null => {
    const time = perHour > 0 ? timeFor(perArm / (perHour * needed.share), ramp) : null;
    return time === null ? null : Math.ceil(time + input.matureAfterMs);
  };
  const capMs = proofPerArm === ENDLESS ? null : msFor(capPerArm);
  const onAverage =
    analysis === 'fixedHorizon'
      ? capPerArm
      : Math.min(capPerArm, Math.max(MEAN_OVER_FIXED * needed.nFix, proofPerArm));
  const labelsPerHour = perHour * needed.share;
  const coarseMs =
    input.blockMs !== undefined && isTooCoarse({ labelsPerHour, nFixPerArm: needed.nFix }, input.blockMs)
      ? input.blockMs
      : null;
  return {
    baseline,
    minimumEffect,
    nFixPerArm: needed.nFix,
    capPerArm,
    labelsPerHour,
    expectedMs: capMs === null ? null : msFor(onAverage),
    capMs,
    reachable: most === null && coarseMs === null && capMs !== null && capMs <= maxDurationMs,
    reason: sizingSentence({
      sized,
      proof,
      capPerArm,
      capMs,
      coarseMs,
      maxDurationMs,
      exposedPct: ramp.exposedPct.at(-1)!,
      unit: input.unit ?? 'request',
    }),
  };
};
