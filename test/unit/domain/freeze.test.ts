/** When a service must not be changed. */
import { describe, expect, it } from 'vitest';
import { freezeSchema, frozenBecause } from '../../../src/domain/freeze.ts';

const at = (time: string): number => Date.parse(time);
const frozen = (window: object, time: string): string | null =>
  frozenBecause(freezeSchema.parse([window]), at(time));

describe('dates', () => {
  const holidays = { from: '2026-12-23T00:00:00Z', to: '2027-01-02T00:00:00+01:00', reason: 'holidays' };
  it.each([
    ['2026-12-22T23:59:59Z', false],
    ['2026-12-23T00:00:00Z', true],
    ['2027-01-01T22:59:59Z', true],
    ['2027-01-01T23:00:00Z', false],
  ])('%s: %s', (time, is) => {
    expect(frozen(holidays, time) !== null).toBe(is);
  });
  it('says until when, and why', () => {
    expect(frozen(holidays, '2026-12-24T12:00:00Z')).toBe('frozen until 2027-01-02T00:00:00+01:00: holidays');
  });
});

describe('hours of the week', () => {
  const weekend = { days: ['fri'], from: '16:00', to: '06:00', timeZone: 'Europe/Berlin' };
  it.each([
    // 2026-11-20 is a Friday; Berlin is at +01:00 then.
    ['2026-11-20T14:59:00Z', false],
    ['2026-11-20T15:00:00Z', true],
    ['2026-11-20T23:30:00Z', true],
    ['2026-11-21T04:59:00Z', true],
    ['2026-11-21T05:00:00Z', false],
    ['2026-11-21T15:30:00Z', false],
    ['2026-11-20T04:00:00Z', false],
    // In July Berlin is at +02:00.
    ['2026-07-17T14:00:00Z', true],
    ['2026-07-17T13:59:00Z', false],
  ])('over midnight, in a time zone: %s is %s', (time, is) => {
    expect(frozen(weekend, time) !== null).toBe(is);
  });
  it('within one day, in UTC unless told', () => {
    const office = { days: ['mon', 'tue'], from: '09:00', to: '17:00' };
    expect(frozen(office, '2026-11-23T09:00:00Z')).toBe('frozen on mon, tue from 09:00 to 17:00 (UTC)');
    expect(frozen(office, '2026-11-23T17:00:00Z')).toBeNull();
    expect(frozen(office, '2026-11-25T12:00:00Z')).toBeNull();
  });
});

it.each([
  [{ from: '2026-12-23T00:00:00Z', to: '2026-12-22T00:00:00Z' }, 'to'],
  [{ days: ['fri'], from: '25:00', to: '06:00' }, 'from'],
  [{ days: ['fri'], from: '16:00', to: '06:00', timeZone: 'Europe/Atlantis' }, 'timeZone'],
  [{ days: [], from: '16:00', to: '06:00' }, 'days'],
])('%j is no window', (window, field) => {
  const parsed = freezeSchema.safeParse([window]);
  expect(parsed.success).toBe(false);
  expect(JSON.stringify(parsed.error?.issues)).toContain(`"${field}"`);
});
