/** Recorded outcomes as a table of requests by models, checked: what routers are trained on and compared by. */
import { requireFromZero } from '../reward/require.ts';
import type { Outcomes } from './boosting/loss.ts';

/** One request answered by one model: its features before it was answered, quality 0..1, cost in USD. */
export interface RoutingOutcome {
  readonly queryId: string;
  readonly features: readonly number[];
  readonly model: string;
  readonly quality: number;
  readonly costUsd: number;
}

/** Rows are requests in the order of their ids, columns models; null where a model did not answer. */
export interface OutcomeTable {
  readonly queryIds: readonly string[];
  readonly x: readonly (readonly number[])[];
  readonly quality: readonly Outcomes[];
  readonly costUsd: readonly Outcomes[];
}

/** @throws RangeError naming `models` or `incumbent`. */
export const requireModels = (models: readonly string[], incumbent: string): void => {
  if (models.length < 2 || new Set(models).size !== models.length) {
    throw new RangeError(`models must be two or more, each once, got ${models.join(', ')}`);
  }
  if (!models.includes(incumbent)) throw new RangeError(`incumbent must be one of models, got ${incumbent}`);
};

const requireOutcome = (at: string, { features, quality, costUsd }: RoutingOutcome): void => {
  if (!(quality >= 0 && quality <= 1))
    throw new RangeError(`${at}.quality must be from 0 to 1, got ${quality}`);
  requireFromZero(`${at}.costUsd`, costUsd);
  const bad = features.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1)
    throw new RangeError(`${at}.features[${bad}] must be a finite number, got ${features[bad]}`);
};

interface Row {
  readonly features: readonly number[];
  readonly quality: (number | null)[];
  readonly costUsd: (number | null)[];
}

const sameFeatures = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((value, i) => value === b[i]));

/**
 * The table of the outcomes of `models`; those of other models are passed over.
 * @throws RangeError naming `outcomes`: a value out of its range, a model's second answer to a request, features that are not those that the request
 * had before, or of another length than those of the first outcome.
 */
export const tableOf = (outcomes: readonly RoutingOutcome[], models: readonly string[]): OutcomeTable => {
  const columns = new Map(models.map((model, k) => [model, k]));
  const rows = new Map<string, Row>();
  outcomes.forEach((outcome, i) => {
    const at = `outcomes[${i}]`;
    requireOutcome(at, outcome);
    const { queryId, features, quality, costUsd } = outcome;
    if (features.length !== outcomes[0]!.features.length) {
      throw new RangeError(
        `${at}.features must be ${outcomes[0]!.features.length} as in the first, got ${features.length}`,
      );
    }
    const column = columns.get(outcome.model);
    if (column === undefined) return;
    const row = rows.get(queryId) ?? {
      features,
      quality: models.map(() => null),
      costUsd: models.map(() => null),
    };
    if (!sameFeatures(row.features, features)) {
      throw new RangeError(`${at}.features must be those that ${queryId} had before`);
    }
    if (row.quality[column] !== null) {
      throw new RangeError(`${at} must be the only answer of ${outcome.model} to ${queryId}`);
    }
    row.quality[column] = quality;
    row.costUsd[column] = costUsd;
    rows.set(queryId, row);
  });
  const queryIds = [...rows.keys()].sort();
  const inOrder = queryIds.map((id) => rows.get(id)!);
  return {
    queryIds,
    x: inOrder.map(({ features }) => features),
    quality: inOrder.map(({ quality }) => quality),
    costUsd: inOrder.map(({ costUsd }) => costUsd),
  };
};

/** Some rows of a table. */
export const rowsOf = (table: OutcomeTable, rows: readonly number[]): OutcomeTable => ({
  queryIds: rows.map((i) => table.queryIds[i]!),
  x: rows.map((i) => table.x[i]!),
  quality: rows.map((i) => table.quality[i]!),
  costUsd: rows.map((i) => table.costUsd[i]!),
});
