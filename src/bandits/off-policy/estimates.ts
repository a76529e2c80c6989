/**
 * What a policy would have earned, from another policy's log: inverse propensity scoring (Horvitz, Thompson 1952), self-normalised
 * (Swaminathan, Joachims, NeurIPS 2015), by a model, and doubly robust (Dudik, Langford, Li, ICML 2011). Golden family `ope`.
 *
 * Only estimates. Whether they may decide anything is for `verdict.ts` to say: with few rows that count, all of them are wrong together.
 */
import { defined, undefinedBecause, type Statistic } from '../../analysis/result.ts';
import { requirePositive } from '../../math/require.ts';
import { requireLog, weightOf, type LoggedDecision } from './log.ts';

/** A mean reward per decision; its standard error is null for a single row. */
export interface Estimate {
  readonly value: number;
  readonly se: number | null;
}

export interface OffPolicyEstimates {
  readonly n: number;
  /** Unbiased where propensities are right; a few large weights rule it. */
  readonly ips: Estimate;
  /** Weights divided by their sum: slightly biased, far steadier, within the range of the rewards. Null when no row has a weight. */
  readonly snips: Estimate | null;
  /** With weights cut at `clip`: biased towards 0, bounded. */
  readonly clippedIps: Estimate;
  /** The model alone: no weights, and all of the model's errors. Null without a model. */
  readonly dm: number | null;
  /** The model corrected by the weighted errors it made: right when either the propensities or the model are. Null without a model. */
  readonly dr: Estimate | null;
  /** (sum w)^2 / sum w^2: rows of the target policy itself that would tell as much. */
  readonly ess: number;
  readonly maxWeight: number;
  /** Is one, up to its standard error, when propensities are right and every arm of the target could be played. */
  readonly meanWeight: Estimate;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Mean and standard error, in two passes. */
export const meanEstimate = (values: readonly number[]): Estimate => {
  const n = values.length;
  const value = sumOf(values) / n;
  const m2 = sumOf(values.map((x) => (x - value) ** 2));
  return { value, se: n < 2 ? null : Math.sqrt(m2 / (n - 1) / n) };
};

const selfNormalised = (weights: readonly number[], rewards: readonly number[]): Estimate | null => {
  const total = sumOf(weights);
  if (total === 0) return null;
  const value = sumOf(weights.map((w, i) => w * rewards[i]!)) / total;
  // The delta method for a ratio of two means.
  const squares = sumOf(weights.map((w, i) => (w * (rewards[i]! - value)) ** 2));
  return { value, se: weights.length < 2 ? null : Math.sqrt(squares) / total };
};

/** What each row adds to the doubly robust mean. */
export const doublyRobustTerms = (log: readonly LoggedDecision[]): readonly number[] | null =>
  log.every(({ qHat, vHat }) => qHat !== undefined && vHat !== undefined)
    ? log.map((row) => row.vHat! + weightOf(row) * (row.reward - row.qHat!))
    : null;

/** Effective sample size of weights; 0 when all are 0. */
const essOf = (weights: readonly number[]): number => {
  const total = sumOf(weights);
  return total === 0 ? 0 : total ** 2 / sumOf(weights.map((w) => w * w));
};

/**
 * All estimates of one log. Undefined for an empty one.
 * @param options.clip largest weight of `clippedIps`, above 0; 10 when left out.
 * @throws RangeError naming `log` (row and field; a propensity of 0 among them) or `clip`.
 */
export const estimateOffPolicy = (
  log: readonly LoggedDecision[],
  { clip = 10 }: { readonly clip?: number } = {},
): Statistic<OffPolicyEstimates> => {
  requireLog(log);
  requirePositive('clip', clip);
  if (log.length === 0) return undefinedBecause('empty log');
  const weights = log.map(weightOf);
  const rewards = log.map(({ reward }) => reward);
  const terms = doublyRobustTerms(log);
  return defined({
    n: log.length,
    ips: meanEstimate(weights.map((w, i) => w * rewards[i]!)),
    snips: selfNormalised(weights, rewards),
    clippedIps: meanEstimate(weights.map((w, i) => Math.min(w, clip) * rewards[i]!)),
    dm: terms === null ? null : sumOf(log.map(({ vHat }) => vHat!)) / log.length,
    dr: terms === null ? null : meanEstimate(terms),
    ess: essOf(weights),
    maxWeight: weights.reduce((most, w) => Math.max(most, w), 0),
    meanWeight: meanEstimate(weights),
  });
};
