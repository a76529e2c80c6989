/** How long what is kept: durations as they are set, and what of it may go at a moment. */
import { assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRetention, RETENTION_VARIABLES } from '../../../src/config/retention-settings.ts';
import {
  cutoffOf,
  epochInForce,
  partitionsToDrop,
  retentionOfRun,
  wholeHour,
  type Partition,
} from '../../../src/domain/retention.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOW = Date.parse('2026-03-10T12:30:00Z');
const USUAL = readRetention({});

describe('the retention of a process', () => {
  it('is the usual one with nothing set, and with what is set empty', () => {
    expect(USUAL).toEqual({
      late: 7 * DAY,
      raw: 7 * DAY,
      mergeAfter: 35 * DAY,
      windows: 365 * DAY,
      units: 35 * DAY,
      streams: 90 * DAY,
      notes: 30 * DAY,
    });
    expect(readRetention(Object.fromEntries(RETENTION_VARIABLES.map((name) => [name, ''])))).toEqual(USUAL);
  });

  it('follows the environment', () => {
    expect(readRetention({ INGEST_LATE: '6h', RETENTION_RAW: '1d', RETENTION_NOTES: '60d' })).toMatchObject({
      late: 6 * HOUR,
      raw: DAY,
      notes: 60 * DAY,
    });
  });

  it.each([
    [{ RETENTION_RAW: 'a week' }, 'RETENTION_RAW: "a week" is given, expected a duration such as 7d'],
    [{ INGEST_LATE: '8d', RETENTION_RAW: '9d' }, 'INGEST_LATE: "8d" is given, expected 1h to 7d'],
    [{ RETENTION_RAW: '2d' }, 'RETENTION_RAW: "2d" is given, expected 7d or more, beside INGEST_LATE of 7d'],
    [{ RETENTION_UNITS: '1d' }, 'RETENTION_UNITS: "1d" is given, expected 15d to 3650d'],
    [{ RETENTION_MERGE_AFTER: '14d' }, 'RETENTION_MERGE_AFTER: "14d" is given, expected 15d to 3650d'],
    [
      { RETENTION_WINDOWS: '40d', RETENTION_MERGE_AFTER: '60d' },
      'RETENTION_WINDOWS: "40d" is given, expected 60d or more, beside RETENTION_MERGE_AFTER of 60d',
    ],
  ])('refuses %j', (env, told) => {
    expect(() => readRetention(env)).toThrow(told);
  });

  it('gives way to what the input of a run says', () => {
    const usual = readRetention({ RETENTION_RAW: '14d' });
    expect(retentionOfRun({}, usual)).toEqual(usual);
    expect(retentionOfRun(undefined, usual)).toEqual(usual);
    expect(retentionOfRun({ raw: '10d', by: 'ann' }, usual)).toEqual({ ...usual, raw: 10 * DAY });
  });

  it.each([
    [{ late: '1h' }, 'late: "1h" is given, expected no such key'],
    [{ raw: '5' }, 'raw: "5" is given, expected a duration'],
    [{ raw: '1h' }, 'raw: "1h" is given, expected 1d to 365d'],
    [{ raw: '2d' }, 'raw: "2d" is given, expected 7d or more, beside late of 7d'],
    [{ windows: '40d', mergeAfter: '50d' }, 'windows: "40d" is given, expected 50d or more'],
    [{ by: '' }, 'by: "" is given, expected who asks'],
  ])('refuses the input %j of a run', (input, told) => {
    expect(() => retentionOfRun(input, USUAL)).toThrow(told);
  });
});

describe('partitions to drop', () => {
  const day = (date: string): Partition => {
    const fromMs = Date.parse(`${date}T00:00:00Z`);
    return { table: 't', holds: 'events', name: `t_${date}`, fromMs, toMs: fromMs + DAY };
  };
  const names = (partitions: readonly Partition[]) => partitions.map(({ name }) => name.slice(-10));

  it('are those of which all is older, oldest first; an hour is left for clocks that differ', () => {
    const days = [day('2026-03-03'), day('2026-03-01'), day('2026-03-02'), day('2026-03-10')];
    expect(names(partitionsToDrop(days, USUAL, NOW))).toEqual(['2026-03-01', '2026-03-02']);
    const midnight = Date.parse('2026-03-10T00:00:00Z');
    expect(names(partitionsToDrop(days, USUAL, midnight + HOUR - 1))).toEqual(['2026-03-01']);
    expect(names(partitionsToDrop(days, USUAL, midnight + HOUR))).toEqual(['2026-03-01', '2026-03-02']);
  });

  it('never hold anything that ingest would still take', () => {
    const spans = record({
      days: integer({ min: -30, max: 5 }),
      keep: integer({ min: 7, max: 30 }),
    });
    assert(
      property(spans, integer({ min: 0, max: DAY }), ({ days, keep }, more) => {
        const fromMs = Math.floor(NOW / DAY) * DAY + days * DAY;
        const partition = { table: 't', holds: 'events' as const, name: 'p', fromMs, toMs: fromMs + DAY };
        const dropped = partitionsToDrop([partition], { raw: keep * DAY }, NOW + more).length === 1;
        expect(dropped && partition.toMs - 1 >= NOW + more - USUAL.late).toBe(false);
      }),
    );
  });
});

describe('identities of events', () => {
  const week = (ageDays: number): Partition => {
    const toMs = NOW - ageDays * DAY;
    return { table: 't', holds: 'identities', name: String(ageDays), fromMs: toMs - 7 * DAY, toMs };
  };

  it('hold for one whose time was an hour ahead, and an hour for clocks that differ', () => {
    const justUnder = week((7 * DAY + 2 * HOUR - 1) / DAY);
    expect(partitionsToDrop([justUnder], USUAL, NOW)).toEqual([]);
    expect(partitionsToDrop([justUnder], USUAL, NOW + 1)).toEqual([justUnder]);
  });

  it('go after events, however old they are', () => {
    const old = { ...week(50), name: 'events', holds: 'events' as const };
    expect(partitionsToDrop([week(90), old], USUAL, NOW).map(({ name }) => name)).toEqual(['events', '90']);
  });

  it('hold for as long as an event may be late, whatever raw events do', () => {
    const dropped = (raw: number) =>
      partitionsToDrop([week(6), week(8)], { raw }, NOW).map(({ name }) => name);
    expect([dropped(DAY), dropped(30 * DAY)]).toEqual([['8'], ['8']]);
  });
});

describe('the cutoff of a service', () => {
  it('is an age, and two weeks before anything that is open', () => {
    const open = [
      { serviceId: 'busy', fromMs: NOW - 30 * DAY },
      { serviceId: 'busy', fromMs: NOW - 2 * DAY },
    ];
    expect(cutoffOf('idle', open, 35 * DAY, NOW)).toBe(NOW - 35 * DAY);
    expect(cutoffOf('busy', open, 35 * DAY, NOW)).toBe(NOW - 44 * DAY);
    expect(cutoffOf('busy', open, 365 * DAY, NOW)).toBe(NOW - 365 * DAY);
  });
});

describe('the epoch in force', () => {
  it.each([
    ['an hour without any', null, wholeHour(NOW)],
    [
      'a step however long ago it began',
      { beganAtMs: NOW - 40 * DAY, every: 'step' as const },
      NOW - 40 * DAY,
    ],
    ['hours after a change', { beganAtMs: NOW - 40 * DAY, every: 'hour' as const }, wholeHour(NOW)],
    [
      'the rest of the hour in which a change ended',
      { beganAtMs: NOW - 60_000, every: 'hour' as const },
      NOW - 60_000,
    ],
  ])('is %s', (_what, epoch, expected) => {
    expect(epochInForce(epoch, NOW)).toBe(expected);
  });
});
