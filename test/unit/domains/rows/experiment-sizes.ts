/** Domains of sizing, of several tests, and of units with several observations. */
import * as fc from 'fast-check';
import {
  benjaminiHochberg,
  benjaminiHochbergOfEvidence,
  benjaminiYekutieli,
  bonferroni,
  clusterRobust,
  compareRatios,
  designEffect,
  detectableDifference,
  detectableRate,
  firstPerUnit,
  holm,
  holmOfEvidence,
  meanPower,
  meanSampleSize,
  pairedUnits,
  planExperiment,
  ratePower,
  rateSampleSize,
  ratioEstimate,
  type CovariateMoments,
  type UnitTotal,
} from '../../../../src/analysis/index.ts';
import { domainRow, notAbove, notBetween, notFinite, notFrom, notWholeFrom, type DomainRow } from '../row.ts';

const alpha = notBetween(0, 1, 'open');
const power = fc.oneof(notBetween(0, 1, 'open'), fc.constantFrom(0.05, 0.01));
const ratio = notAbove(0);
const twoSided = fc.constantFrom<unknown>(1, 'yes', null);
const word = fc.constantFrom<unknown>('', 'other', null, 1);
const pairs: CovariateMoments = { n: 30, meanX: 2, meanY: 5, sxx: 40, sxy: 10, syy: 60 };
const badPairs = fc.oneof(
  notWholeFrom(0).map((n) => ({ ...pairs, n })),
  ...(['meanX', 'meanY', 'sxy'] as const).map((field) =>
    notFinite.map((value) => ({ ...pairs, [field]: value })),
  ),
  ...(['sxx', 'syy'] as const).map((field) => notFrom(0).map((value) => ({ ...pairs, [field]: value }))),
);
const pValues = [0.01, 0.5, 0.03];
const badPValues = fc.oneof(
  notBetween(0, 1).map((p) => [0.2, p]),
  fc.constantFrom<unknown>(null, 'abc', 3),
);
const units: readonly UnitTotal[] = [
  { count: 3, sum: 2 },
  { count: 1, sum: 1 },
  { count: 4, sum: 1 },
];
const badUnits = fc.oneof(
  notWholeFrom(1).map((count) => [...units, { count, sum: 1 }]),
  notFinite.map((sum) => [...units, { count: 2, sum }]),
  fc.constantFrom<unknown>(null, 'abc', 3),
);
const squares = units.map((unit) => ({ ...unit, sumOfSquares: unit.sum }));

const design = { alpha: 0.05, power: 0.8, ratio: 1, twoSided: true };
const badDesign = { alpha, power, ratio, twoSided };
const { power: _, ...level } = design;
const { power: __, ...badLevel } = badDesign;
const openRate = notBetween(0, 1, 'open');
const difference = fc.oneof(notFinite, fc.constantFrom(0, 1e-200));

const sizeRows: DomainRow[] = [
  domainRow({
    name: 'rateSampleSize',
    call: ({ rateA, rateB, ...options }) => rateSampleSize(rateA, rateB, options),
    good: { rateA: 0.3, rateB: 0.35, ...design },
    bad: { rateA: openRate, rateB: fc.oneof(openRate, fc.constant(0.3)), ...badDesign },
  }),
  domainRow({
    name: 'ratePower',
    call: ({ rateA, rateB, nA, ...options }) => ratePower(rateA, rateB, nA, options),
    good: { rateA: 0.3, rateB: 0.35, nA: 500, ...level },
    bad: { rateA: openRate, rateB: fc.oneof(openRate, fc.constant(0.3)), nA: notWholeFrom(2), ...badLevel },
  }),
  domainRow({
    name: 'detectableRate',
    call: ({ rateA, nA, direction, ...options }) => detectableRate(rateA, nA, direction, options),
    good: { rateA: 0.3, nA: 500, direction: 'up' as const, ...design },
    bad: { rateA: openRate, nA: notWholeFrom(2), direction: word, ...badDesign },
  }),
  domainRow({
    name: 'meanSampleSize',
    call: ({ difference: gap, sd, ...options }) => meanSampleSize(gap, sd, options),
    good: { difference: 1, sd: 2, ...design },
    bad: { difference, sd: notAbove(0), ...badDesign },
  }),
  domainRow({
    name: 'meanPower',
    call: ({ difference: gap, sd, nA, ...options }) => meanPower(gap, sd, nA, options),
    good: { difference: 1, sd: 2, nA: 50, ...level },
    bad: {
      difference,
      sd: notAbove(0),
      nA: notWholeFrom(2),
      ...badLevel,
      ratio: fc.oneof(ratio, fc.constant(0.01)),
    },
  }),
  domainRow({
    name: 'detectableDifference',
    call: ({ sd, nA, ...options }) => detectableDifference(sd, nA, options),
    good: { sd: 2, nA: 50, ...design },
    bad: {
      sd: notAbove(0),
      nA: notWholeFrom(2),
      ...badDesign,
      ratio: fc.oneof(ratio, fc.constant(0.01)),
    },
  }),
  domainRow({
    name: 'planExperiment',
    call: ({ baseline, minimumEffect, ...options }) =>
      planExperiment({ kind: 'rate', baseline, minimumEffect }, options),
    good: { baseline: 0.7, minimumEffect: 0.05, variants: 2, capFactor: 2.25, ...design },
    bad: {
      baseline: openRate,
      minimumEffect: fc.oneof(notBetween(-0.7, 0.31), fc.constantFrom(0, -0.7)),
      variants: notWholeFrom(1),
      capFactor: notFrom(1),
      ...badDesign,
    },
  }),
  domainRow({
    name: 'planExperiment',
    call: ({ sd, minimumEffect, metric }) => planExperiment({ kind: metric as 'mean', sd, minimumEffect }),
    good: { sd: 2, minimumEffect: -0.5, metric: 'mean' },
    bad: { sd: notAbove(0), minimumEffect: difference, metric: word },
  }),
];

const evidence = fc.oneof(
  notFinite.map((value) => [1, value]),
  fc.constantFrom<unknown>(null, 'abc', 3),
);
const adjustments = { bonferroni, holm, benjaminiHochberg, benjaminiYekutieli };

const severalRows: DomainRow[] = [
  ...Object.entries(adjustments).map(([name, adjust]) =>
    domainRow({ name, call: ({ p }) => adjust(p), good: { p: pValues }, bad: { p: badPValues } }),
  ),
  domainRow({
    name: 'holmOfEvidence',
    call: ({ maxLogE }) => holmOfEvidence(maxLogE),
    good: { maxLogE: [0, 5, 2] },
    bad: {
      maxLogE: fc.oneof(
        evidence,
        notFrom(0).map((value) => [1, value]),
      ),
    },
  }),
  domainRow({
    name: 'benjaminiHochbergOfEvidence',
    call: ({ logE, alpha: at }) => benjaminiHochbergOfEvidence(logE, at),
    good: { logE: [-3, 5, 2], alpha: 0.05 },
    bad: { logE: evidence, alpha },
  }),
];

const unitRows: DomainRow[] = [
  domainRow({
    name: 'firstPerUnit',
    call: ({ observations, seen }) => firstPerUnit(observations, seen),
    good: { observations: [{ unit: 'a' }, { unit: 'b' }], seen: ['c'] },
    bad: {
      observations: fc.constantFrom<unknown>(null, 'ab', [{ unit: '' }], [{ unit: 3 }], [{}], [null]),
      seen: fc.constantFrom<unknown>(null, 'ab', [''], [3], [null]),
    },
  }),
  domainRow({
    name: 'ratioEstimate',
    call: ({ moments: arm }) => ratioEstimate(arm),
    good: { moments: pairs },
    bad: { moments: badPairs },
  }),
  domainRow({
    name: 'compareRatios',
    call: ({ a, b, ...options }) => compareRatios(a, b, options),
    good: { a: pairs, b: pairs, alpha: 0.05 },
    bad: { a: badPairs, b: badPairs, alpha },
  }),
  domainRow({
    name: 'clusterRobust',
    call: ({ a, b, ...options }) => clusterRobust(a, b, options),
    good: { a: units, b: units, alpha: 0.05, correction: 'CR2' as const },
    bad: { a: badUnits, b: badUnits, alpha, correction: word },
  }),
  domainRow({
    name: 'pairedUnits',
    call: ({ pairs: both, ...options }) => pairedUnits(both, options),
    good: { pairs: units.map((unit) => ({ a: unit, b: { count: 2, sum: 1 } })), alpha: 0.05 },
    bad: {
      pairs: fc.oneof(
        notWholeFrom(1).map((count) => [{ a: { count, sum: 1 }, b: units[0] }]),
        notFinite.map((sum) => [{ a: units[0], b: { count: 1, sum } }]),
        fc.constantFrom<unknown>(null, 'ab'),
      ),
      alpha,
    },
  }),
  domainRow({
    name: 'designEffect',
    call: ({ units: arm }) => designEffect(arm),
    good: { units: squares },
    bad: {
      units: fc.oneof(
        notWholeFrom(1).map((count) => [...squares, { count, sum: 0, sumOfSquares: 0 }]),
        notFinite.map((sum) => [...squares, { count: 2, sum, sumOfSquares: 1 }]),
        notFrom(2).map((sumOfSquares) => [...squares, { count: 2, sum: 2, sumOfSquares }]),
        fc.constantFrom<unknown>(null, 'ab'),
      ),
    },
  }),
];

export const rows: DomainRow[] = [...sizeRows, ...severalRows, ...unitRows];
