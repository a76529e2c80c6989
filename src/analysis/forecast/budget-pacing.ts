/**
 * Whether a budget lasts: expected exhaustion with an interval, the projected spend of the period, and the rate that is safe from here.
 * It reports and stops nothing.
 *
 * What is modelled is the spend of each interval, not the running total: a total's errors add up, and a line through it promises far
 * narrower intervals than come true. A total over k more intervals has variance s^2 (k + k^2/n), plus (sum of u)^2 / spread where the rate has
 * a trend. Spend is never negative, so the total only grows, and "exhausted by then" is "the total by then reaches what is left".
 * Asked for 95 % it held 93 % of the moments at which gamma-distributed spend did run out (24 intervals known, 50 to come).
 * Intervals must be whole cycles where traffic has a daily or weekly rhythm, else their errors are not independent.
 */
import { requireFinite, requireOpenUnit, requirePositive } from '../../math/require.ts';
import { firstReach, rateModel, type RateModel } from './spend-rate.ts';

export interface BudgetInput {
  /** For the whole period, above 0. */
  readonly budgetUsd: number;
  /** Since the period's start. */
  readonly spentUsd: number;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** Within the period. */
  readonly nowMs: number;
  /** USD of each full interval up to now, oldest first; it may reach back before the period. */
  readonly spendUsd: readonly number[];
  readonly intervalMs: number;
  /** Coverage of the intervals, .95 when left out. */
  readonly level?: number;
}

/** A projected amount or moment. The bounds are null below three intervals; an exhaustion without a last moment has `upper` null. */
export interface Projection {
  readonly mean: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * `over`: even the lower bound of the period's spend passes the budget; `under`: even the upper one does not; `unsure`: the interval
 * holds the budget, or there is none. `exhausted`: nothing is left.
 */
export type PaceVerdict = 'exhausted' | 'over' | 'under' | 'unsure';

export interface BudgetPace {
  readonly verdict: PaceVerdict;
  readonly reason: string;
  readonly remainingUsd: number;
  /** Share of the budget spent over share of the period gone: above 1 is over pace. Null at the period's first moment. */
  readonly paceRatio: number | null;
  /** Rate of spending now; null when nothing tells it. */
  readonly rateUsdPerHour: number | null;
  readonly trend: 'level' | 'rising' | 'falling';
  /** The rate that spends just what is left by the period's end; null at its last moment. */
  readonly safeRateUsdPerHour: number | null;
  /** What the period will have cost at its end; null when no rate is known. */
  readonly projectedUsd: Projection | null;
  /** When the budget runs out, Unix ms, though it be after the period's end; null when it has, or not within ten periods. */
  readonly exhaustedAtMs: Projection | null;
}

const HOUR_MS = 3_600_000;
/** Exhaustion is looked for this many periods ahead. */
const PERIODS_AHEAD = 10;

const requireInput = (input: BudgetInput): void => {
  requirePositive('budgetUsd', input.budgetUsd);
  if (!(input.spentUsd >= 0 && input.spentUsd < Infinity)) {
    throw new RangeError(`spentUsd must be a finite number from 0, got ${input.spentUsd}`);
  }
  requireFinite('periodStartMs', input.periodStartMs);
  requireFinite('periodEndMs', input.periodEndMs);
  requireFinite('nowMs', input.nowMs);
  requirePositive('intervalMs', input.intervalMs);
  requireOpenUnit('level', input.level ?? 0.95);
  if (!(input.periodEndMs > input.periodStartMs)) {
    throw new RangeError(
      `periodEndMs must be after periodStartMs (${input.periodStartMs}), got ${input.periodEndMs}`,
    );
  }
  if (!(input.nowMs >= input.periodStartMs && input.nowMs <= input.periodEndMs)) {
    throw new RangeError(`nowMs must be within the period, got ${input.nowMs}`);
  }
  input.spendUsd.forEach((usd, i) => {
    if (!(usd >= 0 && usd < Infinity)) {
      throw new RangeError(`spendUsd[${i}] must be a finite number from 0, got ${usd}`);
    }
  });
};

const usd = (value: number): string => `${Number(value.toPrecision(4))} USD`;

const judge = (
  { budgetUsd }: BudgetInput,
  remainingUsd: number,
  projected: Projection | null,
): { readonly verdict: PaceVerdict; readonly reason: string } => {
  if (remainingUsd <= 0) return { verdict: 'exhausted', reason: `${usd(budgetUsd)} are spent` };
  if (projected === null) return { verdict: 'unsure', reason: 'no spend is known to project from' };
  const { mean, lower, upper } = projected;
  const expects = `${usd(mean)} expected by the end of the period`;
  if (lower === null || upper === null) {
    return { verdict: 'unsure', reason: `${expects} of ${usd(budgetUsd)}, too few intervals for bounds` };
  }
  const bounds = `${expects} (${usd(lower)} to ${usd(upper)})`;
  if (lower > budgetUsd) return { verdict: 'over', reason: `${bounds} > ${usd(budgetUsd)}` };
  if (upper <= budgetUsd) return { verdict: 'under', reason: `${bounds} <= ${usd(budgetUsd)}` };
  return { verdict: 'unsure', reason: `${bounds}, the budget of ${usd(budgetUsd)} lies between` };
};

const exhaustionOf = (model: RateModel, input: BudgetInput, remainingUsd: number): Projection | null => {
  const { nowMs, intervalMs, periodStartMs, periodEndMs } = input;
  const farthest = (PERIODS_AHEAD * (periodEndMs - periodStartMs)) / intervalMs;
  const at = (bound: 'mean' | 'lower' | 'upper'): number | null => {
    const intervals = firstReach((k) => model.totalAfter(k)[bound], remainingUsd, farthest);
    return intervals === null ? null : nowMs + intervals * intervalMs;
  };
  const mean = at('mean');
  // The upper bound of the spend gives the earliest moment.
  return mean === null ? null : { mean, lower: at('upper'), upper: at('lower') };
};

/**
 * The pace of a budget. The rate is level unless its slope differs from 0 at the 1 % level over the given intervals. Without any full
 * interval the period's mean rate so far stands in, without bounds.
 * @throws RangeError naming the field of the input.
 */
export const paceBudget = (input: BudgetInput): BudgetPace => {
  requireInput(input);
  const { budgetUsd, spentUsd, periodStartMs, periodEndMs, nowMs, spendUsd, intervalMs } = input;
  const remainingUsd = budgetUsd - spentUsd;
  const [goneMs, leftMs] = [nowMs - periodStartMs, periodEndMs - nowMs];
  const soFar = goneMs > 0 ? (spentUsd / goneMs) * intervalMs : null;
  const model = rateModel(spendUsd, soFar, input.level ?? 0.95);
  const total = model?.totalAfter(leftMs / intervalMs) ?? null;
  const projectedUsd =
    total === null
      ? null
      : {
          mean: spentUsd + total.mean,
          lower: total.lower === null ? null : spentUsd + total.lower,
          upper: total.upper === null ? null : spentUsd + total.upper,
        };
  return {
    ...judge(input, remainingUsd, projectedUsd),
    remainingUsd,
    paceRatio: goneMs > 0 ? spentUsd / budgetUsd / (goneMs / (periodEndMs - periodStartMs)) : null,
    rateUsdPerHour: model === null ? null : (model.rate / intervalMs) * HOUR_MS,
    trend: model?.trend ?? 'level',
    safeRateUsdPerHour: leftMs > 0 ? (Math.max(0, remainingUsd) / leftMs) * HOUR_MS : null,
    projectedUsd,
    exhaustedAtMs: model === null || remainingUsd <= 0 ? null : exhaustionOf(model, input, remainingUsd),
  };
};
