/** Posteriors, what they say of several arms, the confidence sequence of a rate, and quantiles of a sample. */
import * as fc from 'fast-check';
import {
  chanceMeanAbove,
  chanceMeanBest,
  chanceRateAbove,
  chanceRateBest,
  expectedMeanLoss,
  expectedRateLoss,
  knownVariancePosterior,
  meanEstimate,
  normalInverseGammaPosterior,
  rateConfidenceSequence,
  rateEstimate,
  ratePosterior,
  sampleQuantiles,
  type Better,
  type MeanPosterior,
  type Moments,
  type NormalInverseGamma,
  type NormalPosterior,
  type QuantileMethod,
  type RatePosterior,
  type RateSequenceOptions,
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

const notPositive = notAbove(0);
const notOpenUnit = notBetween(0, 1, 'open');
const notBetter = fc.constantFrom('high', 'MAX', '');

const rate: RatePosterior = { a: 3, b: 5 };
const badRate = fc.oneof(
  notPositive.map((a) => ({ ...rate, a })),
  notPositive.map((b) => ({ ...rate, b })),
);
const normal: NormalPosterior = { kind: 'normal', mean: 1, variance: 2 };
const unknown: NormalInverseGamma = { kind: 'normalInverseGamma', mu: 1, kappa: 2, alpha: 3, beta: 4 };
const badNormal = fc.oneof(
  notFinite.map((mean) => ({ ...normal, mean })),
  notPositive.map((variance) => ({ ...normal, variance })),
);
const badUnknown = fc.oneof(
  notFinite.map((mu) => ({ ...unknown, mu })),
  notPositive.map((kappa) => ({ ...unknown, kappa })),
  notPositive.map((alpha) => ({ ...unknown, alpha })),
  notPositive.map((beta) => ({ ...unknown, beta })),
);
const badMean = fc.oneof(badNormal, badUnknown);

const amongGood = <T>(good: T, bad: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constant([]),
    bad.map((one) => [good, one]),
    bad.map((one) => [one, good]),
  );

const ofRates = (name: string, f: (p: readonly RatePosterior[], better: Better) => unknown): DomainRow =>
  domainRow({
    name,
    call: ({ posteriors, better }: { posteriors: readonly RatePosterior[]; better: Better }) =>
      f(posteriors, better),
    good: { posteriors: [rate, { a: 2, b: 9 }], better: 'max' },
    bad: { posteriors: amongGood(rate, badRate), better: notBetter },
  });

const ofMeans = (name: string, f: (p: readonly MeanPosterior[], better: Better) => unknown): DomainRow =>
  domainRow({
    name,
    call: ({ posteriors, better }: { posteriors: readonly MeanPosterior[]; better: Better }) =>
      f(posteriors, better),
    good: { posteriors: [normal, unknown], better: 'min' },
    bad: { posteriors: amongGood<MeanPosterior>(normal, badMean), better: notBetter },
  });

const data: Moments = { n: 4, mean: 1, m2: 2 };
const badData = fc.oneof(
  notFrom(0).map((n) => ({ ...data, n })),
  notFinite.map((mean) => ({ ...data, mean })),
);

export const rows: DomainRow[] = [
  domainRow({
    name: 'ratePosterior',
    call: (args: { successes: number; failures: number; prior: RatePosterior }) =>
      ratePosterior(args.successes, args.failures, args.prior),
    good: { successes: 3, failures: 4.5, prior: rate },
    bad: { successes: notFrom(0), failures: notFrom(0), prior: badRate },
  }),
  domainRow({
    name: 'rateEstimate',
    call: (args: { posterior: RatePosterior; alpha: number }) => rateEstimate(args.posterior, args.alpha),
    good: { posterior: rate, alpha: 0.05 },
    bad: { posterior: badRate, alpha: notOpenUnit },
  }),
  domainRow({
    name: 'chanceRateAbove',
    call: ({ a, b }: { a: RatePosterior; b: RatePosterior }) => chanceRateAbove(a, b),
    good: { a: rate, b: { a: 2.5, b: 3 } },
    bad: { a: badRate, b: badRate },
  }),
  ofRates('chanceRateBest', chanceRateBest),
  ofRates('expectedRateLoss', expectedRateLoss),
  domainRow({
    name: 'normalInverseGammaPosterior',
    call: (args: { data: Moments; prior: NormalInverseGamma }) =>
      normalInverseGammaPosterior(args.data, args.prior),
    good: { data, prior: unknown },
    bad: {
      data: fc.oneof(
        badData,
        notFrom(0).map((m2) => ({ ...data, m2 })),
      ),
      prior: badUnknown,
    },
  }),
  domainRow({
    name: 'knownVariancePosterior',
    call: (args: { data: Moments; noiseVariance: number; prior: NormalPosterior }) =>
      knownVariancePosterior(args.data, args.noiseVariance, args.prior),
    good: { data, noiseVariance: 2, prior: normal },
    bad: { data: badData, noiseVariance: notPositive, prior: badNormal },
  }),
  domainRow({
    name: 'meanEstimate',
    call: (args: { posterior: MeanPosterior; alpha: number }) => meanEstimate(args.posterior, args.alpha),
    good: { posterior: unknown, alpha: 0.05 },
    bad: { posterior: badMean, alpha: notOpenUnit },
  }),
  domainRow({
    name: 'chanceMeanAbove',
    call: ({ a, b }: { a: MeanPosterior; b: MeanPosterior }) => chanceMeanAbove(a, b),
    good: { a: normal, b: unknown },
    bad: { a: badMean, b: badMean },
  }),
  ofMeans('chanceMeanBest', chanceMeanBest),
  ofMeans('expectedMeanLoss', expectedMeanLoss),
  domainRow({
    name: 'rateConfidenceSequence',
    call: (options: RateSequenceOptions & Readonly<Record<string, unknown>>) =>
      rateConfidenceSequence(options),
    good: { successes: 3, n: 10, alpha: 0.05, tightestAt: 100, tunedAlpha: 0.05 },
    bad: {
      successes: fc.oneof(notFrom(0), fc.double({ min: 10, minExcluded: true, max: 1e9, noNaN: true })),
      n: notWholeFrom(0),
      alpha: notOpenUnit,
      tightestAt: notPositive,
      tunedAlpha: notOpenUnit,
    },
  }),
  domainRow({
    name: 'sampleQuantiles',
    call: (args: { values: readonly number[]; qs: readonly number[]; method: QuantileMethod }) =>
      sampleQuantiles(args.values, args.qs, args.method),
    good: { values: [3, 1, 2], qs: [0, 0.5, 1], method: 'type7' },
    bad: {
      values: withOneNotFinite([3, 1, 2]),
      qs: notBetween(0, 1).map((q) => [0.5, q]),
      method: fc.constantFrom('type8', '', 'toString'),
    },
  }),
];
