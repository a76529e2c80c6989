/**
 * Whether a policy would have earned more than the one that wrote the log: doubly robust where there is a model, self-normalised otherwise,
 * and no verdict at all where too few rows count. It says what to try next; a rollout says what to keep.
 *
 * One look at a finished log: the interval is not made to be watched while the log grows.
 */
import { requireOpenUnit } from '../../math/require.ts';
import { normalQuantile } from '../../math/special.ts';
import {
  doublyRobustTerms,
  estimateOffPolicy,
  meanEstimate,
  type Estimate,
  type OffPolicyEstimates,
} from './estimates.ts';
import { weightOf, type LoggedDecision } from './log.ts';

/** Fewer rows that count, or a smaller share of all rows, and there is no verdict. */
export const OPE_MIN_ESS = 100;
export const OPE_MIN_ESS_SHARE = 0.1;
/** Weights whose mean is further than this many standard errors from one were not made by the propensities of the log. */
const WEIGHT_LIMIT = 4;

export type OffPolicyRefusal = 'empty log' | 'few effective rows' | 'weights do not average one';

/** Rewards per decision; `difference` is target minus logged, on the same rows, with a two-sided interval at 1 - alpha. */
export type OffPolicyVerdict =
  | {
      readonly kind: 'refused';
      readonly reason: OffPolicyRefusal;
      readonly observed: number;
      readonly limit: number;
      readonly estimates: OffPolicyEstimates | null;
    }
  | {
      readonly kind: 'judged';
      readonly outcome: 'better' | 'worse' | 'undecided';
      readonly estimator: 'dr' | 'snips';
      readonly difference: number;
      readonly interval: readonly [lower: number, upper: number];
      readonly logged: Estimate;
      readonly estimates: OffPolicyEstimates;
    };

const refusalOf = (
  estimates: OffPolicyEstimates,
): { readonly reason: OffPolicyRefusal; readonly observed: number; readonly limit: number } | null => {
  const { ess, n, meanWeight } = estimates;
  const least = Math.max(OPE_MIN_ESS, OPE_MIN_ESS_SHARE * n);
  if (ess < least) return { reason: 'few effective rows', observed: ess, limit: least };
  // At least OPE_MIN_ESS rows count here, so there is a standard error; equal weights leave rounding in place of it.
  const allowed = WEIGHT_LIMIT * meanWeight.se! + 1e-9;
  const off = Math.abs(meanWeight.value - 1);
  return off > allowed ? { reason: 'weights do not average one', observed: off, limit: allowed } : null;
};

/** Per row: what it adds to the difference of target and logged mean, to first order. */
const differences = (log: readonly LoggedDecision[], snips: number): readonly number[] => {
  const terms = doublyRobustTerms(log);
  if (terms !== null) return terms.map((term, i) => term - log[i]!.reward);
  const meanWeight = log.reduce((sum, row) => sum + weightOf(row), 0) / log.length;
  return log.map((row) => snips + (weightOf(row) * (row.reward - snips)) / meanWeight - row.reward);
};

/**
 * Judges the target policy of a log against the policy that wrote it.
 * Refused below an effective sample size of 100 or of a tenth of the rows (statistics.md 2.10), and when the weights do not average one, which tells
 * of wrong propensities or of arms that were never played.
 * @param options.alpha of the two-sided interval, between 0 and 1; .05 when left out. @param options.clip see `estimateOffPolicy`.
 * @throws RangeError naming `log`, `alpha` or `clip`.
 */
export const judgeOffPolicy = (
  log: readonly LoggedDecision[],
  { alpha = 0.05, clip = 10 }: { readonly alpha?: number; readonly clip?: number } = {},
): OffPolicyVerdict => {
  requireOpenUnit('alpha', alpha);
  const found = estimateOffPolicy(log, { clip });
  if (!found.ok) {
    return { kind: 'refused', reason: 'empty log', observed: 0, limit: OPE_MIN_ESS, estimates: null };
  }
  const estimates = found.value;
  const refusal = refusalOf(estimates);
  if (refusal !== null) return { kind: 'refused', ...refusal, estimates };
  const { value: difference, se } = meanEstimate(differences(log, estimates.snips!.value));
  const half = -normalQuantile(Math.max(alpha / 2, Number.MIN_VALUE)) * se!;
  const interval = [difference - half, difference + half] as const;
  return {
    kind: 'judged',
    outcome: interval[0] > 0 ? 'better' : interval[1] < 0 ? 'worse' : 'undecided',
    estimator: estimates.dr === null ? 'snips' : 'dr',
    difference,
    interval,
    logged: meanEstimate(log.map(({ reward }) => reward)),
    estimates,
  };
};
