/** The learned router: all models' answers to the training requests, the price of quality chosen within them. */
import { routeRequest, trainRouter, type Router, type RoutingOutcome } from '../../../src/decision/index.ts';
import type { Random } from '../../../src/math/index.ts';
import type { Query, RecordedQueries } from './data.ts';
import type { Chooser } from './held-out.ts';

export const outcomesOf = (
  queries: readonly Query[],
  { models }: Pick<RecordedQueries, 'models'>,
): readonly RoutingOutcome[] =>
  queries.flatMap(({ queryId, features, answers }) =>
    answers.map(({ quality, costUsd }, k) => ({ queryId, features, model: models[k]!, quality, costUsd })),
  );

/** @throws Error when there are too few outcomes, which does not happen on halves of the recordings. */
export const trainedRouter = (
  train: readonly Query[],
  { models, incumbent, encoding }: RecordedQueries,
  random: Random,
  safety?: number,
): Router => {
  const trained = trainRouter(
    outcomesOf(train, { models }),
    { encoding, models, incumbent: models[incumbent]!, ...(safety !== undefined && { safety }) },
    random,
  );
  if (!trained.ok) throw new Error(trained.reason);
  return trained.value;
};

export const routedBy = (router: Router, { models, encoding }: RecordedQueries): Chooser => {
  const place = new Map(models.map((model, k) => [model, k]));
  return ({ features }) => place.get(routeRequest(router, { encoding, features }).model)!;
};
