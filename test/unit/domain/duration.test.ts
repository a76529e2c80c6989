/** Durations as people write them. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMs, formatDuration, parseDurationMs } from '../../../src/domain/duration.ts';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect([parseDurationMs(text), durationMs(text)]).toEqual([ms, ms]);
  });

  it.each(['', '15', 'm', '15 m', '-15m', '15M', '15min', '1e3s', '.5h', '15m30s', 'NaNs'])(
    '%j is none',
    (text) => {
      expect(parseDurationMs(text)).toBeNull();
      expect(() => durationMs(text)).toThrow(/^duration: /u);
    },
  );

  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [90_000, '90s'],
    [900_000, '15m'],
    [86_400_000, '1d'],
    [90_000_000, '25h'],
  ])('%d ms is shown in the largest whole unit', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('reads back as it was shown', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toBe(ms);
      }),
      { seed: 20_260_105 },
    );
  });
});
