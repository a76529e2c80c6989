/** When our clock is believed: only while it is known to agree with the database's. */
import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import { compareClocks, type Clocks } from '../../../src/ingest/clocks.ts';
import { CLOCKS_APART_MS } from '../../../src/state/incident.ts';

const T0 = Date.parse('2026-03-01T12:00:00Z');
const EVERY_MS = 60_000;
const logger = pino({ level: 'silent' });
let clocks: Clocks | null = null;

afterEach(() => {
  clocks?.close();
  vi.useRealTimers();
});

/** Two clocks that go on with the same (fake) time, each as far off as a test says. */
async function started(off: { ours: number; theirs: number; away?: boolean }): Promise<Clocks> {
  vi.useFakeTimers({ now: T0 });
  const theirs = async () => {
    if (off.away === true) throw new Error('the database is away');
    return Date.now() + off.theirs;
  };
  const begun = compareClocks({ theirs, ours: () => Date.now() + off.ours, logger, everyMs: EVERY_MS });
  await vi.advanceTimersByTimeAsync(2_000);
  clocks = await begun;
  return clocks;
}

it.each([
  ['as far apart as they may be', { ours: -CLOCKS_APART_MS, theirs: 0 }, true],
  ['further apart, behind', { ours: -CLOCKS_APART_MS - 1, theirs: 0 }, false],
  ['further apart, ahead', { ours: CLOCKS_APART_MS + 1, theirs: 0 }, false],
  ['of which one tells no time', { ours: 0, theirs: Number.NaN }, false],
])('two clocks %s', async (_how, off, agree) => {
  expect((await started(off)).problem() === null).toBe(agree);
});

it('says what both tell, and believes ours again soon after it was set right', async () => {
  const off = { ours: 61 * 60_000, theirs: 0 };
  const { problem } = await started(off);
  expect(problem()).toMatch(
    /^the clock of the database says 2026-03-01T12:00:.* and ours 2026-03-01T13:01:.*, expected at most 5m apart/u,
  );
  off.ours = 0;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(problem()).toBeNull();
});

it('notices at the next comparison that the other clock was set, and at once that ours was', async () => {
  const off = { ours: 0, theirs: 0 };
  const { problem } = await started(off);
  off.theirs = 10 * 60_000;
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(problem()).toMatch(/apart/u);
  off.theirs = 0;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(problem()).toBeNull();
  off.ours = 2 * 60_000;
  expect(problem()).toBe('our clock has jumped: it is held against that of the database first');
  await vi.advanceTimersByTimeAsync(0);
  expect(problem()).toBeNull();
});

it('takes nothing before the first answer; what it knew holds while the database is away', async () => {
  const off = { ours: 0, theirs: 0, away: true };
  const { problem } = await started(off);
  expect(problem()).toBe('the clock of the database is not known yet');
  off.away = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(problem()).toBeNull();
  off.away = true;
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  expect(problem()).toBeNull();
});
