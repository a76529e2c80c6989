import { expect, it } from 'vitest';
import { statsOf } from '../../../src/ingest/otlp/to-stats.ts';
import type { HistogramValue } from '../../../src/ingest/otlp/point.ts';
import { quantile, sketchCount } from '../../../src/math/index.ts';

const histogram = (more: Partial<HistogramValue>): HistogramValue => ({
  kind: 'histogram',
  count: 6,
  sum: 300,
  min: null,
  max: null,
  bounds: [0, 10, 100],
  counts: [1, 2, 3, 0],
  ...more,
});

it('keeps count and sum of a histogram, and bounds its extremes by its buckets', () => {
  const stats = statsOf(histogram({}));
  expect(stats).toMatchObject({ count: 6, sum: 300, min: 0, max: 100 });
  expect(stats?.sketch && sketchCount(stats.sketch)).toBe(6);
  expect(stats?.sketch?.zeroCount).toBe(1);
});

it('takes the extremes a histogram states for exact, in the first and the last bucket', () => {
  const stats = statsOf(histogram({ counts: [0, 3, 0, 3], min: 4, max: 160 }));
  expect(stats).toMatchObject({ min: 4, max: 160 });
  expect(stats?.sketch && quantile(stats.sketch, 1)).toBeCloseTo(130, -1);
});

it('takes an open last bucket at its lower bound when no maximum is stated', () => {
  expect(statsOf(histogram({ counts: [0, 0, 0, 6] }))).toMatchObject({ min: 100, max: 100 });
});

it('never gives a sum of squares below what count and sum imply', () => {
  const stats = statsOf(histogram({ counts: [6, 0, 0, 0], sum: 600 }));
  expect(stats?.sumOfSquares).toBe(60_000);
});

it('reads a histogram without buckets as count and sum', () => {
  expect(statsOf(histogram({ bounds: [], counts: [], min: 1, max: 90 }))).toMatchObject({
    count: 6,
    sum: 300,
    min: 1,
    max: 90,
  });
});

it('adds nothing for an empty histogram and for a sum that did not rise', () => {
  expect(statsOf(histogram({ count: 0, counts: [0, 0, 0, 0] }))).toBeNull();
  expect(statsOf({ kind: 'number', value: 0 })).toBeNull();
});
