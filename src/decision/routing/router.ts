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
import { crossFit } from './cross-fit.ts';
import { requireModels, tableOf, type OutcomeTable, type RoutingOutcome } from './outcome-table.ts';
import { queryMark } from './query-mark.ts';
import { chooseTradeOff, ROUTING_MIN_QUERIES, type RoutedDifference } from './trade-off.ts';

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
