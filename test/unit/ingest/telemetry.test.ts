// The page of metrics: what is read now, and nothing of what was.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createCounters } from '../../../src/ingest/counters.ts';
import { createTelemetry } from '../../../src/ingest/telemetry.ts';
import type { LogReading } from '../../../src/ports/event-log.ts';

async function pageOf(reading: () => LogReading | null, counters = createCounters()) {
  const telemetry = createTelemetry({ counters, reading });
  const server = createServer((request, response) => telemetry.answer(request, response)).listen(
    0,
    '127.0.0.1',
  );
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    server.close();
    await telemetry.close();
  });
  const { port } = server.address() as AddressInfo;
  return async () => {
    const lines = (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).split('\n');
    return lines.filter((line) => line.startsWith('optimizer_'));
  };
}

const partition = (no: number, behind: number | null, lagMs: number | null) => ({
  topic: 't',
  partition: no,
  behind,
  lagMs,
});
const readingOf = (...assigned: LogReading['assigned']): LogReading => ({
  state: 'reading',
  problem: null,
  assigned,
});

it('tells of the partitions that are read now: one that another process has taken over is gone', async () => {
  let now = readingOf(partition(0, 0, 0), partition(1, 7, 2_000));
  const page = await pageOf(() => now);
  const lag = async () => (await page()).filter((line) => line.includes('_lag_'));
  expect(await lag()).toEqual([
    'optimizer_ingest_lag_messages{topic="t",partition="0"} 0',
    'optimizer_ingest_lag_messages{topic="t",partition="1"} 7',
    'optimizer_ingest_lag_seconds{topic="t",partition="0"} 0',
    'optimizer_ingest_lag_seconds{topic="t",partition="1"} 2',
  ]);
  now = readingOf(partition(0, 3, 500), partition(2, null, null));
  expect(await lag()).toEqual([
    'optimizer_ingest_lag_messages{topic="t",partition="0"} 3',
    'optimizer_ingest_lag_seconds{topic="t",partition="0"} 0.5',
  ]);
});

it('counts on over a new assignment, and tells nothing of a log where there is none', async () => {
  const counters = createCounters();
  let now: LogReading | null = null;
  const page = await pageOf(() => now, counters);
  const accepted = async () =>
    (await page()).find((line) => line.includes('kind="event",outcome="accepted"'));
  counters.events.accepted = 5;
  expect(await accepted()).toMatch(/ 5$/u);
  expect((await page()).join()).not.toMatch(/_lag_|_reading|_log_messages/u);
  now = readingOf(partition(0, 0, 0));
  counters.events.accepted = 6;
  expect(await accepted()).toMatch(/ 6$/u);
  expect(await page()).toContain('optimizer_ingest_reading 1');
});
