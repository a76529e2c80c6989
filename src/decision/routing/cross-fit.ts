/**
 * Predictors of quality and cost per model, with what they would have said of requests that they did not learn from: each fold is predicted by trees of
 * the others. All that is chosen afterwards (the trade-off, whether to believe the rates at all) is chosen on those predictions.
 */
import type { Random } from '../../math/random.ts';
import { boost, predict, truncated, type BoostedTrees, type BoostOptions } from './boosting/boost.ts';
import type { BoostTarget, Outcomes } from './boosting/loss.ts';
import type { OutcomeTable } from './outcome-table.ts';

/** Expected quality (0..1) and cost (USD, from 0) of every model for one request. */
export interface Expectation {
  readonly quality: readonly number[];
  readonly costUsd: readonly number[];
}

export interface Predictors {
  readonly quality: BoostedTrees;
  readonly cost: BoostedTrees;
}

/** `outOfFold[i]` is what was expected of row i by trees that had not seen it. */
export interface CrossFit {
  readonly predictors: Predictors;
  readonly outOfFold: readonly Expectation[];
}

/** What the predictors expect. Squared loss knows no bounds, so a cost may have to be kept from falling below 0. */
export const expectAt = ({ quality, cost }: Predictors, x: readonly number[]): Expectation => ({
  quality: predict(quality, x),
  costUsd: predict(cost, x).map((value) => Math.max(0, value)),
});

const foldsOf = (rows: number, folds: number, random: Random): readonly number[] => {
  const order = Array.from({ length: rows }, (_, i) => i);
  for (let i = rows - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const fold = order.slice();
  order.forEach((row, at) => (fold[row] = at % folds));
  return fold;
};

/** The count of trees at which the folds' losses, added up, are least; the lower one of a tie. */
const bestCount = (losses: readonly (readonly number[])[]): number => {
  const totals = losses[0]!.map((_, t) => losses.reduce((sum, curve) => sum + curve[t]!, 0));
  return totals.indexOf(Math.min(...totals));
};

const fitOne = (
  target: BoostTarget,
  x: readonly (readonly number[])[],
  y: readonly Outcomes[],
  fold: readonly number[],
  options: BoostOptions,
  random: Random,
): { readonly model: BoostedTrees; readonly outOfFold: readonly (readonly number[])[] } => {
  const partOf = (wanted: (fold: number) => boolean) => {
    const rows = x.flatMap((_, i) => (wanted(fold[i]!) ? [i] : []));
    return { rows, x: rows.map((i) => x[i]!), y: rows.map((i) => y[i]!) };
  };
  const fits = [...new Set(fold)].map((one) => {
    const held = partOf((it) => it === one);
    const fitted = boost(
      target,
      partOf((it) => it !== one),
      held,
      options,
      random,
    );
    return { held, ...fitted };
  });
  const trees = bestCount(fits.map(({ heldLoss }) => heldLoss));
  const outOfFold: (readonly number[])[] = x.map(() => []);
  for (const { held, model } of fits) {
    held.rows.forEach((row) => (outOfFold[row] = predict(truncated(model, trees), x[row]!)));
  }
  return { model: boost(target, { x, y }, null, { ...options, trees }, random).model, outOfFold };
};

/** Fits both predictors on all rows, as many trees each as served the held-out folds best. */
export const crossFit = (
  table: OutcomeTable,
  folds: number,
  options: BoostOptions,
  random: Random,
): CrossFit => {
  const fold = foldsOf(table.x.length, folds, random);
  const quality = fitOne('rate', table.x, table.quality, fold, options, random);
  const cost = fitOne('mean', table.x, table.costUsd, fold, options, random);
  return {
    predictors: { quality: quality.model, cost: cost.model },
    outOfFold: quality.outOfFold.map((rates, i) => ({
      quality: rates,
      costUsd: cost.outOfFold[i]!.map((value) => Math.max(0, value)),
    })),
  };
};
