/** Two-sample tests, detectors and their transforms: `src/analysis/drift` and `src/analysis/detectors`. */
import * as fc from 'fast-check';
import {
  adwin,
  blockMeans,
  cusum,
  flooredPsi,
  iqrAnomaly,
  iqrOutliers,
  ksCriticalSteps,
  ksDetector,
  ksOneSampleSf,
  kswin,
  ksTwoSample,
  learnedCusum,
  logScaled,
  madAnomaly,
  madOutliers,
  mergePsiCounts,
  pageHinkley,
  psiBins,
  psiCounts,
  psiDetector,
  psiOfCounts,
  seasonal,
  standardised,
  zScoreAnomaly,
  zScoreOutliers,
  type Detector,
  type ReferenceOptions,
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

const sample = [1, 2, 2, 3, 5, 8];
const counts = [3, 4, 5];
const notCounts = fc.constantFrom([3, 4], [3, 4, 5, 6], [-1, 2, 3], [1.5, 2, 3], [Number.NaN, 1, 2]);
const notOpenUnit = notBetween(0, 1, 'open');
const notValue = fc.oneof(notFinite, fc.constantFrom(1e101, -1e101));
const notValues = fc.oneof(withOneNotFinite(sample), fc.constant([1, 2, -1e101, 4]));

/** Builds the detector and shows it a value, so that `value` has a row wherever there is a detector. */
const fed = <S>(detector: Detector<S>, value: number): unknown => detector.update(detector.start(), value);

const reference = { reference: 100, window: 50, every: 10, falseAlarmsPer100k: 5, value: 1 };
const badReference = {
  reference: notWholeFrom(10),
  window: notWholeFrom(10),
  every: notWholeFrom(1),
  falseAlarmsPer100k: fc.oneof(notAbove(0), fc.double({ min: 5000, max: 1e9, noNaN: true })),
  value: notValue,
};
const anomaly = { window: 50, least: 10, limit: 3, value: 1 };
const badAnomaly = {
  window: notWholeFrom(10),
  least: notWholeFrom(3),
  limit: notAbove(0),
  value: notValue,
};

export const rows: readonly DomainRow[] = [
  domainRow({
    name: 'ksTwoSample',
    call: ({ a, b }) => ksTwoSample(a, b),
    good: { a: sample, b: sample },
    bad: { a: withOneNotFinite(sample), b: withOneNotFinite(sample) },
  }),
  domainRow({
    name: 'ksOneSampleSf',
    call: ({ d, n }) => ksOneSampleSf(d, n),
    good: { d: 0.3, n: 12 },
    bad: { d: fc.constant(Number.NaN), n: notWholeFrom(1) },
  }),
  domainRow({
    name: 'ksCriticalSteps',
    call: ({ n, m, alpha }) => ksCriticalSteps(n, m, alpha),
    good: { n: 10, m: 12, alpha: 0.05 },
    bad: { n: notWholeFrom(1), m: notWholeFrom(1), alpha: notOpenUnit },
  }),
  domainRow({
    name: 'psiBins',
    call: ({ reference: values, bins }) => psiBins(values, bins),
    good: { reference: sample, bins: 4 },
    bad: { reference: withOneNotFinite(sample), bins: notWholeFrom(2) },
  }),
  domainRow({
    name: 'psiCounts',
    call: ({ edges, values }) => psiCounts(edges, values),
    good: { edges: [1, 2, 3], values: sample },
    bad: {
      edges: fc.constantFrom([1, 1, 2], [2, 1], [Number.NaN], [1, Infinity]),
      values: withOneNotFinite(sample),
    },
  }),
  domainRow({
    name: 'mergePsiCounts',
    call: ({ a, b }) => mergePsiCounts(a, b),
    good: { a: counts, b: counts },
    bad: { a: fc.constantFrom([-1, 2, 3], [1.5, 2, 3], [Number.NaN, 1, 2]), b: notCounts },
  }),
  domainRow({
    name: 'psiOfCounts',
    call: ({ reference: ours, current, alpha, leastPsi }) => psiOfCounts(ours, current, { alpha, leastPsi }),
    good: { reference: counts, current: counts, alpha: 0.01, leastPsi: 0.2 },
    bad: {
      reference: fc.constantFrom([3], [], [-1, 2, 3], [1.5, 2, 3]),
      current: notCounts,
      alpha: notOpenUnit,
      leastPsi: notFrom(0),
    },
  }),
  domainRow({
    name: 'flooredPsi',
    call: ({ reference: ours, current }) => flooredPsi(ours, current),
    good: { reference: counts, current: counts },
    bad: { reference: fc.constantFrom([-1, 2, 3], [1.5, 2, 3], [Number.NaN, 1, 2]), current: notCounts },
  }),
  domainRow({
    name: 'adwin',
    call: ({ value, ...options }) => fed(adwin(options), value),
    good: {
      delta: 0.01,
      clock: 8,
      maxBuckets: 3,
      minWindowLength: 4,
      gracePeriod: 5,
      afterAlarm: 'keep' as const,
      value: 1,
    },
    bad: {
      delta: notOpenUnit,
      clock: notWholeFrom(1),
      maxBuckets: notWholeFrom(1),
      minWindowLength: notWholeFrom(1),
      gracePeriod: notWholeFrom(0),
      afterAlarm: fc.constantFrom('', 'forget', null),
      value: notValue,
    },
  }),
  domainRow({
    name: 'pageHinkley',
    call: ({ value, ...options }) => fed(pageHinkley(options), value),
    good: { minInstances: 5, delta: 0.1, threshold: 9, alpha: 1, mode: 'up' as const, value: 1 },
    bad: {
      minInstances: notWholeFrom(1),
      delta: notFrom(0),
      threshold: notAbove(0),
      alpha: fc.oneof(notAbove(0), fc.double({ min: 1, minExcluded: true, max: 9, noNaN: true })),
      mode: fc.constantFrom('', 'sideways', null),
      value: notValue,
    },
  }),
  domainRow({
    name: 'cusum',
    call: ({ value, ...options }) => fed(cusum(options), value),
    good: { mean: 1, sd: 2, k: 0.5, h: 4, value: 1 },
    bad: { mean: notFinite, sd: notAbove(0), k: notFrom(0), h: notAbove(0), value: notValue },
  }),
  domainRow({
    name: 'learnedCusum',
    call: ({ value, ...options }) => fed(learnedCusum(options), value),
    good: { warmUp: 10, k: 0.5, h: 4, limit: 8, value: 1 },
    bad: { warmUp: notWholeFrom(2), k: notFrom(0), h: notAbove(0), limit: notAbove(0), value: notValue },
  }),
  domainRow({
    name: 'kswin',
    call: ({ value, ...options }) => fed(kswin(options), value),
    good: { window: 20, recent: 8, alpha: 0.01, every: 1, value: 1 },
    bad: {
      window: notWholeFrom(10),
      recent: notWholeFrom(2),
      alpha: notOpenUnit,
      every: notWholeFrom(1),
      value: notValue,
    },
  }),
  domainRow({
    name: 'ksDetector',
    call: ({ value, ...options }: ReferenceOptions & { value: number }) => fed(ksDetector(options), value),
    good: reference,
    bad: badReference,
  }),
  domainRow({
    name: 'psiDetector',
    call: ({ value, ...options }) => fed(psiDetector(options), value),
    good: { ...reference, bins: 5, leastPsi: 0.1 },
    bad: { ...badReference, bins: notWholeFrom(2), leastPsi: notFrom(0) },
  }),
  domainRow({
    name: 'madAnomaly',
    call: ({ value, ...options }) => fed(madAnomaly(options), value),
    good: anomaly,
    bad: badAnomaly,
  }),
  domainRow({
    name: 'iqrAnomaly',
    call: ({ value, ...options }) => fed(iqrAnomaly(options), value),
    good: anomaly,
    bad: badAnomaly,
  }),
  domainRow({
    name: 'zScoreAnomaly',
    call: ({ value, ...options }) => fed(zScoreAnomaly(options), value),
    good: anomaly,
    bad: badAnomaly,
  }),
  domainRow({
    name: 'madOutliers',
    call: ({ values, limit }) => madOutliers(values, limit),
    good: { values: sample, limit: 3 },
    bad: { values: notValues, limit: notAbove(0) },
  }),
  domainRow({
    name: 'iqrOutliers',
    call: ({ values, factor }) => iqrOutliers(values, factor),
    good: { values: sample, factor: 1.5 },
    bad: { values: notValues, factor: notAbove(0) },
  }),
  domainRow({
    name: 'zScoreOutliers',
    call: ({ values, limit }) => zScoreOutliers(values, limit),
    good: { values: sample, limit: 3 },
    bad: { values: notValues, limit: notAbove(0) },
  }),
  domainRow({
    name: 'standardised',
    call: ({ value, ...options }) => fed(standardised(adwin(), options), value),
    good: { warmUp: 10, limit: 5, value: 1 },
    bad: { warmUp: notWholeFrom(2), limit: notAbove(0), value: notValue },
  }),
  domainRow({
    name: 'logScaled',
    call: ({ value, floor }) => fed(logScaled(adwin(), { floor }), value),
    good: { floor: 1, value: 0 },
    bad: { floor: fc.oneof(notAbove(0), fc.constant(1e101)), value: fc.oneof(notValue, notFrom(0)) },
  }),
  domainRow({
    name: 'seasonal',
    call: ({ value, ...options }) => fed(seasonal(adwin(), options), value),
    good: { period: 24, weight: 0.3, seasons: 2, value: 1 },
    bad: {
      period: notWholeFrom(2),
      weight: fc.oneof(notAbove(0), fc.double({ min: 1, minExcluded: true, max: 9, noNaN: true })),
      seasons: notWholeFrom(1),
      value: notValue,
    },
  }),
  domainRow({
    name: 'blockMeans',
    call: ({ value, block }) => fed(blockMeans(adwin(), { block }), value),
    good: { block: 10, value: 1 },
    bad: { block: notWholeFrom(2), value: notValue },
  }),
];
