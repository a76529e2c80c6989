/** Sketches, histograms and window statistics: `src/math/ddsketch.ts` and what stands around it. */
import * as fc from 'fast-check';
import type { SketchState } from '../../../../src/domain/window.ts';
import {
  addAllToSignedSketch,
  addAllToSketch,
  addToSketch,
  bucketBoundaryAtOrAbove,
  coarseAlpha,
  coarsenSketch,
  countAbove,
  downscaleExponential,
  emptyExponentialHistogram,
  emptySignedSketch,
  emptySketch,
  emptyStats,
  explicitGain,
  exponentialBound,
  exponentialError,
  exponentialGain,
  exponentialIndex,
  exponentialOf,
  exponentialRepresentative,
  mergeExponential,
  mergeSignedSketches,
  mergeSketches,
  mergeStats,
  observe,
  quantile,
  quantileOfExponential,
  signedQuantile,
  sketchOfExplicit,
  sketchOfExponential,
  sketchOfValues,
  valueAtRank,
  type ExplicitHistogram,
  type ExponentialHistogram,
} from '../../../../src/math/index.ts';
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

const sketch: SketchState = addAllToSketch(emptySketch(), [0, 1, 2, 300]);
const stats = (withSketch: boolean) => observe(emptyStats({ withSketch }), 1);
const notTrackable = fc.oneof(notFrom(0), fc.double({ min: 1.1e15, noNaN: true }));
const notUnit = notBetween(0, 1);
const notOpenUnit = notBetween(0, 1, 'open');
const notScale = fc.oneof(
  notFinite,
  fc.integer({ min: 21, max: 90 }),
  fc.integer({ min: -90, max: -11 }),
  fc.constant(2.5),
);
const notWhole = fc.oneof(notFinite, fc.double({ min: 0.1, max: 0.9, noNaN: true }));

const exponential = mergeExponential(exponentialOf(1, 2), exponentialOf(30, 2));
const badExponential = (good: ExponentialHistogram): fc.Arbitrary<unknown> =>
  fc.oneof(
    notScale.map((scale) => ({ ...good, scale })),
    notWholeFrom(0).map((zeroCount) => ({ ...good, zeroCount })),
    notFrom(0).map((zeroThreshold) => ({ ...good, zeroThreshold })),
    notWholeFrom(0).map((n) => ({ ...good, positive: { offset: 0, counts: [n] } })),
    notWhole.map((offset) => ({ ...good, negative: { offset, counts: [0] } })),
    fc.constant({ ...good, count: good.count + 1 }),
    notFinite.map((sum) => ({ ...good, sum })),
    notFinite.map((min) => ({ ...good, min })),
    notFinite.map((max) => ({ ...good, max })),
  );

const explicit: ExplicitHistogram = { bounds: [1, 5], counts: [1, 2, 0], count: 3, sum: 7, min: 1, max: 5 };
const badExplicit = fc.oneof(
  withOneNotFinite(explicit.bounds).map((bounds) => ({ ...explicit, bounds })),
  fc
    .constantFrom<readonly number[]>([5, 1], [1, 1], [1], [-2, -1])
    .map((bounds) => ({ ...explicit, bounds })),
  notWholeFrom(0).map((n) => ({ ...explicit, counts: [1, n, 0] })),
  notFrom(0).map((sum) => ({ ...explicit, sum })),
  notFrom(0).map((min) => ({ ...explicit, min })),
  notFrom(0).map((max) => ({ ...explicit, max })),
  fc.constant({ ...explicit, count: 4 }),
);

export const rows: DomainRow[] = [
  domainRow({
    name: 'emptySketch',
    call: ({ alpha }) => emptySketch(alpha),
    good: { alpha: 0.01 },
    bad: { alpha: notOpenUnit },
  }),
  domainRow({
    name: 'addToSketch',
    call: ({ value, count }) => addToSketch(sketch, value, count),
    good: { value: 3, count: 2 },
    bad: { value: notTrackable, count: notAbove(0) },
  }),
  domainRow({
    name: 'addAllToSketch',
    call: ({ values, counts }) => addAllToSketch(sketch, values, counts),
    good: { values: [0, 1, 5], counts: [1, 2, 0.5] },
    bad: {
      values: fc.oneof(
        withOneNotFinite([0, 1, 5]),
        notTrackable.map((v) => [0, 1, v]),
      ),
      counts: fc.oneof(
        withOneNotFinite([1, 2, 3]),
        notAbove(0).map((n) => [1, n, 2]),
        fc.constantFrom([], [1, 2]),
      ),
    },
  }),
  domainRow({
    name: 'mergeSketches',
    call: ({ a, b }) => mergeSketches(a, b),
    good: { a: sketch, b: sketch },
    bad: { b: fc.constantFrom(emptySketch(0.02), emptySketch(0.5)) },
  }),
  domainRow({
    name: 'coarsenSketch',
    call: ({ factor }) => coarsenSketch(sketch, factor),
    good: { factor: 2 },
    bad: { factor: notWholeFrom(1) },
  }),
  domainRow({
    name: 'coarseAlpha',
    call: ({ alpha, factor }) => coarseAlpha(alpha, factor),
    good: { alpha: 0.01, factor: 3 },
    bad: { alpha: notOpenUnit, factor: notWholeFrom(1) },
  }),
  domainRow({
    name: 'quantile',
    call: ({ q }) => quantile(sketch, q),
    good: { q: 0.5 },
    bad: { q: notUnit },
  }),
  domainRow({
    name: 'valueAtRank',
    call: ({ rank }) => valueAtRank(sketch, rank),
    good: { rank: 1 },
    bad: { rank: notWholeFrom(0) },
  }),
  domainRow({
    name: 'countAbove',
    call: ({ threshold }) => countAbove(sketch, threshold),
    good: { threshold: 2 },
    bad: { threshold: notTrackable },
  }),
  domainRow({
    name: 'bucketBoundaryAtOrAbove',
    call: ({ value, alpha }) => bucketBoundaryAtOrAbove(value, alpha),
    good: { value: 2, alpha: 0.01 },
    bad: { value: notTrackable, alpha: notOpenUnit },
  }),
  domainRow({
    name: 'emptySignedSketch',
    call: ({ alpha }) => emptySignedSketch(alpha),
    good: { alpha: 0.01 },
    bad: { alpha: notOpenUnit },
  }),
  domainRow({
    name: 'addAllToSignedSketch',
    call: ({ values }) => addAllToSignedSketch(emptySignedSketch(), values),
    good: { values: [-2, 0, 5] },
    bad: { values: withOneNotFinite([-2, 0, 5]) },
  }),
  domainRow({
    name: 'mergeSignedSketches',
    call: ({ a, b }) => mergeSignedSketches(a, b),
    good: { a: emptySignedSketch(), b: emptySignedSketch() },
    bad: { b: fc.constantFrom(emptySignedSketch(0.02), emptySignedSketch(0.5)) },
  }),
  domainRow({
    name: 'signedQuantile',
    call: ({ q }) => signedQuantile(emptySignedSketch(), q),
    good: { q: 0.5 },
    bad: { q: notUnit },
  }),
  domainRow({
    name: 'observe',
    call: ({ value }) => observe(stats(false), value),
    good: { value: -3 },
    bad: { value: notFinite },
  }),
  domainRow({
    name: 'mergeStats',
    call: ({ a, b }) => mergeStats(a, b),
    good: { a: stats(true), b: stats(true) },
    bad: { b: fc.constant(stats(false)) },
  }),
  domainRow({
    name: 'exponentialIndex',
    call: ({ value, scale }) => exponentialIndex(value, scale),
    good: { value: 3, scale: 4 },
    bad: { value: notAbove(0), scale: notScale },
  }),
  domainRow({
    name: 'exponentialBound',
    call: ({ index, scale }) => exponentialBound(index, scale),
    good: { index: -3, scale: 4 },
    bad: { index: notWhole, scale: notScale },
  }),
  domainRow({
    name: 'exponentialRepresentative',
    call: ({ index, scale }) => exponentialRepresentative(index, scale),
    good: { index: -3, scale: 4 },
    bad: { index: notWhole, scale: notScale },
  }),
  domainRow({
    name: 'exponentialError',
    call: ({ scale }) => exponentialError(scale),
    good: { scale: 4 },
    bad: { scale: notScale },
  }),
  domainRow({
    name: 'emptyExponentialHistogram',
    call: ({ scale }) => emptyExponentialHistogram(scale),
    good: { scale: 4 },
    bad: { scale: notScale },
  }),
  domainRow({
    name: 'exponentialOf',
    call: ({ value, scale, count }) => exponentialOf(value, scale, count),
    good: { value: -1, scale: 4, count: 2 },
    bad: { value: notFinite, scale: notScale, count: notWholeFrom(1) },
  }),
  domainRow({
    name: 'downscaleExponential',
    call: ({ histogram, by }) => downscaleExponential(histogram, by),
    good: { histogram: exponential, by: 1 },
    bad: { histogram: badExponential(exponential), by: fc.oneof(notWholeFrom(0), fc.constant(13)) },
  }),
  domainRow({
    name: 'mergeExponential',
    call: ({ a, b }) => mergeExponential(a, b),
    good: { a: exponential, b: exponential },
    bad: { a: badExponential(exponential), b: badExponential(exponential) },
  }),
  domainRow({
    name: 'exponentialGain',
    call: ({ now, before }) => exponentialGain(now, before),
    good: { now: exponential, before: exponential },
    bad: { now: badExponential(exponential), before: badExponential(exponential) },
  }),
  domainRow({
    name: 'quantileOfExponential',
    call: ({ histogram, q }) => quantileOfExponential(histogram, q),
    good: { histogram: exponential, q: 0.5 },
    bad: { histogram: badExponential(exponential), q: notUnit },
  }),
  domainRow({
    name: 'explicitGain',
    call: ({ now, before }) => explicitGain(now, before),
    good: { now: explicit, before: explicit },
    bad: { now: badExplicit, before: badExplicit },
  }),
  domainRow({
    name: 'sketchOfExponential',
    call: ({ histogram, alpha }) => sketchOfExponential(histogram, alpha),
    good: { histogram: exponential, alpha: 0.01 },
    bad: {
      histogram: fc.oneof(
        badExponential(exponential),
        fc.constantFrom(exponentialOf(-1, 2), exponentialOf(1e17, 2)),
      ),
      alpha: notOpenUnit,
    },
  }),
  domainRow({
    name: 'sketchOfExplicit',
    call: ({ histogram, alpha }) => sketchOfExplicit(histogram, alpha),
    good: { histogram: explicit, alpha: 0.01 },
    bad: { histogram: badExplicit, alpha: notOpenUnit },
  }),
  domainRow({
    name: 'sketchOfValues',
    call: ({ values, alpha }) => sketchOfValues(values, alpha),
    good: { values: [1, 2, 3], alpha: 0.01 },
    bad: { values: withOneNotFinite([1, 2, 3]), alpha: notOpenUnit },
  }),
];
