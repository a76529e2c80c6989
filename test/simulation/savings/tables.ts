/** Choices that are a table: one model for all requests, one per task type, and the oracle that no one can have. */
import { chooseCandidate } from '../../../src/decision/index.ts';
import type { Query, RecordedQueries } from './data.ts';
import type { Chooser } from './held-out.ts';

/** The product's own choice on some requests: the cheapest model whose paired quality there is not below the incumbent's. */
const chosenOn = (queries: readonly Query[], { models, incumbent }: RecordedQueries): number => {
  const { chosen } = chooseCandidate({
    incumbent: models[incumbent]!,
    candidates: models,
    outcomes: Object.fromEntries(
      models.map((model, k) => [model, queries.map(({ answers }) => answers[k]!)]),
    ),
  });
  return chosen === null ? incumbent : models.indexOf(chosen);
};

export const staticChoice = (train: readonly Query[], recorded: RecordedQueries): Chooser => {
  const model = chosenOn(train, recorded);
  return () => model;
};

export const perTaskChoice = (train: readonly Query[], recorded: RecordedQueries): Chooser => {
  const types = [...new Set(train.map(({ taskType }) => taskType))];
  const table = new Map(
    types.map((type) => [
      type,
      chosenOn(
        train.filter(({ taskType }) => taskType === type),
        recorded,
      ),
    ]),
  );
  return ({ taskType }) => table.get(taskType) ?? recorded.incumbent;
};

/** The cheapest model that is right; the cheapest of all where none is. Reads the answers, so it is a bound and not a method. */
export const oracle: Chooser = ({ answers }) => {
  const best = Math.max(...answers.map(({ quality }) => quality));
  return answers.reduce(
    (chosen, { quality, costUsd }, k) =>
      quality === best && (answers[chosen]!.quality < best || costUsd < answers[chosen]!.costUsd)
        ? k
        : chosen,
    0,
  );
};
