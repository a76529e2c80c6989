/** Domains of the fixed-horizon statistics: rates, means, sizes, several tests, units. */
import * as fc from 'fast-check';
import {
  benjaminiHochberg,
  benjaminiHochbergOfEvidence,
  benjaminiYekutieli,
  bonferroni,
  clusterRobust,
  cohenH,
  compareRatios,
  covariateMomentsOfSums,
  covariateMomentsOfValues,
  cuped,
  cupedArm,
  cupedOfMoments,
  designEffect,
  detectableDifference,
  detectableRate,
  firstPerUnit,
  fisherExact,
  hedgesFactor,
  holm,
  holmOfEvidence,
  meanNonInferiority,
  meanPower,
  meanSampleSize,
  mergeCovariateMoments,
  newcombeInterval,
  pairedUnits,
  planExperiment,
  rateNonInferiority,
  ratePower,
  rateSampleSize,
  ratioEstimate,
  sampleMoments,
  sampleRatioChiSquare,
  twoProportions,
  waldInterval,
  welch,
  welchOfMoments,
  welchOfSummary,
  wilsonInterval,
  type CovariateMoments,
  type Moments,
  type RateCount,
  type Summary,
  type UnitTotal,
} from '../../../../src/analysis/index.ts';
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

const alpha = notBetween(0, 1, 'open');
const power = fc.oneof(notBetween(0, 1, 'open'), fc.constantFrom(0.05, 0.01));
const ratio = notAbove(0);
const twoSided = fc.constantFrom<unknown>(1, 'yes', null);
const word = fc.constantFrom<unknown>('', 'other', null, 1);

/** Arms of rates: bad counts, and more successes than trials. */
const rate: RateCount = { successes: 12, n: 40 };
const badRate = fc.oneof(
  notWholeFrom(1).map((n) => ({ successes: 0, n })),
  notWholeFrom(0).map((successes) => ({ successes, n: 1e9 })),
  fc.integer({ min: 41 }).map((successes) => ({ successes, n: 40 })),
);
/** For the intervals, which also take fractions. */
const badShare = fc.oneof(
  notFrom(0).map((n) => ({ successes: 0, n })),
  fc.constant({ successes: 0, n: 0 }),
  notBetween(0, 40.1).map((successes) => ({ successes, n: 40 })),
);

const moments: Moments = { n: 30, mean: 5, m2: 60 };
const badMoments = fc.oneof(
  notWholeFrom(0).map((n) => ({ ...moments, n })),
  notFinite.map((mean) => ({ ...moments, mean })),
  notFrom(0).map((m2) => ({ ...moments, m2 })),
);
const summary: Summary = { n: 30, mean: 5, variance: 2 };
const badSummary = fc.oneof(
  notWholeFrom(0).map((n) => ({ ...summary, n })),
  notFinite.map((mean) => ({ ...summary, mean })),
  notFrom(0).map((variance) => ({ ...summary, variance })),
);
const pairs: CovariateMoments = { n: 30, meanX: 2, meanY: 5, sxx: 40, sxy: 10, syy: 60 };
const badPairs = fc.oneof(
  notWholeFrom(0).map((n) => ({ ...pairs, n })),
  ...(['meanX', 'meanY', 'sxy'] as const).map((field) =>
    notFinite.map((value) => ({ ...pairs, [field]: value })),
  ),
  ...(['sxx', 'syy'] as const).map((field) => notFrom(0).map((value) => ({ ...pairs, [field]: value }))),
);

const list = [1, 2.5, 4, 3];
const badList = fc.oneof(withOneNotFinite(list), fc.constantFrom<unknown>(null, 'abc', 3));
const shorter = fc.oneof(badList, fc.constant([1, 2, 3]), fc.constant([1, 2, 3, 4, 5]));
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

const margins = {
  margin: notAbove(0),
  kind: word,
  better: word,
  alpha,
};
const squares = units.map((unit) => ({ ...unit, sumOfSquares: unit.sum }));

const rateRows: DomainRow[] = [
  domainRow({
    name: 'wilsonInterval',
    call: ({ successes, n, alpha: level }) => wilsonInterval(successes, n, level),
    good: { successes: 3, n: 10, alpha: 0.05 },
    bad: { successes: notBetween(0, 10.1), n: fc.oneof(notFrom(0), fc.constant(0)), alpha },
  }),
  ...[newcombeInterval, waldInterval].map((interval) =>
    domainRow({
      name: interval === newcombeInterval ? 'newcombeInterval' : 'waldInterval',
      call: ({ stable, candidate, alpha: level }) => interval(stable, candidate, level),
      good: { stable: rate, candidate: rate, alpha: 0.05 },
      bad: { stable: badShare, candidate: badShare, alpha },
    }),
  ),
  domainRow({
    name: 'twoProportions',
    call: ({ a, b, ...options }) => twoProportions(a, b, options),
    good: { a: rate, b: rate, alpha: 0.05 },
    bad: { a: badRate, b: badRate, alpha },
  }),
  domainRow({
    name: 'fisherExact',
    call: ({ a, b }) => fisherExact(a, b),
    good: { a: rate, b: rate },
    bad: { a: badRate, b: badRate },
  }),
  domainRow({
    name: 'cohenH',
    call: ({ rateA, rateB }) => cohenH(rateA, rateB),
    good: { rateA: 0.1, rateB: 1 },
    bad: { rateA: notBetween(0, 1), rateB: notBetween(0, 1) },
  }),
  domainRow({
    name: 'rateNonInferiority',
    call: ({ a, b, ...options }) => rateNonInferiority(a, b, options),
    good: {
      a: rate,
      b: rate,
      margin: 0.1,
      kind: 'absolute' as const,
      better: 'higher' as const,
      alpha: 0.05,
      variance: 'farrington-manning' as const,
    },
    bad: { a: badRate, b: badRate, ...margins, margin: notBetween(0, 1, 'open'), variance: word },
  }),
  domainRow({
    name: 'sampleRatioChiSquare',
    call: ({ counts, weights }) => sampleRatioChiSquare(counts, weights),
    good: { counts: [500, 480], weights: [1, 1] },
    bad: {
      counts: fc.oneof(
        notWholeFrom(0).map((n) => [500, n]),
        fc.constantFrom<unknown>([500], [1, 2, 3], null, 'ab'),
      ),
      weights: fc.oneof(
        notAbove(0).map((w) => [1, w]),
        fc.constantFrom<unknown>([1], [], null, 'ab'),
      ),
    },
  }),
];

const meanRows: DomainRow[] = [
  domainRow({
    name: 'sampleMoments',
    call: ({ values }) => sampleMoments(values),
    good: { values: list },
    bad: { values: fc.oneof(badList, fc.constant([1e200, -1e200])) },
  }),
  domainRow({
    name: 'welch',
    call: ({ a, b, ...options }) => welch(a, b, options),
    good: { a: list, b: list, alpha: 0.05 },
    bad: { a: badList, b: badList, alpha },
  }),
  domainRow({
    name: 'welchOfMoments',
    call: ({ a, b, ...options }) => welchOfMoments(a, b, options),
    good: { a: moments, b: moments, alpha: 0.05 },
    bad: { a: badMoments, b: badMoments, alpha },
  }),
  domainRow({
    name: 'welchOfSummary',
    call: ({ a, b, ...options }) => welchOfSummary(a, b, options),
    good: { a: summary, b: summary, alpha: 0.05 },
    bad: { a: badSummary, b: badSummary, alpha },
  }),
  domainRow({
    name: 'hedgesFactor',
    call: ({ df }) => hedgesFactor(df),
    good: { df: 20 },
    bad: { df: notAbove(1) },
  }),
  domainRow({
    name: 'meanNonInferiority',
    call: ({ a, b, ...options }) => meanNonInferiority(a, b, options),
    good: {
      a: moments,
      b: moments,
      margin: 0.1,
      kind: 'relative' as const,
      better: 'lower' as const,
      alpha: 0.05,
    },
    bad: { a: badMoments, b: badMoments, ...margins },
  }),
  domainRow({
    name: 'covariateMomentsOfValues',
    call: ({ x, y }) => covariateMomentsOfValues(x, y),
    good: { x: list, y: list },
    bad: { x: fc.oneof(badList, fc.constant([1e200, 0, 0, 0])), y: shorter },
  }),
  domainRow({
    name: 'covariateMomentsOfSums',
    call: covariateMomentsOfSums,
    good: { n: 3, sumX: 6, sumY: 3, sumXX: 14, sumXY: 7, sumYY: 5 },
    bad: {
      n: notWholeFrom(0),
      sumX: notFinite,
      sumY: notFinite,
      sumXX: notFrom(0),
      sumXY: notFinite,
      sumYY: notFrom(0),
    },
  }),
  domainRow({
    name: 'mergeCovariateMoments',
    call: ({ a, b }) => mergeCovariateMoments(a, b),
    good: { a: pairs, b: pairs },
    bad: { a: badPairs, b: badPairs },
  }),
  domainRow({
    name: 'cuped',
    call: ({ x, y, ...options }) => cuped({ x, y }, { x, y }, options),
    good: { x: [1, null, 2, 3] as readonly (number | null)[], y: list, alpha: 0.05 },
    bad: { x: badList, y: shorter, alpha },
  }),
  domainRow({
    name: 'cupedArm',
    call: cupedArm,
    good: { x: [1, null, 2, 3] as readonly (number | null)[], y: list },
    bad: { x: badList, y: shorter },
  }),
  domainRow({
    name: 'cupedOfMoments',
    call: ({ a, b, ...options }) => cupedOfMoments(a, b, options),
    good: { a: { known: pairs, missing: moments }, b: { known: pairs }, alpha: 0.05 },
    bad: {
      a: fc.oneof(
        badPairs.map((known) => ({ known, missing: moments })),
        badMoments.map((missing) => ({ known: pairs, missing })),
      ),
      b: badPairs.map((known) => ({ known })),
      alpha,
    },
  }),
];

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

export const rows: DomainRow[] = [...rateRows, ...meanRows, ...sizeRows, ...severalRows, ...unitRows];
