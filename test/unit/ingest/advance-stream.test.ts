import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceStream } from '../../../src/ingest/otlp/advance-stream.ts';
import { atScale } from '../../../src/ingest/otlp/difference.ts';
import { readSummary } from '../../../src/ingest/otlp/read-value.ts';
import type {
  ExponentialValue,
  HistogramValue,
  OtlpPoint,
  PointValue,
} from '../../../src/ingest/otlp/point.ts';

const at = (
  time: number,
  value: PointValue,
  temporality: OtlpPoint['temporality'] = 'cumulative',
  start = 1,
): OtlpPoint => ({
  // As ingest tells streams apart.
  streamKey: temporality === 'cumulative' && start !== 0 ? `k from ${start}` : 'k',
  serviceId: 's',
  generation: 0,
  arm: 'stable',
  metric: 'm',
  unit: '',
  taskType: 'all',
  atMs: time,
  temporality,
  startNano: String(start),
  timeNano: String(time),
  value,
});

const number = (value: number): PointValue => ({ kind: 'number', value });

const histogram = (counts: readonly number[], sum: number): HistogramValue => ({
  kind: 'histogram',
  count: counts.reduce((a, b) => a + b, 0),
  sum,
  min: null,
  max: null,
  bounds: [10, 20],
  counts,
});

/** Nobody is older than the first contact. */
const MET = { seenSinceMs: 0, unit: '' };

/** What was added after each point; the states go through JSON, as they do in the database. */
function run(points: readonly OtlpPoint[], context = MET): (readonly [count: number, sum: number] | null)[] {
  const states = new Map<string, unknown>();
  return points.map((point) => {
    const { state, added } = advanceStream(states.get(point.streamKey) ?? null, point, context);
    // Points that stand for themselves leave no state.
    if (point.temporality === 'cumulative') states.set(point.streamKey, JSON.parse(JSON.stringify(state)));
    return added && [added.count, added.sum];
  });
}

describe('a cumulative stream', () => {
  it('adds differences, and nothing for a point sent again or late', () => {
    const points = [at(2, number(5)), at(3, number(8)), at(3, number(8)), at(2, number(5)), at(4, number(8))];
    expect(run(points)).toEqual([[1, 5], [1, 3], null, null, null]);
  });

  it('starts again when its value falls or its start changes', () => {
    const points = [
      at(2, number(5)),
      at(3, number(2)),
      at(5, number(4), 'cumulative', 4),
      at(6, number(6), 'cumulative', 4),
    ];
    expect(run(points)).toEqual([
      [1, 5],
      [1, 2],
      [1, 4],
      [1, 2],
    ]);
  });

  it('with an unknown start only gives a baseline at first', () => {
    expect(run([at(2, number(100), 'cumulative', 0), at(3, number(104), 'cumulative', 0)])).toEqual([
      null,
      [1, 4],
    ]);
  });

  it('gives a baseline only, when its process is older than the first contact by more than five minutes', () => {
    const minute = 60_000;
    const since = (minutes: number, value: number): OtlpPoint => ({
      ...at(0, number(value), 'cumulative', minutes),
      startNano: String(BigInt(minutes * minute) * 1_000_000n),
      timeNano: String(BigInt(120 * minute) * 1_000_000n + BigInt(value)),
    });
    const points = [since(54, 900), since(54, 903), since(55, 7), since(61, 8)];
    expect(run(points, { seenSinceMs: 60 * minute, unit: '' })).toEqual([null, [1, 3], [1, 7], [1, 8]]);
  });

  it('of a process of before the first contact counts whole once its instrument was known at an earlier time', () => {
    const hourNano = 3_600_000_000_000;
    const added = (familySinceNano?: number, start = hourNano): number | undefined => {
      const point = { ...at(0, number(1)), startNano: String(start), timeNano: String(20 * hourNano) };
      const since = familySinceNano === undefined ? {} : { familySinceNano: String(familySinceNano) };
      return advanceStream(null, point, { seenSinceMs: 10 * 3_600_000, unit: '', ...since }).added?.sum;
    };
    expect([added(20 * hourNano - 4_096), added(10 * hourNano)]).toEqual([1, 1]);
    // Of the collection that the instrument was met in, or one before it; of an instrument that is not remembered.
    expect([added(20 * hourNano), added(20 * hourNano + 4_096), added()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(added(10 * hourNano, 0)).toBe(undefined);
  });

  it('of a process that flushes within the millisecond of its start counts whole', () => {
    expect(run([at(2, number(5), 'cumulative', 2)])).toEqual([[1, 5]]);
  });

  it('goes on from a state of the version before only when that is of the same start', () => {
    const former = { startNano: '1', timeNano: '5', value: { kind: 'number', value: 10 } };
    const added = [1, 2].map(
      (start) => advanceStream(former, at(6, number(12), 'cumulative', start), MET).added?.sum,
    );
    expect(added).toEqual([2, 12]);
  });

  it('of a histogram adds counts per bucket and starts again when one of them falls', () => {
    const points = [
      at(2, histogram([1, 2, 0], 30)),
      at(3, histogram([1, 4, 1], 90)),
      at(4, histogram([2, 0, 5], 150)),
    ];
    expect(run(points)).toEqual([
      [3, 30],
      [3, 60],
      [7, 150],
    ]);
  });

  it('compares nanoseconds that a double cannot tell apart', () => {
    const first = { ...at(0, number(1)), timeNano: '1767225600000000001' };
    const next = { ...at(0, number(2)), timeNano: '1767225600000000002' };
    expect(run([first, next, first])).toEqual([[1, 1], [1, 1], null]);
  });

  it('counts every observation once, whatever is repeated, delayed or restarted (property)', () => {
    const script = fc.array(fc.record({ add: fc.nat(50), repeat: fc.nat(2), restart: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(script, (steps) => {
        let [time, start, value, expected] = [1, 1, 0, 0];
        const points: OtlpPoint[] = [];
        for (const { add, repeat, restart } of steps) {
          time += 1;
          if (restart) [start, value] = [time, 0];
          value += add;
          expected += add;
          for (let i = 0; i <= repeat; i++) points.push(at(time + 1, number(value), 'cumulative', start));
          time += 1;
        }
        const total = run(points).reduce((sum, added) => sum + (added?.[1] ?? 0), 0);
        expect(total).toBe(expected);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('other streams', () => {
  it('count each delta, and each reading of a gauge, zero too, in any order', () => {
    const deltas = [3, 2].map((time) => at(time, number(4), 'delta'));
    expect(run(deltas)).toEqual([
      [1, 4],
      [1, 4],
    ]);
    expect(run([at(3, number(0), 'gauge'), at(2, number(0), 'gauge')])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('add nothing up to where the version before had counted their stream', () => {
    const former = { startNano: '1', timeNano: '5', value: null };
    const added = [5, 6].map((time) => advanceStream(former, at(time, number(4), 'delta'), MET).added?.sum);
    expect(added).toEqual([undefined, 4]);
  });
});

describe('an exponential histogram', () => {
  const exponential = (scale: number, offset: number, counts: readonly number[]): ExponentialValue => ({
    kind: 'exponential',
    count: counts.reduce((a, b) => a + b, 0),
    sum: 1,
    min: null,
    max: null,
    scale,
    zeroCount: 0,
    offset,
    counts,
  });

  it('keeps each value in the bucket that covers it when it is coarsened', () => {
    expect(atScale(exponential(1, -3, [1, 2, 3, 4]), 0)).toMatchObject({
      scale: 0,
      offset: -2,
      counts: [1, 5, 4],
    });
    const values = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (list, scale, down) => {
          const fill = (to: number): ExponentialValue => {
            const indexes = list.map((value) => Math.ceil(Math.log2(value) * 2 ** to) - 1);
            const offset = Math.min(...indexes);
            const counts = Array.from<number>({ length: Math.max(...indexes) - offset + 1 }).fill(0);
            for (const index of indexes) counts[index - offset]! += 1;
            return exponential(to, offset, counts);
          };
          expect(atScale(fill(scale), scale - down)).toEqual(fill(scale - down));
        },
      ),
      { seed: 11, numRuns: 200 },
    );
  });

  it('adds the difference at the coarser scale when it was coarsened in between', () => {
    const points = [at(2, exponential(1, 0, [1, 1])), at(3, exponential(0, 0, [3, 2]))];
    expect(run(points)).toEqual([
      [2, 1],
      [3, 0],
    ]);
  });
});

describe('a summary', () => {
  const points = { attributes: [], flags: 0, startTimeUnixNano: '1', timeUnixNano: '2' };
  const summary = (count: number, sum: number, quantiles: readonly (readonly [number, number])[] = []) =>
    readSummary({
      ...points,
      count,
      sum,
      quantileValues: quantiles.map(([quantile, value]) => ({ quantile, value })),
    });

  it('is count, sum and, where they go with the mean, extremes', () => {
    const ends = [
      [0, 1],
      [0.5, Number.NaN],
      [1, 9],
    ] as const;
    const value = { kind: 'histogram', bounds: [], counts: [] };
    expect(summary(3, 12, ends)).toEqual({
      ok: true,
      value: { ...value, count: 3, sum: 12, min: 1, max: 9 },
    });
    // Quantiles of the last minutes alone.
    const later = { ...value, count: 3, sum: 60, min: null, max: null };
    expect(summary(3, 60, ends)).toEqual({ ok: true, value: later });
  });

  it.each([
    ['count', summary(1.5, 3), 'a count is not a whole number'],
    ['sum below zero', summary(1, -3), 'values below zero'],
    ['sum that is left out', summary(2, 0, [[0.5, 3]]), 'the sum is not given'],
    ['sum that is none', summary(2, Number.NaN), 'sum is not a finite number'],
  ])('is refused for its %s', (_, read, reason) => {
    expect(read).toEqual({ ok: false, reason: expect.stringContaining(reason) as string });
  });

  it('adds what came since, without extremes, and all of it when it began anew', () => {
    const at1 = at(2, { ...histogram([], 6), count: 2, bounds: [], min: 1, max: 5 });
    const at2 = at(3, { ...histogram([], 10), count: 4, bounds: [], min: 1, max: 5 });
    const fell = at(4, { ...histogram([], 4), count: 4, bounds: [], min: 1, max: 1 });
    const first = advanceStream(null, at1, MET);
    const second = advanceStream(first.state, at2, MET);
    expect([first.added, second.added, advanceStream(second.state, fell, MET).added]).toMatchObject([
      { count: 2, sum: 6, min: 1, max: 5 },
      { count: 2, sum: 4, min: null, max: null },
      { count: 4, sum: 4, min: 1, max: 1 },
    ]);
  });
});
