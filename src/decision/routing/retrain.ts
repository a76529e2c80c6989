/**
 * A router from new outcomes, kept only if it is better than the one in use on requests that neither has seen. An equal one is not kept: a change costs
 * trust, and a router that is swapped on noise drifts.
 */
import { requireOpenUnit } from '../../math/require.ts';
import type { Random } from '../../math/random.ts';
import { compareRouters, type RouterComparison } from './compare-routers.ts';
import { rowsOf, tableOf, type OutcomeTable, type RoutingOutcome } from './outcome-table.ts';
import { queryMark } from './query-mark.ts';
import { requireRouterOptions, trainOnTable, type Router, type RouterOptions } from './router.ts';
import { ROUTING_MIN_QUERIES } from './trade-off.ts';

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
  const comparison = compareRouters(current, trained.value, judge, columns, alpha);
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
