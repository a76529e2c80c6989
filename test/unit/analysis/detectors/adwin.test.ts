import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyWindow,
  findCut,
  withoutOldest,
  withValue,
} from '../../../../src/analysis/detectors/adwin-window.ts';
import { adwin, adwinEstimate } from '../../../../src/analysis/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 300 });
const sum = (list: readonly number[]): number => list.reduce((total, x) => total + x, 0);

describe('the window of ADWIN', () => {
  it('is a summary of the newest values, whatever was dropped, in buckets of powers of two', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 6 }), fc.nat({ max: 4 }), (stream, maxBuckets, drops) => {
        let window = emptyWindow();
        for (const value of stream) window = withValue(window, value, maxBuckets);
        const buckets = window.rows.flat().length;
        for (let i = 0; i < Math.min(drops, buckets - 1); i++) window = withoutOldest(window);
        const kept = stream.slice(stream.length - window.width);
        const mean = sum(kept) / kept.length;
        expect(window.ticks).toBe(stream.length);
        expect(sum(window.rows.map((row, r) => row.length * 2 ** r))).toBe(window.width);
        expect(window.total).toBeCloseTo(sum(kept), 8);
        expect(window.m2).toBeCloseTo(sum(kept.map((x) => (x - mean) ** 2)), 5);
        for (const row of window.rows) expect(row.length).toBeLessThanOrEqual(maxBuckets);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('finds the cut where the mean moved, and none where it did not', () => {
    const settings = { delta: 0.002, minWindowLength: 5 };
    let window = emptyWindow();
    for (let i = 0; i < 256; i++) window = withValue(window, i % 2, 5);
    expect(findCut(window, settings)).toBeNull();
    for (let i = 0; i < 256; i++) window = withValue(window, 2 + (i % 2), 5);
    const cut = findCut(window, settings)!;
    expect(cut.newerMean - cut.olderMean).toBeGreaterThan(cut.epsilon);
  });

  it('never counts less than no spread when rounding takes it below', () => {
    let window = emptyWindow();
    const rounded = [1513870.0783782965, 1175741.3149698363, 1155259.7583063224, 1146265.5664171397];
    const more = [1284718.8414468984, 1929089.0697990959, 1008751.3923685772, 1889210.250642714];
    for (const value of [...rounded, ...more, 3, 3, 3, 3]) window = withValue(window, value, 2);
    while (window.rows.flat().length > 1) {
      window = withoutOldest(window);
      expect(window.m2).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('ADWIN', () => {
  const random = randomFromSeed(11);
  const rate = (p: number, n: number): readonly number[] =>
    Array.from({ length: n }, () => (random.next() < p ? 1 : 0));
  const stream = [...rate(0.9, 2000), ...rate(0.5, 1000)];

  const after = (afterAlarm: 'keep' | 'reset') => {
    const detector = adwin({ afterAlarm });
    let state = detector.start();
    let atAlarm: typeof state | null = null;
    let next: typeof state | null = null;
    for (const value of stream) {
      const detected = detector.update(state, value);
      if (atAlarm !== null && next === null) next = detected.state;
      state = detected.state;
      if (detected.alarm !== null) atAlarm ??= state;
    }
    return { atAlarm: adwinEstimate(atAlarm!), next: adwinEstimate(next!), end: adwinEstimate(state) };
  };

  it('keeps the newer part after an alarm, and its mean is the new level in the end', () => {
    const { atAlarm, next, end } = after('keep');
    expect(next.width).toBe(atAlarm.width + 1);
    expect(atAlarm.width).toBeLessThan(1500);
    expect(end.width).toBeGreaterThan(atAlarm.width);
    expect(Math.abs(end.mean! - 0.5)).toBeLessThan(0.1);
  });

  it('starts anew at the next value where it is to reset, so the estimate can be read at the alarm', () => {
    const { atAlarm, next, end } = after('reset');
    expect(atAlarm.width).toBeGreaterThan(10);
    expect(next.width).toBe(1);
    expect(end.mean).toBeCloseTo(0.5, 1);
  });

  it('has no mean before the first value', () => {
    expect(adwinEstimate(adwin().start())).toEqual({ width: 0, mean: null });
  });
});
