/** Which units are one, and how values are turned from one into another. */
import { describe, expect, it } from 'vitest';
import { advanceStream } from '../../../src/ingest/otlp/advance-stream.ts';
import type { OtlpPoint, PointValue } from '../../../src/ingest/otlp/point.ts';
import { canonicalUnit, factorBetween } from '../../../src/ingest/otlp/units.ts';

it.each([
  ['', ''],
  ['{token}', '1'],
  ['tokens', '1'],
  ['Seconds', 's'],
  ['1', '1'],
  ['milliseconds', 'ms'],
  ['µs', 'us'],
  ['μs', 'us'],
  ['By{sent}', 'By'],
  ['USD', 'USD'],
])('reads the unit %j as %j', (stated, unit) => {
  expect(canonicalUnit(stated)).toBe(unit);
});

it.each([
  ['ms', 's', 1 / 1_000],
  ['KiBy', 'kBy', 1.024],
  ['kBy', 'KiBy', 1 / 1.024],
  ['s', 'ms', 1_000],
  ['ns', 'ms', 1 / 1_000_000],
  ['min', 's', 60],
  ['KiBy', 'By', 1_024],
  ['%', '1', 0.01],
  ['s', 's', 1],
  ['', 's', 1],
  ['s', '', 1],
  ['s', 'By', null],
  ['USD', 'EUR', null],
  ['constructor', 's', null],
])('turns %j into %j by %s', (from, to, factor) => {
  expect(factorBetween(from, to)).toBe(factor);
});

describe('a point in another unit than its windows', () => {
  const point = (unit: string, value: PointValue, temporality: OtlpPoint['temporality']): OtlpPoint => ({
    streamKey: 'k',
    serviceId: 's',
    generation: 0,
    arm: 'stable',
    metric: 'm',
    unit,
    taskType: 'all',
    atMs: 2,
    temporality,
    startNano: '1',
    timeNano: '2',
    value,
  });
  const inSeconds = { seenSinceMs: 0, unit: 's' };
  const shared = { count: 2, sum: 3_000, min: 1_000, max: 2_000 };

  it.each<[string, PointValue]>([
    ['explicit', { kind: 'histogram', ...shared, bounds: [1_500], counts: [1, 1] }],
    ['exponential', { kind: 'exponential', ...shared, scale: 0, zeroCount: 0, offset: 9, counts: [1, 1] }],
    ['no', { kind: 'histogram', ...shared, bounds: [], counts: [] }],
  ])('is turned: a histogram of %s buckets', (_, value) => {
    const { added } = advanceStream(null, point('ms', value, 'delta'), inSeconds);
    expect(added).toMatchObject({ count: 2, sum: 3, min: 1, max: 2 });
    // 1 s and 2 s, within their buckets.
    expect(added?.sumOfSquares).toBeGreaterThanOrEqual(4.5);
    expect(added?.sumOfSquares).toBeLessThan(5.5);
  });

  it('is turned: a gauge, and a difference', () => {
    const number = (value: number): PointValue => ({ kind: 'number', value });
    expect(advanceStream(null, point('ms', number(250), 'gauge'), inSeconds).added?.sum).toBe(0.25);
    const before = { startNano: '1', timeNano: '1', value: number(1_000) };
    expect(advanceStream(before, point('ms', number(4_000), 'cumulative'), inSeconds).added?.sum).toBe(3);
  });

  it('is refused where it cannot be, and leaves its stream as it was', () => {
    const before = { startNano: '1', timeNano: '1', value: null };
    const { state, added, refused } = advanceStream(
      before,
      point('By', { kind: 'number', value: 1 }, 'cumulative'),
      inSeconds,
    );
    expect([state, added]).toEqual([before, null]);
    expect(refused).toContain('its unit is "By", expected "s"');
  });
});
