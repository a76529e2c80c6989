/** The quality of one answer from whatever signals came: a weighted mean within each group, then over the groups that spoke. */
import { defined, undefinedBecause, type Statistic } from '../../analysis/result.ts';
import { requireWeightSum } from '../multi-objective/weights.ts';
import { readSignals, type RewardSignals, type SignalGroup } from './signals.ts';

/** Weights of the groups, summing to 1. */
export type QualityWeights = Readonly<Record<SignalGroup, number>>;

/** What a person says weighs most, then what was measured, what was done, and what was earned, which depends on much else. */
export const QUALITY_WEIGHTS: QualityWeights = { explicit: 0.4, measured: 0.3, implicit: 0.2, business: 0.1 };

const GROUPS = ['explicit', 'measured', 'implicit', 'business'] as const satisfies readonly SignalGroup[];

/** One signal's value on 0..1, and its share of the score; the shares sum to 1. */
export interface Evidence {
  readonly signal: string;
  readonly value: number;
  readonly share: number;
}

/** `silent` are the groups that said nothing; their weight went to the others in proportion. */
export interface QualityScore {
  readonly score: number;
  readonly evidence: readonly Evidence[];
  readonly silent: readonly SignalGroup[];
}

/**
 * The score, 0..1. Undefined where no signal came, or only groups of weight 0 spoke: an answer nobody judged is not a bad answer.
 * @param revenueScaleUsd above 0, or null where revenue plays no part
 * @throws RangeError naming a signal, `qualityWeights` or `revenueScaleUsd`.
 */
export const scoreQuality = (
  signals: RewardSignals,
  qualityWeights: QualityWeights = QUALITY_WEIGHTS,
  revenueScaleUsd: number | null = null,
): Statistic<QualityScore> => {
  if (revenueScaleUsd !== null && !(revenueScaleUsd > 0 && revenueScaleUsd < Infinity)) {
    throw new RangeError(`revenueScaleUsd must be a finite number above 0, got ${revenueScaleUsd}`);
  }
  const weightOf = requireWeightSum('qualityWeights', GROUPS, qualityWeights);
  const readings = readSignals(signals, revenueScaleUsd);
  const within = (group: SignalGroup): number =>
    readings.reduce((sum, reading) => sum + (reading.group === group ? reading.weight : 0), 0);
  const speaking = GROUPS.filter((group) => within(group) > 0);
  const total = speaking.reduce((sum, group) => sum + weightOf(group), 0);
  if (!(total > 0)) return undefinedBecause('no signal of quality came');
  const evidence = readings.map(({ signal, group, value, weight }) => ({
    signal,
    value,
    share: (weightOf(group) / total) * (weight / within(group)),
  }));
  return defined({
    score: Math.min(
      1,
      evidence.reduce((sum, { value, share }) => sum + value * share, 0),
    ),
    evidence,
    silent: GROUPS.filter((group) => !speaking.includes(group)),
  });
};
