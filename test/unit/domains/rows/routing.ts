/** Features and learned routing. What an encoding refuses of a request is in its own tests. */
import * as fc from 'fast-check';
import { featuresV1 } from '../../../../src/bandits/index.ts';
import {
  calibrationOf,
  retrainRouter,
  routeRequest,
  trainRouter,
  type Prediction,
  type RoutingOutcome,
} from '../../../../src/decision/index.ts';
import { BOOST_OPTIONS, type BoostOptions } from '../../../../src/decision/routing/boosting/boost.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { ENCODING, MODELS, outcomesOf } from '../../decision/routing/world.ts';
import { domainRow, notBetween, notFinite, notFrom, notWholeFrom, type DomainRow } from '../row.ts';

const OUTCOMES = outcomesOf(1, 40);
const BOOSTING: BoostOptions = { ...BOOST_OPTIONS, trees: 2 };
const OPTIONS = { encoding: ENCODING, models: MODELS, incumbent: 'large', boosting: BOOSTING, folds: 2 };

const trained = trainRouter(OUTCOMES, OPTIONS, randomFromSeed(1));
if (!trained.ok) throw new Error(trained.reason);
const ROUTER = trained.value;

const badNames = fc.constantFrom(['a', 'a'], [''], ['other'], 'ab', [3]);
const badOutcomes = fc
  .oneof(
    fc.record({ quality: notBetween(0, 1) }),
    fc.record({ costUsd: notFrom(0) }),
    fc.record({ features: fc.constantFrom([], [1], [1, 2, 3]) }),
    fc.record({ features: notFinite.map((value) => [0.5, value]) }),
    fc.constant({ queryId: 'q0' }),
  )
  .map((bad) => OUTCOMES.map((outcome, i) => (i === 3 ? { ...outcome, ...bad } : outcome)));
const badModels = fc.constantFrom([], ['large'], ['large', 'large']);
const badOptions = {
  outcomes: badOutcomes,
  models: badModels,
  incumbent: fc.constantFrom('', 'unknown'),
  tolerance: notBetween(0, 1),
  safety: notFrom(0),
  folds: fc.oneof(notWholeFrom(2), fc.constant(21)),
  depth: notWholeFrom(1),
  shrinkage: fc.oneof(notBetween(0, 1), fc.constant(0)),
};

type Training = {
  readonly outcomes: readonly RoutingOutcome[];
  readonly encoding: string;
  readonly models: readonly string[];
  readonly incumbent: string;
  readonly tolerance: number;
  readonly safety: number;
  readonly folds: number;
  readonly depth: number;
  readonly shrinkage: number;
};

const good: Training = {
  outcomes: OUTCOMES,
  encoding: ENCODING,
  models: MODELS,
  incumbent: 'large',
  tolerance: 0.05,
  safety: 0.5,
  folds: 2,
  depth: 2,
  shrinkage: 0.1,
};

export const rows: readonly DomainRow[] = [
  domainRow({
    name: 'featuresV1',
    call: featuresV1,
    good: { taskTypes: ['a'], regions: [], userTiers: ['b', 'c'] },
    bad: { taskTypes: badNames, regions: badNames, userTiers: badNames },
  }),
  domainRow({
    name: 'calibrationOf',
    call: ({ predictions }: { predictions: readonly Prediction[] }) => calibrationOf(predictions),
    good: { predictions: [{ predicted: 0.4, outcome: 1 }] },
    bad: {
      predictions: fc
        .oneof(fc.record({ predicted: notBetween(0, 1) }), fc.record({ outcome: notBetween(0, 1) }))
        .map((bad) => [{ predicted: 0.4, outcome: 1, ...bad }]),
    },
  }),
  domainRow({
    name: 'trainRouter',
    call: ({ outcomes, depth, shrinkage, ...options }: Training) =>
      trainRouter(outcomes, { ...options, boosting: { ...BOOSTING, depth, shrinkage } }, randomFromSeed(1)),
    good,
    bad: { ...badOptions, encoding: fc.constant('') },
  }),
  domainRow({
    name: 'retrainRouter',
    call: ({
      outcomes,
      depth,
      shrinkage,
      ...options
    }: Omit<Training, 'encoding'> & { holdOutShare: number; alpha: number }) =>
      retrainRouter(
        ROUTER,
        outcomes,
        { ...options, boosting: { ...BOOSTING, depth, shrinkage } },
        randomFromSeed(1),
      ),
    good: { ...good, holdOutShare: 0.4, alpha: 0.05 },
    bad: { ...badOptions, holdOutShare: notBetween(0, 1, 'open'), alpha: notBetween(0, 1, 'open') },
  }),
  domainRow({
    name: 'routeRequest',
    call: (request: { encoding: string; features: readonly number[]; available: readonly string[] }) =>
      routeRequest(ROUTER, request),
    good: { encoding: ENCODING, features: [0.5, 0.5], available: MODELS },
    bad: {
      encoding: fc.constantFrom('', 'another'),
      features: fc.oneof(
        notFinite.map((value) => [0.5, value]),
        fc.constantFrom([], [1], [1, 2, 3]),
      ),
      available: fc.constantFrom([], ['unknown']),
    },
  }),
];
