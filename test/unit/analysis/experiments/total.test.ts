import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clusterRobust,
  compareRatios,
  covariateMomentsOfValues,
  cuped,
  designEffect,
  detectableDifference,
  meanNonInferiority,
  meanSampleSize,
  pairedUnits,
  planExperiment,
  rateNonInferiority,
  ratioEstimate,
  sampleMoments,
  twoProportions,
  welch,
  welchOfSummary,
} from '../../../../src/analysis/index.ts';

/** Paths of what is NaN or infinite in an answer. */
const notNumbers = (value: unknown, path = ''): readonly string[] => {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => notNumbers(inner, `${path}.${key}`));
};
/** Answers, and refusals by name; anything else fails. */
const answerOf = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    if (error instanceof RangeError && /^[a-zA-Z]+[^ ]* must /u.test(error.message)) return null;
    throw error;
  }
};
const extreme = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1e-300, -1e-300, 1e300, 1e150, 0.1, 0.1 + 0.2, 0.3, 1),
  fc.integer({ min: -3, max: 3 }),
);
const list = fc.array(extreme, { maxLength: 6 });
const positive = extreme.map(Math.abs);
const arm = fc
  .oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(1, 1e6, 2 ** 40))
  .chain((n) =>
    fc.oneof(fc.constantFrom(0, n), fc.integer({ min: 0, max: n })).map((successes) => ({ n, successes })),
  );
const margin = fc.oneof(
  fc.constantFrom(1e-300, 1e-17, 0.5, 1 - 1e-16),
  fc.double({ min: 1e-9, max: 0.999, noNaN: true }),
);
const turns = fc.record({
  margin,
  kind: fc.constantFrom<'absolute' | 'relative'>('absolute', 'relative'),
  better: fc.constantFrom<'higher' | 'lower'>('higher', 'lower'),
});
const summary = fc.record({ n: fc.nat(5), mean: extreme, variance: positive });
const values = fc
  .array(fc.tuple(fc.option(extreme), extreme), { maxLength: 6 })
  .map((pairs) => ({ x: pairs.map(([x]) => x), y: pairs.map(([, y]) => y) }));
const known = fc.array(fc.tuple(extreme, extreme), { maxLength: 6 });
const moments = (pairs: readonly (readonly [number, number])[]) =>
  covariateMomentsOfValues(
    pairs.map(([x]) => x),
    pairs.map(([, y]) => y),
  );
const unit = fc.record({ count: fc.integer({ min: 1, max: 2 ** 40 }), sum: extreme });
const units = fc.array(unit, { maxLength: 5 });
const correction = fc.constantFrom<'CR1' | 'CR2'>('CR1', 'CR2');
const squares = unit.map((u) => ({ ...u, sumOfSquares: (u.sum / u.count) * u.sum * 1.5 }));
const power = fc.constantFrom(0.06, 0.8, 0.999999);

/** Calls with drawn arguments, by the name of what is called. */
const calls: readonly (readonly [string, number, fc.Arbitrary<() => unknown>])[] = [
  [
    'twoProportions',
    200,
    fc.tuple(arm, arm).map(
      ([a, b]) =>
        () =>
          twoProportions(a, b, { alpha: 1e-12 }),
    ),
  ],
  ['rateNonInferiority', 500, fc.tuple(arm, arm, turns).map((args) => () => rateNonInferiority(...args))],
  ['welch', 500, fc.tuple(list, list).map((args) => () => welch(...args))],
  ['welchOfSummary', 500, fc.tuple(summary, summary).map((args) => () => welchOfSummary(...args))],
  [
    'meanNonInferiority',
    500,
    fc.tuple(list, list, turns).map(
      ([a, b, options]) =>
        () =>
          meanNonInferiority(sampleMoments(a), sampleMoments(b), options),
    ),
  ],
  ['cuped', 500, fc.tuple(values, values).map((args) => () => cuped(...args))],
  [
    'compareRatios',
    500,
    fc.tuple(known, known).map(
      ([a, b]) =>
        () =>
          compareRatios(moments(a), moments(b)),
    ),
  ],
  [
    'clusterRobust',
    500,
    fc.tuple(units, units, correction).map(
      ([a, b, kind]) =>
        () =>
          clusterRobust(a, b, { correction: kind }),
    ),
  ],
  ['pairedUnits', 500, fc.array(fc.record({ a: unit, b: unit })).map((pairs) => () => pairedUnits(pairs))],
  ['designEffect', 500, fc.array(squares).map((all) => () => designEffect(all))],
  [
    'meanSampleSize',
    100,
    fc.tuple(extreme, positive, power).map(
      ([gap, sd, wanted]) =>
        () =>
          meanSampleSize(gap, sd, { power: wanted }),
    ),
  ],
  [
    'detectableDifference',
    60,
    fc.tuple(positive, fc.integer({ min: 2, max: 1e9 }), power).map(
      ([sd, nA, wanted]) =>
        () =>
          detectableDifference(sd, nA, { power: wanted }),
    ),
  ],
  [
    'planExperiment',
    500,
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), extreme).map(
      ([baseline, minimumEffect]) =>
        () =>
          planExperiment({ kind: 'rate', baseline, minimumEffect }),
    ),
  ],
];

describe('neither NaN nor Infinity comes out, whatever finite goes in', () => {
  it.each(calls)('of %s', (_, numRuns, call) => {
    fc.assert(
      fc.property(call, (drawn) => {
        expect(notNumbers(answerOf(drawn))).toEqual([]);
      }),
      { numRuns, seed: 4 },
    );
  });
});

describe('values at the ends of the scale', () => {
  const full = { n: 7, successes: 7 };
  const huge = 1.3e154;
  const of = (x: readonly number[], y: readonly number[]) => covariateMomentsOfValues(x, y);
  it.each<readonly [string, () => { readonly ok: boolean }]>([
    ['a margin that is nothing beside 1', () => rateNonInferiority(full, full, { margin: 1e-300 })],
    [
      'a ratio of means beyond the numbers',
      () =>
        meanNonInferiority(
          { n: 9, mean: 1e-300, m2: 1 },
          { n: 9, mean: 1e300, m2: 1 },
          { margin: 0.1, kind: 'relative' },
        ),
    ],
    ['a ratio of totals beyond the numbers', () => ratioEstimate(of([1e-300, 2e-300], [1e100, 3e100]))],
    [
      'ratios too far apart for their error',
      () => compareRatios(of([1, 2], [1e-160, 1e-160]), of([1, 2], [1e150, 2e150])),
    ],
    [
      'squares beyond the numbers',
      () =>
        designEffect([
          { count: 1, sum: huge, sumOfSquares: huge * huge },
          { count: 1, sum: -huge, sumOfSquares: huge * huge },
        ]),
    ],
  ])('give no statistic: %s', (_, call) => {
    expect(call()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/too (?:large|small)/u) as string,
    });
  });
});
