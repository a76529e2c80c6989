/**
 * Which model a request should go to, learned from recorded outcomes of all of them: boosted trees expect quality and cost of each model from
 * the request's features, and one price, chosen on requests held out, trades them. It proposes: live traffic and the guardrails have the last word.
 */
import { defined, undefinedBecause, type Statistic } from '../../analysis/result.ts';
import type { Random } from '../../math/random.ts';
import { requireClosedUnit, requireWhole } from '../../math/require.ts';
import { requireFromZero } from '../reward/require.ts';
import {
  BOOST_OPTIONS,
  requireBoostOptions,
  type BoostedTrees,
  type BoostOptions,
} from './boosting/boost.ts';
import { calibrationOf, type Calibration } from './calibration.ts';
import { crossFit, expectAt } from './cross-fit.ts';
import { requireModels, tableOf, type OutcomeTable, type RoutingOutcome } from './outcome-table.ts';
import { queryMark } from './query-mark.ts';
import { chooseTradeOff, pickRoute, ROUTING_MIN_QUERIES, type RoutedDifference } from './trade-off.ts';

/** A trained router; plain JSON. */
export interface Router {
  readonly version: 1;
  /** Id of the feature encoding it was trained on. */
  readonly encoding: string;
  readonly models: readonly string[];
  readonly incumbent: string;
  readonly quality: BoostedTrees;
  readonly cost: BoostedTrees;
  readonly qualityPerUsd: number | null;
  readonly tolerance: number;
  /** Of the expected qualities, on requests that were not learned from. */
  readonly calibration: Calibration;
  /** Against the incumbent, on the requests that the price was chosen on. */
  readonly validation: RoutedDifference;
  /** Marks (32-bit hashes, ascending) of every request that it or the choice of it has seen. */
  readonly seen: readonly number[];
}

export interface RouterOptions {
  readonly encoding: string;
  readonly models: readonly string[];
  readonly incumbent: string;
  /** Largest expected drop below the incumbent on one request, 0..1; .05 when left out. */
  readonly tolerance?: number;
  /**
   * Standard errors that the paired quality must stay above the incumbent's by when the price is chosen, from 0; .5 when left out. Learned on halves of the
   * recorded outcomes, 0, .5 and 1 saved 68, 62 and 49 % on the other half, with less quality than the incumbent there in 40, 15 and 15 % of 20 halves.
   */
  readonly safety?: number;
  /** Parts that the outcomes are cut into, each predicted from the others, 2 to 20; 5 when left out. */
  readonly folds?: number;
  readonly boosting?: BoostOptions;
}

/** @throws RangeError naming the option. */
export const requireRouterOptions = ({
  encoding,
  models,
  incumbent,
  tolerance = 0.05,
  safety = 0.5,
  folds = 5,
  boosting = BOOST_OPTIONS,
}: RouterOptions): Required<RouterOptions> => {
  if (encoding === '') throw new RangeError('encoding must not be empty');
  requireModels(models, incumbent);
  requireClosedUnit('tolerance', tolerance);
  requireFromZero('safety', safety);
  requireWhole('folds', folds, 2);
  if (folds > 20) throw new RangeError(`folds must be a whole number from 2 to 20, got ${folds}`);
  requireBoostOptions(boosting);
  return { encoding, models, incumbent, tolerance, safety, folds, boosting };
};

/** Trains on a table that is known to be good. */
export const trainOnTable = (
  table: OutcomeTable,
  options: Required<RouterOptions>,
  random: Random,
): Statistic<Router> => {
  const { encoding, models, incumbent, tolerance, safety, folds, boosting } = options;
  const fewest = Math.min(
    ...models.map((_, k) => table.quality.filter((outcomes) => outcomes[k] !== null).length),
  );
  if (fewest < ROUTING_MIN_QUERIES) {
    return undefinedBecause(`fewer than ${ROUTING_MIN_QUERIES} outcomes of a model`);
  }
  const { predictors, outOfFold } = crossFit(table, folds, boosting, random);
  const at = models.indexOf(incumbent);
  const { qualityPerUsd, difference } = chooseTradeOff(table, outOfFold, {
    incumbent: at,
    tolerance,
    safety,
  });
  const predictions = table.quality.flatMap((outcomes, i) =>
    outcomes.flatMap((outcome, k) =>
      outcome === null ? [] : [{ predicted: outOfFold[i]!.quality[k]!, outcome }],
    ),
  );
  const calibration = calibrationOf(predictions);
  if (!calibration.ok) return calibration;
  return defined({
    version: 1,
    encoding,
    models,
    incumbent,
    ...predictors,
    qualityPerUsd,
    tolerance,
    calibration: calibration.value,
    validation: difference,
    seen: [...new Set(table.queryIds.map(queryMark))].sort((a, b) => a - b),
  });
};

/**
 * Trains a router. The same outcomes (in any order), options and `random` give the same one. Undefined with fewer than `ROUTING_MIN_QUERIES` outcomes of a model.
 * A request that not all models answered teaches the predictors, but does not help to choose the price.
 * @throws RangeError naming `outcomes`, `encoding`, `models`, `incumbent`, `tolerance`, `safety`, `folds` or an option of `boosting`.
 */
export const trainRouter = (
  outcomes: readonly RoutingOutcome[],
  options: RouterOptions,
  random: Random,
): Statistic<Router> => {
  const checked = requireRouterOptions(options);
  return trainOnTable(tableOf(outcomes, checked.models), checked, random);
};

/** Where a request goes, and what is expected of it there and at the incumbent. */
export interface Route {
  readonly model: string;
  readonly reason: string;
  readonly expectedQuality: number;
  readonly expectedCostUsd: number;
  readonly incumbentQuality: number;
  readonly incumbentCostUsd: number;
}

const reasonOf = (router: Router, route: Omit<Route, 'reason'>): string => {
  if (route.model === router.incumbent) {
    return router.qualityPerUsd === null
      ? 'no trade-off kept the quality of the incumbent'
      : 'nothing is worth more';
  }
  const points = (route.expectedQuality - route.incumbentQuality) * 100;
  const usd = (value: number): string => Number(value.toPrecision(3)).toString();
  return (
    `quality ${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(1)} points of ${router.incumbent}, ` +
    `cost ${usd(route.expectedCostUsd)} USD (${usd(route.incumbentCostUsd)})`
  );
};

/**
 * Routes one request. A pure lookup of some microseconds.
 * @param request.available the models that may be used now; all when left out. Without the incumbent, or without any model within the tolerance,
 * the best one that is left.
 * @throws RangeError naming `encoding` when the features come from another one, `features`, or `available` when no known model is left.
 */
export const routeRequest = (
  router: Router,
  {
    encoding,
    features,
    available,
  }: {
    readonly encoding: string;
    readonly features: readonly number[];
    readonly available?: readonly string[];
  },
): Route => {
  if (encoding !== router.encoding) {
    throw new RangeError(
      `encoding must be ${router.encoding}, which the router was trained on, got ${encoding}`,
    );
  }
  if (features.length !== router.quality.features || !features.every((value) => Number.isFinite(value))) {
    throw new RangeError(
      `features must be ${router.quality.features} finite numbers, got ${JSON.stringify(features)}`,
    );
  }
  const open = available === undefined ? null : router.models.map((model) => available.includes(model));
  if (open?.includes(true) === false)
    throw new RangeError('available must hold a model that the router knows');
  const expected = expectAt(router, features);
  const incumbent = router.models.indexOf(router.incumbent);
  const { qualityPerUsd, tolerance } = router;
  const chosen = pickRoute(expected, { incumbent, qualityPerUsd, tolerance }, open);
  const route = {
    model: router.models[chosen]!,
    expectedQuality: expected.quality[chosen]!,
    expectedCostUsd: expected.costUsd[chosen]!,
    incumbentQuality: expected.quality[incumbent]!,
    incumbentCostUsd: expected.costUsd[incumbent]!,
  };
  return { ...route, reason: reasonOf(router, route) };
};
