/** Fronts, choices between objectives, and forecasts: `src/analysis/pareto`, `src/analysis/forecast`, `src/decision/multi-objective`. */
import * as fc from 'fast-check';
import {
  backtest,
  crossingTime,
  dominates,
  dominatesIn,
  epsilonFrontIn,
  fitHolt,
  fitLine,
  fitTheilSen,
  forecastHolt,
  forecastLine,
  frontIn,
  hypervolume,
  hypervolumeIn,
  kneeOf,
  nextCrossing,
  noiseAwareFront,
  OBJECTIVES,
  paceBudget,
  paretoFront,
  paretoRanks,
  ranksIn,
  surelyDominates,
  type BudgetInput,
  type HoltState,
  type LineFit,
  type Objective,
  type Statistic,
} from '../../../../src/analysis/index.ts';
import { constrainedChoice, objectiveWeights, weightedChoice } from '../../../../src/decision/index.ts';
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

const valueOf = <T>(statistic: Statistic<T>): T => {
  if (!statistic.ok) throw new Error(statistic.reason);
  return statistic.value;
};

const point = { quality: 0.8, cost: 0.002, latency: 900 };
const points = [point, { quality: 0.9, cost: 0.02, latency: 2000 }];
const badPoint = fc
  .tuple(fc.constantFrom('quality', 'cost', 'latency'), fc.oneof(notFinite, fc.constant(undefined)))
  .map(([field, value]) => ({ ...point, [field]: value }));
const badPoints = badPoint.map((bad) => [points[1], bad]);
const badObjectives = fc.constantFrom<unknown>(
  [],
  [OBJECTIVES[0], OBJECTIVES[0]],
  [{ name: 'quality', direction: 'up' }],
);
const objectives: readonly Objective[] = OBJECTIVES;
const ranged = { quality: { low: 0.7, high: 0.9 } };
const one: readonly Objective[] = OBJECTIVES.slice(0, 1);
const badRanged = fc.oneof(
  notFinite.map((low) => ({ quality: { low, high: 0.9 } })),
  notFinite.map((high) => ({ quality: { low: 0.7, high } })),
  fc.constantFrom<unknown>({}, { quality: { low: 2, high: 1 } }),
);
const weights = { quality: 0.5, cost: 0.3, latency: 0.2 };
const badWeights = fc.oneof(
  notBetween(0, 1).map((cost) => ({ ...weights, cost })),
  fc.constantFrom<unknown>({ quality: 0.5, cost: 0.5, latency: 0.5 }, { quality: 1 }),
);

const [t, y] = [
  [0, 1, 2, 3, 4],
  [1, 3, 4, 8, 9],
];
const fit: LineFit = valueOf(fitLine(t, y));
const holt: HoltState = valueOf(fitHolt(y, { alpha: 0.5, beta: 0.3 }));
const openUnit = notBetween(0, 1, 'open');
const budget: Required<BudgetInput> = {
  budgetUsd: 240,
  spentUsd: 100,
  periodStartMs: 0,
  periodEndMs: 24,
  nowMs: 10,
  spendUsd: [9, 11, 10],
  intervalMs: 1,
  level: 0.95,
};

export const rows: DomainRow[] = [
  domainRow({
    name: 'dominates',
    call: ({ p, q }) => dominates(p, q),
    good: { p: point, q: point },
    bad: { p: badPoint, q: badPoint },
  }),
  domainRow({
    name: 'paretoRanks',
    call: ({ points }) => paretoRanks(points),
    good: { points },
    bad: { points: badPoints },
  }),
  domainRow({
    name: 'paretoFront',
    call: ({ points }) => paretoFront(points),
    good: { points },
    bad: { points: badPoints },
  }),
  domainRow({
    name: 'hypervolume',
    call: ({ points, reference }) => hypervolume(points, reference),
    good: { points, reference: { quality: 0, cost: 1, latency: 5000 } },
    bad: { points: badPoints, reference: badPoint },
  }),
  domainRow({
    name: 'dominatesIn',
    call: ({ p, q, objectives }) => dominatesIn(p, q, objectives),
    good: { p: point, q: point, objectives },
    bad: { p: badPoint, q: badPoint, objectives: badObjectives },
  }),
  domainRow({
    name: 'ranksIn',
    call: ({ points, objectives }) => ranksIn(points, objectives),
    good: { points, objectives },
    bad: { points: badPoints, objectives: badObjectives },
  }),
  domainRow({
    name: 'frontIn',
    call: ({ points, objectives }) => frontIn(points, objectives),
    good: { points, objectives },
    bad: { points: badPoints, objectives: badObjectives },
  }),
  domainRow({
    name: 'epsilonFrontIn',
    call: ({ points, objectives, epsilons }) => epsilonFrontIn(points, objectives, epsilons),
    good: { points, objectives, epsilons: { quality: 0.01 } },
    bad: {
      points: badPoints,
      objectives: badObjectives,
      epsilons: fc.oneof(
        notFrom(0).map((quality) => ({ quality })),
        fc.constant({ speed: 1 }),
      ),
    },
  }),
  domainRow({
    name: 'hypervolumeIn',
    call: ({ points, objectives, reference }) => hypervolumeIn(points, objectives, reference),
    good: { points, objectives, reference: { quality: 0, cost: 1, latency: 5000 } },
    bad: { points: badPoints, objectives: badObjectives, reference: badPoint },
  }),
  domainRow({
    name: 'kneeOf',
    call: ({ points, objectives }) => kneeOf(points, objectives),
    good: { points, objectives },
    bad: { points: badPoints, objectives: badObjectives },
  }),
  domainRow({
    name: 'surelyDominates',
    call: ({ p, q, objectives }) => surelyDominates(p, q, objectives),
    good: { p: ranged, q: ranged, objectives: one },
    bad: { p: badRanged, q: badRanged, objectives: badObjectives },
  }),
  domainRow({
    name: 'noiseAwareFront',
    call: ({ points, objectives }) => noiseAwareFront(points, objectives),
    good: { points: [ranged, ranged], objectives: one },
    bad: { points: badRanged.map((bad) => [ranged, bad]), objectives: badObjectives },
  }),
  domainRow({
    name: 'weightedChoice',
    call: ({ points, objectives, weights, scales }) =>
      weightedChoice({ points, objectives, weights, scales }),
    good: { points, objectives, weights, scales: { cost: { worst: 0.1, best: 0 } } },
    bad: {
      points: badPoints,
      objectives: badObjectives,
      weights: badWeights,
      scales: fc.oneof(
        notFinite.map((worst) => ({ cost: { worst, best: 0 } })),
        fc.double({ min: 0, max: 9, noNaN: true }).map((best) => ({ cost: { worst: 0, best } })),
      ),
    },
  }),
  domainRow({
    name: 'objectiveWeights',
    call: ({ weights }) => objectiveWeights(weights),
    good: { weights },
    bad: { weights: fc.oneof(badWeights, fc.constantFrom('cheap', 'toString')) },
  }),
  domainRow({
    name: 'constrainedChoice',
    call: ({ points, objectives, best, limits }) => constrainedChoice({ points, objectives, best, limits }),
    good: { points, objectives, best: 'quality', limits: { cost: { max: 0.01 } } },
    bad: {
      points: badPoints,
      objectives: badObjectives,
      best: fc.constantFrom('speed', ''),
      limits: fc.constantFrom<unknown>(
        { speed: { max: 1 } },
        { cost: { max: Number.NaN } },
        { cost: { min: Number.NaN } },
        { cost: { min: 2, max: 1 } },
        { cost: { min: Infinity } },
      ),
    },
  }),
  domainRow({
    name: 'fitLine',
    call: ({ t, y }) => fitLine(t, y),
    good: { t, y },
    bad: { t: withOneNotFinite(t), y: fc.oneof(withOneNotFinite(y), fc.constant([1, 2])) },
  }),
  domainRow({
    name: 'fitTheilSen',
    call: ({ t, y }) => fitTheilSen(t, y),
    good: { t, y },
    bad: { t: withOneNotFinite(t), y: fc.oneof(withOneNotFinite(y), fc.constant([1, 2])) },
  }),
  domainRow({
    name: 'forecastLine',
    call: ({ at, level }) => forecastLine(fit, at, level),
    good: { at: [5, 6], level: 0.9 },
    bad: { at: withOneNotFinite([5, 6]), level: openUnit },
  }),
  domainRow({
    name: 'crossingTime',
    call: ({ threshold }) => crossingTime(fit, threshold),
    good: { threshold: 20 },
    bad: { threshold: notFinite },
  }),
  domainRow({
    name: 'nextCrossing',
    call: ({ threshold, from, level }) => nextCrossing(fit, threshold, from, level),
    good: { threshold: 20, from: 4, level: 0.9 },
    bad: { threshold: notFinite, from: notFinite, level: openUnit },
  }),
  domainRow({
    name: 'fitHolt',
    call: ({ y, alpha, beta }) => fitHolt(y, { alpha, beta }),
    good: { y, alpha: 0.5, beta: 0.3 },
    bad: { y: withOneNotFinite(y), alpha: notBetween(0, 1), beta: notBetween(0, 1) },
  }),
  domainRow({
    name: 'forecastHolt',
    call: ({ horizon, coverage }) => forecastHolt(holt, horizon, coverage),
    good: { horizon: 3, coverage: 0.9 },
    bad: { horizon: notWholeFrom(1), coverage: openUnit },
  }),
  domainRow({
    name: 'backtest',
    call: ({ t, y, horizon, minTrain }) => backtest(t, y, () => null, { horizon, minTrain }),
    good: { t, y, horizon: 1, minTrain: 2 },
    bad: {
      t: withOneNotFinite(t),
      y: fc.oneof(withOneNotFinite(y), fc.constant([1, 2])),
      horizon: notWholeFrom(1),
      minTrain: notWholeFrom(1),
    },
  }),
  domainRow({
    name: 'paceBudget',
    call: (input) => paceBudget(input),
    good: { ...budget },
    bad: {
      budgetUsd: notAbove(0),
      spentUsd: notFrom(0),
      periodStartMs: notFinite,
      periodEndMs: fc.oneof(notFinite, fc.constantFrom(0, -1)),
      nowMs: notBetween(0, 24),
      spendUsd: fc.oneof(
        withOneNotFinite([9, 11]),
        notFrom(0).map((usd) => [1, usd]),
      ),
      intervalMs: notAbove(0),
      level: openUnit,
    },
  }),
];
