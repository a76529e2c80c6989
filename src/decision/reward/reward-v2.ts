/**
 * The reward of one answered request, 0..1, with its parts: quality from every signal that came, cost and latency by the candidates' range
 * or the service's budget, weighted by a preset or by custom weights. The default; `reward-v1.ts` says why. It chooses nothing.
 *
 * A reward trades quality for money at a rate that its weights and ranges fix: `qualityPaidBy` tells it. It is no guardrail: floors of
 * quality are held elsewhere, whatever the reward says.
 */
import { defined, undefinedBecause, type Statistic } from '../../analysis/result.ts';
import { objectiveWeights, type ObjectiveWeights, type WeightPreset } from '../multi-objective/weights.ts';
import { normalise, requireNormalization, type Normalization } from './normalization.ts';
import { scoreQuality, type Evidence, type QualityWeights } from './quality-score.ts';
import { requireFromZero } from './require.ts';
import type { RewardSignals } from './signals.ts';

export interface RewardOptions {
  readonly weights: WeightPreset | ObjectiveWeights;
  /** Null where candidates do not differ in it, or it plays no part. */
  readonly cost: Normalization | null;
  readonly latency: Normalization | null;
  readonly qualityWeights?: QualityWeights;
  readonly revenueScaleUsd?: number;
}

/** One objective: its score on 0..1, its weight after renormalising, and their product. */
export interface RewardPart {
  readonly score: number;
  readonly weight: number;
  readonly contribution: number;
}

/** `reward` is the sum of the contributions. What is in `missing` had its weight shared out over the others in proportion. */
export interface RewardV2 {
  readonly version: 2;
  readonly reward: number;
  readonly parts: Readonly<Record<keyof ObjectiveWeights, RewardPart | null>>;
  readonly evidence: readonly Evidence[];
  readonly missing: readonly { readonly what: string; readonly reason: string }[];
}

const OBJECTIVE_NAMES = ['quality', 'cost', 'latency'] as const satisfies readonly (keyof ObjectiveWeights)[];

type Scored = { readonly score: number } | { readonly reason: string };

const scored = (name: string, value: number | null | undefined, scale: Normalization | null): Scored => {
  if (value !== null && value !== undefined) requireFromZero(name, value);
  if (scale === null) return { reason: 'the candidates do not differ in it' };
  return value === null || value === undefined
    ? { reason: 'not measured' }
    : { score: normalise(value, scale) };
};

/**
 * The reward. Undefined while no signal of quality has come (unless quality has no weight): cost and latency are known at once and
 * quality later, and a reward of what is known would teach that cheap is good.
 * @throws RangeError naming a signal, `weights`, `cost`, `latency`, `qualityWeights` or `revenueScaleUsd`.
 */
export const rewardV2 = (signals: RewardSignals, options: RewardOptions): Statistic<RewardV2> => {
  const weights = objectiveWeights(options.weights);
  if (options.cost !== null) requireNormalization('cost', options.cost);
  if (options.latency !== null) requireNormalization('latency', options.latency);
  const quality = scoreQuality(signals, options.qualityWeights, options.revenueScaleUsd ?? null);
  if (!quality.ok && weights.quality > 0) return quality;
  const scores: Readonly<Record<keyof ObjectiveWeights, Scored>> = {
    quality: quality.ok ? { score: quality.value.score } : { reason: quality.reason },
    cost: scored('costUsd', signals.costUsd, options.cost),
    latency: scored('latencyMs', signals.latencyMs, options.latency),
  };
  const total = OBJECTIVE_NAMES.reduce((sum, name) => sum + ('score' in scores[name] ? weights[name] : 0), 0);
  if (!(total > 0)) return undefinedBecause('nothing that has weight was measured');
  const partOf = (name: keyof ObjectiveWeights): RewardPart | null => {
    const it = scores[name];
    if (!('score' in it)) return null;
    const weight = weights[name] / total;
    return { score: it.score, weight, contribution: weight * it.score };
  };
  const parts = { quality: partOf('quality'), cost: partOf('cost'), latency: partOf('latency') };
  const sum = OBJECTIVE_NAMES.reduce((all, name) => all + (parts[name]?.contribution ?? 0), 0);
  return defined({
    version: 2,
    reward: Math.min(1, sum),
    parts,
    evidence: quality.ok ? quality.value.evidence : [],
    missing: [
      ...OBJECTIVE_NAMES.flatMap((name) => {
        const it = scores[name];
        return 'score' in it ? [] : [{ what: name, reason: it.reason }];
      }),
      ...(quality.ok ? quality.value.silent : []).map((group) => ({
        what: `${group} signals`,
        reason: 'none came',
      })),
    ],
  });
};

/**
 * How much quality (on 0..1) a change of cost pays for under the reward: at a drop of just this much the reward stays the same. Below 0
 * for a change that costs more; infinite where quality has no weight.
 * @throws RangeError naming `weights`, `cost`, `fromUsd` or `toUsd`.
 */
export const qualityPaidBy = ({
  weights,
  cost,
  fromUsd,
  toUsd,
}: {
  readonly weights: WeightPreset | ObjectiveWeights;
  readonly cost: Normalization;
  readonly fromUsd: number;
  readonly toUsd: number;
}): number => {
  const { quality, cost: costWeight } = objectiveWeights(weights);
  requireNormalization('cost', cost);
  requireFromZero('fromUsd', fromUsd);
  requireFromZero('toUsd', toUsd);
  const gained = costWeight * (normalise(toUsd, cost) - normalise(fromUsd, cost));
  return gained === 0 ? 0 : gained / quality;
};
