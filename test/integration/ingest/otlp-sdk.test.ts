/** The OpenTelemetry SDK as the client: what it exports is what the windows hold, sent twice and over a restart too. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { SketchState } from '../../../src/domain/window.ts';
import { quantile } from '../../../src/math/index.ts';
import { seededRandom } from '../../support/feedback.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

/** An export that takes longer is sent again, and counted as sent. */
const EXPORT_MS = 120_000;

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

let postgres: TestPostgres;
let ingest: TestIngest;
/** Between the SDK and ingest: keeps every export, so that it can be sent again, and finds a restarted ingest. */
let relay: Server;
let sent: Sent[] = [];
const providers: MeterProvider[] = [];

const forward = ({ url, headers, body }: Sent) =>
  fetch(`${ingest.httpUrl}${url}`, { method: 'POST', headers, body: new Uint8Array(body) });

beforeAll(async () => {
  postgres = await startPostgres();
  relay = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'content-type': type = '', 'content-encoding': packing } = request.headers;
      const headers = { 'content-type': type, ...(packing !== undefined && { 'content-encoding': packing }) };
      const one = { url: request.url ?? '', headers, body: Buffer.concat(chunks) };
      sent.push(one);
      void forward(one).then(async (answer) =>
        response
          .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
          .end(Buffer.from(await answer.arrayBuffer())),
      );
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  relay.closeAllConnections();
  await new Promise((resolve) => relay.close(resolve));
  await postgres.stop();
});
beforeEach(async () => {
  sent = [];
  ingest = await startTestIngest(postgres);
});
afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.shutdown().catch(() => undefined)));
  await ingest.close();
});

/** @param instance null: the resource tells nothing but the service, as it is without configuration */
function meterProvider(temporality: AggregationTemporality, instance: string | null = 'one'): MeterProvider {
  const exporter = new OTLPMetricExporter({
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}/v1/metrics`,
    temporalityPreference: temporality,
    timeoutMillis: EXPORT_MS,
    compression: instance === 'one' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
  });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      'service.name': 'support-bot',
      ...(instance !== null && { 'service.instance.id': instance }),
    }),
    readers: [
      new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: 3_600_000,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
    views: [
      {
        instrumentName: 'llm.request.duration',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  });
  providers.push(provider);
  return provider;
}

const attributes = {
  'llm.optimizer.arm': 'candidate',
  'llm.optimizer.generation': 4,
  'llm.task_type': 'code',
};

/** Records `count` requests; answers what was recorded, counted the plain way. */
function record(provider: MeterProvider, seed: number, count: number) {
  const meter = provider.getMeter('test');
  const tokens = meter.createHistogram('gen_ai.client.token.usage', {
    advice: { explicitBucketBoundaries: [1, 16, 256, 4096] },
  });
  const duration = meter.createHistogram('llm.request.duration');
  const errors = meter.createCounter('gen_ai.client.operation.error');
  const random = seededRandom(seed);
  const expected = { input: 0, output: 0, durations: [] as number[], errors: 0 };
  for (let i = 0; i < count; i++) {
    const [input, output] = [Math.floor(random() * 3_000), Math.floor(random() * 300)];
    tokens.record(input, { ...attributes, 'gen_ai.token.type': 'input' });
    tokens.record(output, { ...attributes, 'gen_ai.token.type': 'output' });
    const seconds = Math.exp(random() * 4 - 2);
    duration.record(seconds, attributes);
    expected.input += input;
    expected.output += output;
    expected.durations.push(seconds);
    if (random() < 0.2) {
      errors.add(1, attributes);
      expected.errors += 1;
    }
  }
  return expected;
}

type Expected = ReturnType<typeof record>;

async function expectTotals(parts: readonly Expected[]): Promise<void> {
  const totals = await ingest.totals('support-bot');
  const durations = parts.flatMap((part) => part.durations);
  const sum = (read: (part: Expected) => number) => parts.reduce((total, part) => total + read(part), 0);
  expect(totals['gen_ai.client.token.usage{input}']).toEqual([durations.length, sum((part) => part.input)]);
  expect(totals['gen_ai.client.token.usage{output}']).toEqual([durations.length, sum((part) => part.output)]);
  expect(totals['gen_ai.client.operation.error']?.[1]).toBe(sum((part) => part.errors));
  expect(totals['llm.request.duration']?.[0]).toBe(durations.length);
  expect(totals['llm.request.duration']?.[1]).toBeCloseTo(
    durations.reduce((a, b) => a + b, 0),
    6,
  );
}

it.each([
  ['cumulative', AggregationTemporality.CUMULATIVE],
  ['delta', AggregationTemporality.DELTA],
])(
  'counts %s exports to the last count: sent twice, restarted in between, a second process beside',
  async (_, kind) => {
    const provider = meterProvider(kind);
    const parts = [record(provider, 1, 300)];
    await provider.forceFlush();
    await expectTotals(parts);

    ingest = await ingest.restart();
    parts.push(record(provider, 2, 200));
    await provider.forceFlush();
    await expectTotals(parts);

    const beside = meterProvider(kind, 'two');
    parts.push(record(beside, 3, 100));
    await beside.forceFlush();
    await expectTotals(parts);

    expect(sent).toHaveLength(3);
    ingest = await ingest.restart();
    for (const one of [...sent, ...sent.toReversed()]) expect((await forward(one)).status).toBe(200);
    await expectTotals(parts);
    expect(ingest.stats().points).toMatchObject({ counted: 0, setAside: 0 });
    expect(await ingest.setAside()).toEqual([]);
  },
);

it.each([
  ['cumulative', AggregationTemporality.CUMULATIVE],
  ['delta', AggregationTemporality.DELTA],
])('counts %s exports of two processes that nothing tells apart but when they began', async (_, kind) => {
  const one = meterProvider(kind, null);
  const parts = [record(one, 7, 50)];
  const begun = Date.now();
  // Streams begin in different milliseconds, as those of two processes do.
  await vi.waitUntil(() => Date.now() > begun);
  const other = meterProvider(kind, null);
  parts.push(record(other, 8, 80));
  for (let round = 0; round < 3; round += 1) {
    for (const provider of [one, other]) {
      await provider.forceFlush();
      parts.push(record(provider, 9 + round, 10));
    }
  }
  await one.forceFlush();
  await other.forceFlush();
  await expectTotals(parts);
  ingest = await ingest.restart();
  for (const each of sent.toReversed()) expect((await forward(each)).status).toBe(200);
  await expectTotals(parts);
  expect(ingest.stats().points).toMatchObject({ counted: 0, setAside: 0 });
});

it('counts a client that starts again from zero as new', async () => {
  const first = meterProvider(AggregationTemporality.CUMULATIVE);
  const parts = [record(first, 4, 40)];
  await first.shutdown();
  const second = meterProvider(AggregationTemporality.CUMULATIVE);
  parts.push(record(second, 5, 600));
  await second.forceFlush();
  await expectTotals(parts);
  expect(ingest.stats().points).toMatchObject({ unchanged: 0, setAside: 0 });
});

interface StoredSketch extends SketchState {
  readonly min: number;
  readonly max: number;
}

it('reads arm, generation and task type, and keeps quantiles of an exponential histogram within a bucket', async () => {
  const provider = meterProvider(AggregationTemporality.DELTA);
  const { durations } = record(provider, 6, 500);
  await provider.forceFlush();
  const { rows } = await ingest.pool.query<{ arm: string; generation: string; task_type: string }>(
    'SELECT DISTINCT arm, generation, task_type FROM metric_windows',
  );
  expect(rows).toEqual([{ arm: 'candidate', generation: '4', task_type: 'code' }]);
  const found = await ingest.pool.query<StoredSketch>(
    `SELECT (sketch).alpha, (sketch).zero_count::float8 AS "zeroCount", (sketch).first_bucket AS "offset",
       to_json((sketch).counts) AS counts, min, max FROM metric_windows WHERE metric = 'llm.request.duration'`,
  );
  const stored = found.rows[0]!;
  const sorted = durations.toSorted((a, b) => a - b);
  expect([stored.min, stored.max]).toEqual([sorted[0], sorted.at(-1)]);
  for (const q of [0.5, 0.95]) {
    const exact = sorted[Math.floor((sorted.length - 1) * q)] ?? 0;
    const read = quantile(stored, q) ?? 0;
    expect(Math.abs(read - exact) / exact).toBeLessThan(0.05);
  }
});

it('reads gauges as observations and a sum that may fall as what it stands at', async () => {
  const provider = meterProvider(AggregationTemporality.CUMULATIVE);
  const meter = provider.getMeter('test');
  const availability = meter.createGauge('llm.model.availability');
  const active = meter.createUpDownCounter('active');
  for (const [value, change] of [
    [1, 5],
    [0, -2],
  ] as const) {
    availability.record(value);
    active.add(change);
    await provider.forceFlush();
  }
  expect(await ingest.totals('support-bot')).toEqual({ active: [2, 8], 'llm.model.availability': [2, 1] });
});
