/** `windows`: any length is the same traffic, merged; what is kept by the hour is not cut. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readRetention } from '../../../src/config/retention-settings.ts';
import { randomFeedback } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { createWorld, SERVICE, type World } from '../activities/world.ts';
import { DATABASE, openTerminal, type Terminal } from './terminal.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let postgres: TestPostgres;
let world: World;
let terminal: Terminal;
let startMs: number;

const EVENTS = 800;
const events = () => randomFeedback(4, EVENTS, { startMs, spanMs: HOUR - 1, service: SERVICE });

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  world = await createWorld(postgres);
  startMs = Math.floor(world.nowMs / HOUR) * HOUR - 2 * HOUR;
  await world.stores.ingest.recordFeedback(events(), world.nowMs);
  terminal = openTerminal(world.ports);
});

interface Shown {
  readonly start: string;
  readonly arm: string;
  readonly metric: string;
  readonly count: number;
  readonly units: number;
  readonly mean: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const hourOf = () => ['--from', iso(startMs), '--to', iso(startMs + HOUR)];
const ask = async (...line: readonly string[]) => {
  const { exit, json } = await terminal.json('windows', SERVICE, ...DATABASE, ...line);
  return { exit, leftOut: json['leftOut'], windows: json['windows'] as readonly Shown[] };
};

/** The exact quantile of the raw values. */
function exact(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
}

it.each(['1m', '5m', '15m', '60m'])(
  'merged to %s is the same traffic, quantiles within one per cent',
  async (every) => {
    const { exit, windows } = await ask(...hourOf(), '--every', every);
    expect(exit).toBe(0);
    const everyMs = Number(every.slice(0, -1)) * MINUTE;
    expect(new Set(windows.map(({ start }) => start)).size).toBe(HOUR / everyMs);
    for (const arm of ['stable', 'candidate']) {
      const shown = windows.filter((each) => each.arm === arm && each.metric === 'latencyMs');
      const raw = events().filter(({ data }) => data.arm === arm);
      expect(shown.reduce((sum, { count }) => sum + count, 0)).toBe(raw.length);
      expect(shown.reduce((sum, { units }) => sum + units, 0)).toBe(raw.length);
      for (const { start, count, mean, p50, p95, p99 } of shown) {
        const values = raw
          .filter(
            ({ data }) => Math.floor(Date.parse(data.timestamp) / everyMs) * everyMs === Date.parse(start),
          )
          .map(({ data }) => data.latency_ms);
        expect(count).toBe(values.length);
        expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
        for (const [q, told] of [
          [0.5, p50],
          [0.95, p95],
          [0.99, p99],
        ] as const) {
          const near = [Math.floor, Math.ceil].map((round) => {
            const sorted = values.toSorted((a, b) => a - b);
            return sorted[round(q * (sorted.length - 1))] ?? Number.NaN;
          });
          const off = Math.min(...near.map((value) => Math.abs((told ?? 0) - value) / value));
          expect(off).toBeLessThanOrEqual(0.0101);
        }
      }
    }
  },
);

it('shows a table with the error of its quantiles, of one arm and metric when asked, and says when there is nothing', async () => {
  const line = [...DATABASE, ...hourOf(), '--every', '60m', '--arm', 'stable', '--metric', 'latencyMs'];
  const { exit, out } = await terminal.type('windows', SERVICE, ...line);
  expect(exit).toBe(0);
  expect(out).toMatch(/from +│ arm +│ metric +│ count +│ units +│ mean +│ p50 +│ p95 +│ p99/u);
  expect(out.match(/stable/gu)).toHaveLength(1);
  expect(out).toContain('within 1 % of a value');
  const none = await terminal.type('windows', 'stranger', ...DATABASE);
  expect(none).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^No windows of stranger from/u) as string,
  });
});

it('refuses a stretch that is empty or longer than anybody reads', async () => {
  const wrong = (...line: readonly string[]) => terminal.type('windows', SERVICE, ...DATABASE, ...line);
  expect(await wrong('--from', '1h', '--to', '2h')).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/--from: .* is given, expected a time before .*\(--to\)/u) as string,
  });
  expect(await wrong('--from', '30d', '--every', '1m')).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/1500 windows of 1m; or a longer --every/u) as string,
  });
});

it('leaves out what is kept by the hour when it is asked for less, and says so', async () => {
  const kept = { ...readRetention({}), mergeAfter: HOUR };
  await world.stores.maintenance.mergeWindows(kept, world.nowMs, { rowsAtOnce: 1, enough: () => false });
  const short = await terminal.type('windows', SERVICE, ...DATABASE, ...hourOf(), '--every', '5m');
  expect(short.out).toMatch(/^No windows.*\n\d+ windows are longer than 5m and left out.*--every 60m/u);
  const { windows, leftOut } = await ask(...hourOf(), '--every', '60m', '--metric', 'latencyMs');
  expect(leftOut).toBe(0);
  expect(windows.reduce((sum, { count }) => sum + count, 0)).toBe(EVENTS);
  const raw = events().map(({ data }) => (data.arm === 'stable' ? data.latency_ms : Number.NaN));
  const p50 = windows.find(({ arm }) => arm === 'stable')?.p50 ?? 0;
  expect(
    Math.abs(
      p50 /
        exact(
          raw.filter((value) => !Number.isNaN(value)),
          0.5,
        ) -
        1,
    ),
  ).toBeLessThan(0.02);
});
