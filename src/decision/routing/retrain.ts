/**
 * A router from new outcomes, kept only if it is better than the one in use on requests that neither has seen. An equal one is not kept: a change costs
 * trust, and a router that is swapped on noise drifts.
 */
import { requireOpenUnit } from '../../math/require.ts';
import { normalQuantile } from '../../math/special.ts';
import type { Random } from '../../math/random.ts';
import { calibrationOf, type Calibration } from './calibration.ts';
import { expectAt } from './cross-fit.ts';
import { rowsOf, tableOf, type OutcomeTable, type RoutingOutcome } from './outcome-table.ts';
import { queryMark } from './query-mark.ts';
import { requireRouterOptions, trainOnTable, type Router, type RouterOptions } from './router.ts';
import { differenceOf, pickRoute, ROUTING_MIN_QUERIES, type RoutedDifference } from './trade-off.ts';

/** Retrained minus current, on requests that neither has seen. Worth is quality - price x cost at the current router's price (the new one's where it has none). */
export interface RouterComparison extends RoutedDifference {
  readonly qualityPerUsd: number;
  readonly worthDifference: number;
  /** One-sided lower bound of it at 1 - alpha: above 0, the new one is kept. */
  readonly worthLower: number;
  readonly calibration: { readonly current: Calibration; readonly retrained: Calibration };
}

/** `router` is the one to use from now on; either way it has seen all of these outcomes. */
export interface Retraining {
  readonly kept: 'current' | 'retrained';
  readonly reason: string;
  readonly comparison: RouterComparison | null;
  readonly router: Router;
}

export interface RetrainOptions extends Omit<RouterOptions, 'encoding'> {
  /** Share of the requests that are new to the current router which only judge, between 0 and 1; .4 when left out. */
  readonly holdOutShare?: number;
  /** Chance of keeping a new router that is no better, between 0 and 1; .05 when left out. */
  readonly alpha?: number;
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

const compare = (
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

const worthOf = (quality: number | null, costUsd: number | null, price: number): number | null =>
  quality === null || costUsd === null ? null : quality - price * costUsd;

const merged = (a: readonly number[], b: readonly number[]): readonly number[] =>
  [...new Set([...a, ...b])].sort((x, y) => x - y);

/**
 * Trains a router on `outcomes` and keeps it if it is better than `current`. Outcomes that the current router was trained on may be among them and are
 * learned from again; only requests that it has not seen can judge, and `holdOutShare` of those are kept from the new one too.
 * The models may have changed; the encoding may not, because one request must mean the same to both.
 * @throws RangeError naming `outcomes`, `models`, `incumbent`, `holdOutShare`, `alpha` or another option.
 */
export const retrainRouter = (
  current: Router,
  outcomes: readonly RoutingOutcome[],
  { holdOutShare = 0.4, alpha = 0.05, ...rest }: RetrainOptions,
  random: Random,
): Retraining => {
  requireOpenUnit('holdOutShare', holdOutShare);
  requireOpenUnit('alpha', alpha);
  const options = requireRouterOptions({ ...rest, encoding: current.encoding });
  const columns = [...new Set([...options.models, ...current.models])];
  const table = tableOf(outcomes, columns);
  if (table.x.length > 0 && table.x[0]!.length !== current.quality.features) {
    throw new RangeError(
      `outcomes[0].features must be ${current.quality.features} as the router's, got ${table.x[0]!.length}`,
    );
  }
  const known = new Set(current.seen);
  const isHeld = table.queryIds.map((id) => !known.has(queryMark(id)) && random.next() < holdOutShare);
  const [learn, judge] = [false, true].map((held) =>
    rowsOf(
      table,
      table.x.flatMap((_, i) => (isHeld[i] === held ? [i] : [])),
    ),
  ) as [OutcomeTable, OutcomeTable];
  const seen = merged(current.seen, table.queryIds.map(queryMark));
  const keep = (reason: string, comparison: RouterComparison | null): Retraining => ({
    kept: 'current',
    reason,
    comparison,
    router: { ...current, seen },
  });
  const own = options.models.map((model) => columns.indexOf(model));
  const narrowed = (rows: readonly (readonly (number | null)[])[]) =>
    rows.map((row) => own.map((k) => row[k]!));
  const trained = trainOnTable(
    { ...learn, quality: narrowed(learn.quality), costUsd: narrowed(learn.costUsd) },
    options,
    random,
  );
  if (!trained.ok) return keep(trained.reason, null);
  const comparison = compare(current, trained.value, judge, columns, alpha);
  if (comparison === null) {
    return keep(
      `fewer than ${ROUTING_MIN_QUERIES} requests that neither has seen and both chosen models answered`,
      null,
    );
  }
  if (!(comparison.worthLower > 0)) return keep('not better on requests that neither has seen', comparison);
  return {
    kept: 'retrained',
    reason: `worth ${comparison.worthDifference.toPrecision(3)} more a request over ${comparison.queries} requests that neither has seen`,
    comparison,
    router: { ...trained.value, seen },
  };
};
