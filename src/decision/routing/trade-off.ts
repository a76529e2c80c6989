/**
 * What a dollar must buy: of the models that are not expected to be much worse than the incumbent on a request, the one of the greatest
 * quality - price x cost. One price for all requests spends money where it buys most quality, which a bound on quality per request does not:
 * on the recorded outcomes it saved 4 to 8 points more at about the same quality.
 *
 * The price is chosen on requests that the predictors have not seen, as the one that saves most while the paired quality, less `safety`
 * standard errors of it, is not below the incumbent's. Never on the data that the result is reported on.
 */
import type { Expectation } from './cross-fit.ts';
import type { Outcomes } from './boosting/loss.ts';
import type { OutcomeTable } from './outcome-table.ts';

/** Fewer requests that every model answered than this choose no price. */
export const ROUTING_MIN_QUERIES = 30;

/** How a route is chosen; `qualityPerUsd` null sends everything to the incumbent. */
export interface RouteRule {
  readonly incumbent: number;
  /** Quality (0..1) that one USD more must buy. */
  readonly qualityPerUsd: number | null;
  /** A model expected to be worse than the incumbent by more than this on a request does not get it. */
  readonly tolerance: number;
}

/** The model's column; the incumbent, or the best expected, when it may not be used. Ties go to the lowest. */
export const pickRoute = (
  { quality, costUsd }: Expectation,
  { incumbent, qualityPerUsd, tolerance }: RouteRule,
  available: readonly boolean[] | null = null,
): number => {
  if (qualityPerUsd === null && available?.[incumbent] !== false) return incumbent;
  const floor = quality[incumbent]! - tolerance;
  let [worthiest, worth, best] = [-1, -Infinity, -1];
  for (let k = 0; k < quality.length; k++) {
    if (available?.[k] === false) continue;
    if (best === -1 || quality[k]! > quality[best]!) best = k;
    const worthHere = quality[k]! - (qualityPerUsd ?? 0) * costUsd[k]!;
    if (quality[k]! >= floor && worthHere > worth) [worthiest, worth] = [k, worthHere];
  }
  return worthiest === -1 ? best : worthiest;
};

/** Routed minus incumbent over the same requests. */
export interface RoutedDifference {
  readonly queries: number;
  readonly qualityDifference: number;
  /** Of the paired difference; 0 below two requests. */
  readonly standardError: number;
  /** Share of the incumbent's cost; below 0 when more was spent. 0 when the incumbent cost nothing. */
  readonly savedShare: number;
}

/** What the choices were worth beside those of another column or list of columns. */
export const differenceOf = (
  table: { readonly quality: readonly Outcomes[]; readonly costUsd: readonly Outcomes[] },
  chosen: readonly number[],
  other: readonly number[],
): RoutedDifference => {
  const n = chosen.length;
  const gaps = chosen.map((k, i) => table.quality[i]![k]! - table.quality[i]![other[i]!]!);
  const mean = n === 0 ? 0 : gaps.reduce((sum, gap) => sum + gap, 0) / n;
  const m2 = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0);
  const costOf = (columns: readonly number[]): number =>
    columns.reduce((sum, k, i) => sum + table.costUsd[i]![k]!, 0);
  const before = costOf(other);
  return {
    queries: n,
    qualityDifference: mean,
    standardError: n < 2 ? 0 : Math.sqrt(m2 / (n - 1) / n),
    savedShare: before > 0 ? 1 - costOf(chosen) / before : 0,
  };
};

/** The trade-off that was chosen, with what it did on the requests it was chosen on: slightly flattered, since it is the best of `PRICES`. */
export interface TradeOff {
  readonly qualityPerUsd: number | null;
  readonly difference: RoutedDifference;
}

/** Prices tried, in units of 1 / (mean cost of the incumbent): from next to nothing to three times all quality. */
const PRICES: readonly number[] = [0, ...Array.from({ length: 60 }, (_, i) => 0.0015 * 2000 ** (i / 59))];
const ROUNDING = 1e-12;

/** The price that saves most at no loss; null where none saves anything, or too few requests were answered by all. */
export const chooseTradeOff = (
  table: OutcomeTable,
  expected: readonly Expectation[],
  {
    incumbent,
    tolerance,
    safety,
  }: { readonly incumbent: number; readonly tolerance: number; readonly safety: number },
): TradeOff => {
  const rows = table.quality.flatMap((outcomes, i) => (outcomes.includes(null) ? [] : [i]));
  const part = { quality: rows.map((i) => table.quality[i]!), costUsd: rows.map((i) => table.costUsd[i]!) };
  const stay = rows.map(() => incumbent);
  let best: TradeOff = { qualityPerUsd: null, difference: differenceOf(part, stay, stay) };
  if (rows.length < ROUTING_MIN_QUERIES) return best;
  const meanCost = part.costUsd.reduce((sum, costs) => sum + costs[incumbent]!, 0) / rows.length;
  if (meanCost === 0) return best;
  for (const unit of PRICES) {
    const qualityPerUsd = unit / meanCost;
    const rule = { incumbent, qualityPerUsd, tolerance };
    const chosen = rows.map((i) => pickRoute(expected[i]!, rule));
    const difference = differenceOf(part, chosen, stay);
    const proven = difference.qualityDifference - safety * difference.standardError >= -ROUNDING;
    if (proven && difference.savedShare > best.difference.savedShare) best = { qualityPerUsd, difference };
  }
  return best;
};
