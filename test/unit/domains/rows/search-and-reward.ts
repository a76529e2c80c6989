/** Search over a space, and rewards: `src/decision/search`, `src/decision/reward`. */
import * as fc from 'fast-check';
import {
  candidateRange,
  centeredDiscrepancy,
  configurationAt,
  drawConfigurations,
  dwellToUnit,
  gridOf,
  gridOver,
  isLatinHypercube,
  latinHypercube,
  maximinLatinHypercube,
  normalise,
  QUALITY_WEIGHTS,
  qualityPaidBy,
  ratingToUnit,
  requestAllowance,
  rewardV1,
  rewardV2,
  scoreQuality,
  smallestDistance,
  spreadConfigurations,
  type Dimension,
  type Normalization,
  type ObjectiveWeights,
} from '../../../../src/decision/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import {
  domainRow,
  notAbove,
  notBetween,
  notFinite,
  notFrom,
  notWholeFrom,
  withOneNotFinite,
  type DomainRow,
} from '../row.ts';

const random = () => randomFromSeed(1);
const space: readonly Dimension[] = [{ kind: 'uniform', name: 'topP', low: 0, high: 1 }];
const badSpace = fc.oneof(
  notFinite.map((low) => [{ kind: 'uniform', name: 'x', low, high: 1 }]),
  notFinite.map((high) => [{ kind: 'integer', name: 'x', low: 1, high }]),
  notAbove(0).map((low) => [{ kind: 'logUniform', name: 'x', low, high: 1 }]),
  fc.constantFrom<unknown>(
    [space[0], space[0]],
    [{ kind: 'categorical', name: 'x', values: [] }],
    [{ kind: 'integer', name: 'x', low: 0.5, high: 1 }],
    [{ kind: 'uniform', name: 'x', low: 2, high: 1 }],
  ),
);
const sample = [[0.2], [0.7]];
const badSample = fc.oneof(
  notBetween(0, 1).map((x) => [[0.2], [x]]),
  fc.constant([[0.2], [0.3, 0.4]]),
);
const scale: Normalization = { kind: 'range', low: 0.001, high: 0.01 };
const badScale = fc.oneof(
  notFrom(0).map((low) => ({ kind: 'range', low, high: 1 })),
  fc.oneof(notFinite, fc.constant(0.5)).map((high) => ({ kind: 'range', low: 0.5, high })),
  notAbove(0).map((limit) => ({ kind: 'budget', limit })),
);
const weights: ObjectiveWeights = { quality: 0.5, cost: 0.3, latency: 0.2 };
const badWeights = fc.oneof(
  notBetween(0, 1).map((cost) => ({ ...weights, cost })),
  fc.constantFrom<unknown>('cheap', { quality: 0.5, cost: 0.5, latency: 0.5 }),
);
const badQualityWeights = fc.oneof(
  notBetween(0, 1).map((explicit) => ({ ...QUALITY_WEIGHTS, explicit })),
  fc.constant({ ...QUALITY_WEIGHTS, explicit: 0.5 }),
);
const badRating = notBetween(1, 5);

export const rows: DomainRow[] = [
  domainRow({
    name: 'configurationAt',
    call: ({ space, shares }) => configurationAt(space, shares),
    good: { space, shares: [0.5] },
    bad: {
      space: badSpace,
      shares: fc.oneof(
        notBetween(0, 1).map((x) => [x]),
        fc.constantFrom([], [0.1, 0.2]),
      ),
    },
  }),
  domainRow({
    name: 'gridOf',
    call: ({ values }) => gridOf(values),
    good: { values: [[1, 2], [3]] as readonly (readonly number[])[] },
    bad: { values: fc.constant(Array.from({ length: 21 }, () => [0, 1])) },
  }),
  domainRow({
    name: 'gridOver',
    call: ({ space, levels }) => gridOver(space, levels),
    good: { space, levels: 3 },
    bad: { space: badSpace, levels: notWholeFrom(1) },
  }),
  domainRow({
    name: 'drawConfigurations',
    call: ({ space, n }) => drawConfigurations(space, n, random()),
    good: { space, n: 3 },
    bad: { space: badSpace, n: notWholeFrom(0) },
  }),
  domainRow({
    name: 'latinHypercube',
    call: ({ n, dimensions }) => latinHypercube(n, dimensions, random()),
    good: { n: 3, dimensions: 2 },
    bad: { n: fc.oneof(notWholeFrom(0), fc.constant(2_000_000)), dimensions: notWholeFrom(1) },
  }),
  domainRow({
    name: 'maximinLatinHypercube',
    call: ({ n, dimensions, candidates }) => maximinLatinHypercube(n, dimensions, random(), candidates),
    good: { n: 3, dimensions: 2, candidates: 2 },
    bad: { n: notWholeFrom(0), dimensions: notWholeFrom(1), candidates: notWholeFrom(1) },
  }),
  domainRow({
    name: 'spreadConfigurations',
    call: ({ space, n, candidates }) => spreadConfigurations(space, n, random(), candidates),
    good: { space, n: 3, candidates: 2 },
    bad: {
      space: fc.oneof(badSpace, fc.constant([])),
      n: notWholeFrom(0),
      candidates: notWholeFrom(1),
    },
  }),
  domainRow({
    name: 'isLatinHypercube',
    call: ({ sample }) => isLatinHypercube(sample),
    good: { sample },
    bad: { sample: badSample },
  }),
  domainRow({
    name: 'centeredDiscrepancy',
    call: ({ sample }) => centeredDiscrepancy(sample),
    good: { sample },
    bad: { sample: badSample },
  }),
  domainRow({
    name: 'smallestDistance',
    call: ({ sample }) => smallestDistance(sample),
    good: { sample },
    bad: { sample: badSample },
  }),
  domainRow({
    name: 'ratingToUnit',
    call: ({ rating }) => ratingToUnit(rating),
    good: { rating: 3.5 },
    bad: { rating: badRating },
  }),
  domainRow({
    name: 'dwellToUnit',
    call: ({ dwellTimeSeconds }) => dwellToUnit(dwellTimeSeconds),
    good: { dwellTimeSeconds: 30 },
    bad: { dwellTimeSeconds: notFrom(0) },
  }),
  domainRow({
    name: 'scoreQuality',
    call: ({ rating, quality, dwellTimeSeconds, revenueUsd, qualityWeights, revenueScaleUsd }) =>
      scoreQuality({ rating, quality, dwellTimeSeconds, revenueUsd }, qualityWeights, revenueScaleUsd),
    good: {
      rating: 4,
      quality: 0.5,
      dwellTimeSeconds: 30,
      revenueUsd: 3,
      qualityWeights: QUALITY_WEIGHTS,
      revenueScaleUsd: 10,
    },
    bad: {
      rating: badRating,
      quality: notBetween(0, 1),
      dwellTimeSeconds: notFrom(0),
      revenueUsd: notFrom(0),
      qualityWeights: badQualityWeights,
      revenueScaleUsd: notAbove(0),
    },
  }),
  domainRow({
    name: 'candidateRange',
    call: ({ values }) => candidateRange(values),
    good: { values: [0.1, 0.2] },
    bad: {
      values: fc.oneof(
        withOneNotFinite([0.1, 0.2]),
        notFrom(0).map((x) => [1, x]),
      ),
    },
  }),
  domainRow({
    name: 'requestAllowance',
    call: ({ budgetUsd, requests }) => requestAllowance(budgetUsd, requests),
    good: { budgetUsd: 1000, requests: 500_000 },
    bad: { budgetUsd: notAbove(0), requests: notAbove(0) },
  }),
  domainRow({
    name: 'normalise',
    call: ({ value, scale }) => normalise(value, scale),
    good: { value: 0.002, scale },
    bad: { value: notFrom(0), scale: badScale },
  }),
  domainRow({
    name: 'rewardV1',
    call: ({ rating, costUsd, latencyMs, dwellTimeSeconds, maxCostUsd, maxLatencyMs }) =>
      rewardV1({ rating, costUsd, latencyMs, dwellTimeSeconds }, { maxCostUsd, maxLatencyMs }),
    good: {
      rating: 4,
      costUsd: 0.002,
      latencyMs: 900,
      dwellTimeSeconds: 30,
      maxCostUsd: 1,
      maxLatencyMs: 5000,
    },
    bad: {
      rating: badRating,
      costUsd: notFrom(0),
      latencyMs: notFrom(0),
      dwellTimeSeconds: notFrom(0),
      maxCostUsd: notAbove(0),
      maxLatencyMs: notAbove(0),
    },
  }),
  domainRow({
    name: 'rewardV2',
    call: ({ rating, costUsd, latencyMs, weights, cost, latency, qualityWeights, revenueScaleUsd }) =>
      rewardV2({ rating, costUsd, latencyMs }, { weights, cost, latency, qualityWeights, revenueScaleUsd }),
    good: {
      rating: 4,
      costUsd: 0.002,
      latencyMs: 900,
      weights,
      cost: scale,
      latency: scale,
      qualityWeights: QUALITY_WEIGHTS,
      revenueScaleUsd: 10,
    },
    bad: {
      rating: badRating,
      costUsd: notFrom(0),
      latencyMs: notFrom(0),
      weights: badWeights,
      cost: badScale,
      latency: badScale,
      qualityWeights: badQualityWeights,
      revenueScaleUsd: notAbove(0),
    },
  }),
  domainRow({
    name: 'qualityPaidBy',
    call: ({ weights, cost, fromUsd, toUsd }) => qualityPaidBy({ weights, cost, fromUsd, toUsd }),
    good: { weights, cost: scale, fromUsd: 0.01, toUsd: 0.005 },
    bad: { weights: badWeights, cost: badScale, fromUsd: notFrom(0), toUsd: notFrom(0) },
  }),
];
