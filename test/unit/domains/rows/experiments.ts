/** Domains of the fixed-horizon comparisons of rates and means. */
import * as fc from 'fast-check';
import {
  cohenH,
  covariateMomentsOfSums,
  covariateMomentsOfValues,
  cuped,
  cupedArm,
  cupedOfMoments,
  fisherExact,
  hedgesFactor,
  meanNonInferiority,
  mergeCovariateMoments,
  newcombeInterval,
  rateNonInferiority,
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
const margins = {
  margin: notAbove(0),
  kind: word,
  better: word,
  alpha,
};

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

export const rows: DomainRow[] = [...rateRows, ...meanRows];
