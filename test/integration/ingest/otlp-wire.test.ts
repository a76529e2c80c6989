/** OTLP as it can look on the wire: JSON by hand, gRPC with a client of its own, and everything that is wrong with it. */
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, status, type Client, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attribute, counter, metricsRequest, nanosBefore } from '../../support/otlp-json.ts';
import { useIngest } from '../../support/use-ingest.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const ingest = useIngest({ clock: () => NOW });

const nanos = (secondsAgo: number) => nanosBefore(NOW, secondsAgo);
const point = (more: object) => ({ startTimeUnixNano: nanos(60), timeUnixNano: nanos(10), ...more });
const request = metricsRequest;

async function post(body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(`${ingest().httpUrl}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const text = await response.text();
  return { status: response.status, type: response.headers.get('content-type'), text };
}
const postJson = async (value: object) => {
  const { text, ...rest } = await post(JSON.stringify(value));
  return { ...rest, body: JSON.parse(text) as unknown };
};

const extremesOf = async (metric: string) =>
  (
    await ingest().pool.query<{ min: number; max: number }>(
      'SELECT min, max FROM metric_windows WHERE metric = $1',
      [metric],
    )
  ).rows;

describe('OTLP/HTTP in JSON', () => {
  it('is counted with integers as strings, plain or packed, and once', async () => {
    const body = JSON.stringify(request([counter('c', [point({ asInt: '7' })])]));
    const packed = await post(gzipSync(body), { 'content-encoding': 'gzip' });
    expect(packed).toEqual({ status: 200, type: 'application/json', text: '{}' });
    expect((await post(body)).status).toBe(200);
    expect(await ingest().totals('bot')).toEqual({ c: [1, 7] });
  });

  it('names the service by llm.optimizer.service, over service.name', async () => {
    const attributes = [attribute('llm.optimizer.service', 'other')];
    await postJson(request([counter('c', [point({ asDouble: 2.5, attributes })])]));
    expect(await ingest().totals('other')).toEqual({ c: [1, 2.5] });
  });

  it('takes the good points and says how many others it put aside, and why', async () => {
    const histogram = (more: object) =>
      point({ count: '2', sum: 3, bucketCounts: ['1', '1'], explicitBounds: [1], ...more });
    const answer = await postJson(
      request([
        counter('good', [point({ asInt: '1' })]),
        counter('ofExperiment', [
          point({
            asInt: '1',
            attributes: [attribute('llm.optimizer.arm', 'third'), attribute('llm.optimizer.experiment', 'e')],
          }),
        ]),
        counter('nan', [
          point({ asDouble: 'NaN' }),
          point({ asDouble: 'Infinity' }),
          point({ asDouble: 'x' }),
        ]),
        counter('arm', [point({ asInt: 1, attributes: [attribute('llm.optimizer.arm', 'third')] })]),
        counter('old', [point({ asInt: 1, timeUnixNano: '5' })]),
        counter('temporality', [point({ asInt: 1 })], 0),
        {
          name: 'summary',
          summary: {
            dataPoints: [
              point({ count: '2', sum: -1 }),
              point({ count: '2', quantileValues: [{ quantile: 0.5, value: 3 }] }),
            ],
          },
        },
        {
          name: 'h',
          histogram: { aggregationTemporality: 1, dataPoints: [histogram({}), histogram({ count: '5' })] },
        },
        {
          name: 'negative',
          histogram: { aggregationTemporality: 1, dataPoints: [histogram({ explicitBounds: [-1] })] },
        },
      ]),
    );
    expect(answer).toMatchObject({ status: 200, body: { partialSuccess: { rejectedDataPoints: '10' } } });
    const reasons = (answer.body as { partialSuccess: { errorMessage: string } }).partialSuccess.errorMessage;
    expect(reasons).toContain('nan: 3 x the value is not a finite number');
    expect(reasons).toContain('summary: 1 x the sum is not given');
    expect(await ingest().setAside()).toHaveLength(8);
    expect(reasons).toContain('arm: 1 x llm.optimizer.arm is "third" without llm.optimizer.experiment');
    expect(await ingest().totals('bot')).toEqual({ good: [1, 1], ofExperiment: [1, 1], h: [2, 3] });
    expect(ingest().stats().points).toEqual({ counted: 3, unchanged: 0, setAside: 10 });
  });

  it('counts what a summary adds to its count and sum, once, and its extremes while they are of all of it', async () => {
    const summary = (secondsAgo: number, count: number, sum: number, most: number, since = 60) => ({
      name: 'rpc_seconds',
      summary: {
        dataPoints: [
          {
            startTimeUnixNano: nanos(since),
            timeUnixNano: nanos(secondsAgo),
            count: String(count),
            sum,
            quantileValues: [{ value: 1 }, { quantile: 0.5, value: 'NaN' }, { quantile: 1, value: most }],
          },
        ],
      },
    });
    const first = request([summary(30, 2, 6, 5)]);
    expect((await postJson(first)).body).toEqual({});
    expect((await extremesOf('rpc_seconds'))[0]).toEqual({ min: 1, max: 5 });
    await postJson(request([summary(20, 5, 36, 20)]));
    await postJson(first);
    expect(await ingest().totals('bot')).toEqual({ rpc_seconds: [5, 36] });
    // What came since may be smaller than what the quantiles are of.
    expect((await extremesOf('rpc_seconds'))[0]).toEqual({ min: 1, max: 5 });
    // Begun anew: by its start, and by a sum that fell although the count did not.
    await postJson(request([summary(10, 1, 4, 4, 15)]));
    await postJson(request([summary(5, 3, 3, 1, 15)]));
    expect(await ingest().totals('bot')).toEqual({ rpc_seconds: [9, 43] });
  });

  it('takes a gauge and a histogram of one name in one export', async () => {
    const histogram = point({ count: '2', sum: 3, bucketCounts: ['1', '1'], explicitBounds: [1] });
    const both = [
      { name: 'g', gauge: { dataPoints: [point({ asDouble: 4 })] } },
      { name: 'g', histogram: { aggregationTemporality: 1, dataPoints: [histogram] } },
      { name: 'g', gauge: { dataPoints: [point({ asDouble: 5, attributes: [attribute('a', 'b')] })] } },
    ];
    expect((await postJson(request(both))).body).toEqual({});
    expect(await ingest().totals('bot')).toEqual({ g: [4, 12] });
  });

  it('puts aside points without a service', async () => {
    const answer = await postJson(request([counter('c', [point({ asInt: 1 })])], []));
    expect(answer.body).toMatchObject({ partialSuccess: { rejectedDataPoints: '1' } });
  });

  it.each([
    ['no JSON', '{"resourceMetrics": [', {}, 400],
    ['another shape', '{"resourceMetrics": [{"scopeMetrics": 5}]}', {}, 400],
    ['bytes that are not packed', 'plain', { 'content-encoding': 'gzip' }, 400],
    ['a packing that is not read', '{}', { 'content-encoding': 'br' }, 400],
    ['another type', 'a,b', { 'content-type': 'text/csv' }, 415],
  ])('refuses %s for good, with a status message', async (_, body, headers, expected) => {
    const answer = await post(body, headers);
    expect(answer.status).toBe(expected);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 3, message: expect.any(String) });
  });

  it('counts concurrent copies of one export once', async () => {
    const body = request([counter('c', [point({ asInt: '7' })]), counter('d', [point({ asInt: '3' })], 1)]);
    await Promise.all(Array.from({ length: 12 }, () => postJson(body)));
    expect(await ingest().totals('bot')).toEqual({ c: [1, 7], d: [1, 3] });
  });
});

it('refuses garbage in protobuf with a status in protobuf, and keeps it', async () => {
  const answer = await post(Buffer.from([0xff, 0xff, 0xff, 0x01]), {
    'content-type': 'application/x-protobuf',
  });
  expect(answer).toMatchObject({ status: 400, type: 'application/x-protobuf' });
  expect(answer.text.charCodeAt(0)).toBe(0x08);
  expect(await ingest().setAside()).toHaveLength(1);
});

it('refuses an attribute that is nested too deeply to be written down again, and keeps it', async () => {
  const levels = 50_000;
  const deep = `${'{"arrayValue":{"values":['.repeat(levels)}${']}}'.repeat(levels)}`;
  const text = JSON.stringify(request([counter('c', [point({ asInt: '7' })])])).replace(
    '{"stringValue":"bot"}',
    deep,
  );
  const answer = await post(text);
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('at most 64 levels of lists and objects');
  expect(await ingest().setAside()).toHaveLength(1);
});

describe('OTLP/gRPC', () => {
  type Export = (
    message: object,
    callback: (error: ServiceError | null, response?: Record<string, unknown>) => void,
  ) => void;
  const proto = fileURLToPath(new URL('../../../src/ingest/proto/', import.meta.url));
  let client: Client & { readonly Export: Export };

  beforeEach(() => {
    const file = 'opentelemetry/proto/collector/metrics/v1/metrics_service.proto';
    const loaded = loadPackageDefinition(loadSync(file, { includeDirs: [proto], longs: String }));
    const path = ['opentelemetry', 'proto', 'collector', 'metrics', 'v1', 'MetricsService'];
    const Service = path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], loaded) as new (
      ...args: readonly unknown[]
    ) => typeof client;
    client = new Service(ingest().grpcAddress, credentials.createInsecure());
  });
  afterEach(() => client.close());

  const send = (message: object) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      client.Export(message, (error, response) => (error ? reject(error) : resolve(response ?? {})));
    });

  it('counts what HTTP counts: a point that came by one way is not new by the other', async () => {
    const message = request([counter('c', [point({ asInt: '7' })])]);
    expect(await send(message)).toEqual({});
    await send(message);
    await postJson(message);
    expect(await ingest().totals('bot')).toEqual({ c: [1, 7] });
  });

  it('answers a partial success', async () => {
    const answer = await send(
      request([
        counter('c', [
          point({ asDouble: Number.NaN }),
          point({ asInt: '1', attributes: [attribute('a', 'b')] }),
        ]),
      ]),
    );
    expect(answer).toMatchObject({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringContaining('finite') },
    });
    expect(await ingest().totals('bot')).toEqual({ c: [1, 1] });
  });

  it('refuses bytes that are no export as INVALID_ARGUMENT', async () => {
    const garbage = new Promise((resolve) => {
      client.makeUnaryRequest(
        '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        Buffer.from([0xff, 0xff, 0xff, 0x01]),
        (error) => resolve(error?.code),
      );
    });
    expect(await garbage).toBe(status.INVALID_ARGUMENT);
  });
});
