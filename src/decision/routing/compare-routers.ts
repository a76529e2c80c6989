/** Two routers on the same requests, which neither has learned from. It judges nothing. */
import { normalQuantile } from '../../math/special.ts';
import { calibrationOf, type Calibration } from './calibration.ts';
import { expectAt } from './cross-fit.ts';
import { rowsOf, type OutcomeTable } from './outcome-table.ts';
import type { Router } from './router.ts';
import { differenceOf, pickRoute, ROUTING_MIN_QUERIES, type RoutedDifference } from './trade-off.ts';

/** Retrained minus current, on requests that neither has seen. Worth is quality - price x cost at the current router's price (the new one's where it has none). */
export interface RouterComparison extends RoutedDifference {
  readonly qualityPerUsd: number;
  readonly worthDifference: number;
  /** One-sided lower bound of it at 1 - alpha: above 0, the new one is kept. */
  readonly worthLower: number;
  readonly calibration: { readonly current: Calibration; readonly retrained: Calibration };
}

const choicesOf = (router: Router, table: OutcomeTable): readonly string[] => {
  const incumbent = router.models.indexOf(router.incumbent);
  const { qualityPerUsd, tolerance } = router;
  return table.x.map(
    (x) => router.models[pickRoute(expectAt(router, x), { incumbent, qualityPerUsd, tolerance })]!,
  );
};

/** Of the expected qualities of the models in `columns`, on the outcomes of the table. */
const calibrationOn = (
  router: Router,
  table: OutcomeTable,
  columns: readonly string[],
): Calibration | null => {
  const predictions = table.x.flatMap((x, i) => {
    const { quality } = expectAt(router, x);
    return router.models.flatMap((model, k) => {
      const outcome = table.quality[i]![columns.indexOf(model)] ?? null;
      return outcome === null ? [] : [{ predicted: quality[k]!, outcome }];
    });
  });
  const found = calibrationOf(predictions);
  return found.ok ? found.value : null;
};

const worthOf = (quality: number | null, costUsd: number | null, price: number): number | null =>
  quality === null || costUsd === null ? null : quality - price * costUsd;

/**
 * Compares two routers on the requests of the table that both chosen models answered; null with fewer than `ROUTING_MIN_QUERIES` of them.
 * `columns` are the models of the table.
 */
export const compareRouters = (
  current: Router,
  retrained: Router,
  table: OutcomeTable,
  columns: readonly string[],
  alpha: number,
): RouterComparison | null => {
  const [before, after] = [current, retrained].map((router) =>
    choicesOf(router, table).map((model) => columns.indexOf(model)),
  ) as [number[], number[]];
  const rows = table.x.flatMap((_, i) =>
    [before, after].every((chosen) => (table.quality[i]![chosen[i]!] ?? null) !== null) ? [i] : [],
  );
  if (rows.length < ROUTING_MIN_QUERIES) return null;
  const part = rowsOf(table, rows);
  const [old, fresh] = [rows.map((i) => before[i]!), rows.map((i) => after[i]!)];
  const price = current.qualityPerUsd ?? retrained.qualityPerUsd ?? 0;
  const worth = {
    ...part,
    quality: part.quality.map((q, i) => q.map((it, k) => worthOf(it, part.costUsd[i]![k]!, price))),
  };
  const { qualityDifference: worthDifference, standardError } = differenceOf(worth, fresh, old);
  const calibrations = [current, retrained].map((router) => calibrationOn(router, part, columns));
  return {
    ...differenceOf(part, fresh, old),
    qualityPerUsd: price,
    worthDifference,
    worthLower: worthDifference - normalQuantile(1 - alpha) * standardError,
    calibration: { current: calibrations[0]!, retrained: calibrations[1]! },
  };
};
