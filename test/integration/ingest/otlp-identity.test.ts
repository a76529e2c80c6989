/** Which points are the same and which are not: processes that share a resource, restarts, what comes late, again or out of order, and processes older than their first contact. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { attribute, counter, metricsRequest, nanosBefore, postMetrics } from '../../support/otlp-json.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY_S = 86_400;
let postgres: TestPostgres;
let ingest: TestIngest;
let nowMs = NOW;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  nowMs = NOW;
  ingest = await startTestIngest(postgres, { clock: () => nowMs });
});
afterEach(() => ingest.close());

/** Seconds before NOW; a start of null is not known. */
type Sent = readonly [start: number | null, time: number, value: number];

const pointOf = ([start, time, value]: Sent) => ({
  startTimeUnixNano: start === null ? '0' : nanosBefore(NOW, start),
  timeUnixNano: nanosBefore(NOW, time),
  asInt: String(value),
});

async function send(points: readonly Sent[], temporality: 1 | 2 = 2): Promise<void> {
  for (const each of points) {
    const answer = await postMetrics(
      ingest.httpUrl,
      metricsRequest([counter('c', [pointOf(each)], temporality)]),
    );
    expect(answer).toEqual({ status: 200, body: {} });
  }
}

const sum = async (): Promise<number> => (await ingest.totals('bot'))['c']?.[1] ?? 0;

/** How the point before left a stream, in the form and under the key of the version before. */
async function leaveFormer(kind: string, [start, time, value]: Sent, kept: boolean): Promise<void> {
  const resource = JSON.stringify([['service.name', { stringValue: 'bot' }]]);
  const identity = [resource, JSON.stringify(['s', '', '[]']), 'c', '', kind, '[]'].join('\0');
  const state = {
    startNano: start === null ? '0' : nanosBefore(NOW, start),
    timeNano: nanosBefore(NOW, time),
    value: kept ? { kind: 'number', value } : null,
  };
  await ingest.pool.query('INSERT INTO otlp_streams VALUES ($1, $2, $3)', [
    createHash('sha256').update(identity).digest('hex'),
    JSON.stringify(state),
    NOW,
  ]);
}

describe('a cumulative stream', () => {
  it('is one for each process, also where two share all attributes', async () => {
    await send([
      [100, 90, 10],
      [99, 89, 20],
      [100, 80, 11],
      [99, 79, 22],
      [100, 70, 12],
      [99, 69, 23],
    ]);
    expect(await sum()).toBe(12 + 23);
  });

  it('goes on after a restart of its process, and what the old process still tells late counts once', async () => {
    await send([
      [100, 90, 10],
      [60, 50, 3],
      [100, 70, 14],
      [60, 40, 5],
      [100, 80, 12],
      [100, 70, 14],
      [60, 40, 5],
    ]);
    expect(await sum()).toBe(14 + 5);
  });

  it('whose start is not known adds nothing with its first point', async () => {
    await send([
      [null, 90, 100],
      [null, 80, 103],
      [null, 70, 1],
    ]);
    expect(await sum()).toBe(3 + 1);
  });
});

describe('at the first contact with a service', () => {
  it('a process that has been up for long gives a baseline, and one that starts later counts whole', async () => {
    await send([[30 * DAY_S, 60, 1_000_000]]);
    expect(await sum()).toBe(0);
    await send([[30 * DAY_S, 50, 1_000_007]]);
    expect(await sum()).toBe(7);
    // Another one of the same age is met an hour later, by another process of ingest.
    nowMs += 3_600_000;
    ingest = await ingest.restart();
    await send([[29 * DAY_S, 40, 500_000]]);
    expect(await sum()).toBe(7);
    await send([[-600, -660, 40]]);
    expect(await sum()).toBe(7 + 40);
  });

  it('a series that first appears in a known instrument of an old process counts whole', async () => {
    const HOURS_10 = 36_000;
    const request = async (points: readonly (readonly [series: string, ...Sent])[]): Promise<number> => {
      const told = points.map(([series, ...sent]) => ({
        ...pointOf(sent),
        attributes: [attribute('gen_ai.request.model', series)],
      }));
      const answer = await postMetrics(ingest.httpUrl, metricsRequest([counter('c', told)]));
      expect(answer).toEqual({ status: 200, body: {} });
      return sum();
    };
    // One collection in two requests, and one of before that comes late.
    expect(await request([['a', HOURS_10, 60, 900]])).toBe(0);
    expect(await request([['b', HOURS_10, 60, 500]])).toBe(0);
    expect(await request([['late', HOURS_10, 70, 300]])).toBe(0);
    // The next one, after a restart of ingest; a series that appears stands before those that are known, or alone.
    ingest = await ingest.restart();
    const next = [
      ['new', HOURS_10, 50, 1],
      ['a', HOURS_10, 50, 907],
    ] as const;
    expect(await request(next)).toBe(1 + 7);
    expect(await request([['error', HOURS_10, 50, 20]])).toBe(28);
    expect(await request(next)).toBe(28);
    // Another old process: of its two collections in one request the earlier one is what it is met with.
    const both = [
      ['new', HOURS_10 + 1, 40, 100],
      ['a', HOURS_10 + 1, 45, 700],
      ['b', HOURS_10 + 1, 45, 600],
      ['b', HOURS_10 + 1, 40, 603],
    ] as const;
    expect(await request(both)).toBe(28 + 100 + 3);
    expect(await request(both)).toBe(131);
  });

  it('a process that began shortly before counts whole', async () => {
    await send([[240, 60, 50]]);
    expect(await sum()).toBe(50);
  });
});

describe('points of the version before', () => {
  it('of a cumulative stream are gone on from, by the process that they are of alone', async () => {
    await leaveFormer('sum/cumulative', [2 * DAY_S, 100, 400], true);
    await send([
      [2 * DAY_S, 90, 403],
      [3 * DAY_S, 85, 900],
      [2 * DAY_S, 100, 400],
      [2 * DAY_S, 80, 405],
      [3 * DAY_S, 75, 901],
    ]);
    expect(await sum()).toBe(5 + 1);
  });

  it('of a cumulative stream without a start are gone on from', async () => {
    await leaveFormer('sum/cumulative', [null, 100, 400], true);
    await send([[null, 90, 403]]);
    expect(await sum()).toBe(3);
  });

  it('of other streams are not counted again, and newer ones are', async () => {
    await leaveFormer('sum/delta', [110, 100, 4], false);
    await send(
      [
        [110, 100, 4],
        [100, 90, 5],
        [100, 90, 5],
      ],
      1,
    );
    expect(await sum()).toBe(5);
  });
});

describe('a delta', () => {
  it('counts once in whatever order it comes, also over a restart', async () => {
    const [first, second]: [Sent, Sent] = [
      [30, 20, 5],
      [20, 10, 10],
    ];
    await send([second, first], 1);
    ingest = await ingest.restart();
    await send([first, second, first], 1);
    expect(await sum()).toBe(15);
    expect(ingest.stats().points).toEqual({ counted: 0, unchanged: 3, setAside: 0 });
  });

  it('counts after one of a clock that was ahead', async () => {
    await send(
      [
        [-2_990, -3_000, 1],
        [40, 30, 1],
        [30, 20, 1],
        [20, 10, 1],
      ],
      1,
    );
    expect(await sum()).toBe(4);
  });

  it('of each of two processes that share a resource counts', async () => {
    await send(
      [
        [60, 50, 10],
        [55, 45, 20],
        [50, 46, 1],
        [45, 35, 2],
      ],
      1,
    );
    expect(await sum()).toBe(33);
  });

  it('leaves no state of a stream behind', async () => {
    await send([[20, 10, 3]], 1);
    const { rows } = await ingest.pool.query('SELECT * FROM otlp_streams');
    expect(rows).toEqual([]);
  });

  it('counts once among concurrent copies of its export, and once within one', async () => {
    const points = [pointOf([20, 10, 3]), pointOf([20, 10, 3]), pointOf([30, 20, 4])];
    const copy = metricsRequest([counter('c', points, 1)]);
    await Promise.all(Array.from({ length: 8 }, () => postMetrics(ingest.httpUrl, copy)));
    expect(await sum()).toBe(7);
  });
});

describe('a gauge', () => {
  it('is read once at each time, in any order; of two values at one time the first one counts', async () => {
    const read = async (time: number, value: number): Promise<void> => {
      const gauge = { timeUnixNano: nanosBefore(NOW, time), asDouble: value };
      await postMetrics(ingest.httpUrl, metricsRequest([{ name: 'c', gauge: { dataPoints: [gauge] } }]));
    };
    await read(10, 4);
    await read(20, 0);
    await read(20, 9);
    expect((await ingest.totals('bot'))['c']).toEqual([2, 4]);
  });
});
