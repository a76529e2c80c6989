/**
 * Times at which a service is not to be changed: dates, or hours of the week in a time zone. A rollback is never in their way.
 */
import { z } from 'zod';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const timeOfDay = z.string({ error: 'a time of day such as 16:00' }).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/u, {
  error: 'a time of day such as 16:00',
});
const instant = z.iso.datetime({ offset: true, error: 'a time such as 2026-12-24T00:00:00Z' });
const why = z.string().min(1).max(200).optional();

const isTimeZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).format(0) !== '';
  } catch {
    return false;
  }
};

/** `[from, to)` once. */
const datesSchema = z
  .strictObject({ from: instant, to: instant, reason: why })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], error: 'a time after from' });

/** `[from, to)` on each of the days; `to` at or before `from` lies on the day after. */
const weeklySchema = z.strictObject({
  days: z.array(z.enum(DAYS)).min(1, { error: 'at least one day' }),
  from: timeOfDay,
  to: timeOfDay,
  timeZone: z.string().default('UTC').refine(isTimeZone, { error: 'a time zone such as Europe/Berlin' }),
  reason: why,
});

export const freezeSchema = z.array(z.union([weeklySchema, datesSchema]));
export type Freeze = z.output<typeof freezeSchema>;
type Weekly = z.output<typeof weeklySchema>;

/** Which of the windows holds at `nowMs` (ms since the epoch), in words; null when none does. */
export function frozenBecause(freeze: Freeze, nowMs: number): string | null {
  for (const window of freeze) {
    const reason = window.reason === undefined ? '' : `: ${window.reason}`;
    if ('days' in window) {
      const { days, from, to, timeZone } = window;
      if (holdsWeekly(window, nowMs)) {
        return `frozen on ${days.join(', ')} from ${from} to ${to} (${timeZone})${reason}`;
      }
    } else if (nowMs >= Date.parse(window.from) && nowMs < Date.parse(window.to)) {
      return `frozen until ${window.to}${reason}`;
    }
  }
  return null;
}

function holdsWeekly({ days, from, to, timeZone }: Weekly, nowMs: number): boolean {
  const { day, minute } = localTime(nowMs, timeZone);
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const yesterday = DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day;
  if (begin < end) return days.includes(day) && minute >= begin && minute < end;
  return (days.includes(day) && minute >= begin) || (days.includes(yesterday) && minute < end);
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function localTime(nowMs: number, timeZone: string): { day: (typeof DAYS)[number]; minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(nowMs);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  const day = DAYS.find((name) => name === of('weekday').toLowerCase()) ?? 'sun';
  return { day, minute: Number(of('hour')) * 60 + Number(of('minute')) };
}
