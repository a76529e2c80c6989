/** GenAI spans through the OpenTelemetry exporters of JavaScript and Python, on every transport: what they tell is in the windows once. */
import { fileURLToPath } from 'node:url';
import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/domain/failure.ts';
import { quantile } from '../../../src/math/index.ts';
import type { SketchState } from '../../../src/domain/window.ts';
import { seededRandom } from '../../support/feedback.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { runPython } from '../../support/python/python.ts';

const SCRIPT = fileURLToPath(new URL('../../support/python/otlp_spans.py', import.meta.url));
const DURATION = 'span.gen_ai.client.operation.duration';

let postgres: TestPostgres;
let ingest: TestIngest;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => void (ingest = await startTestIngest(postgres)));
afterEach(() => ingest.close());

/** An export that takes longer is sent again, and counted again. */
const timeoutMillis = 120_000;

const EXPORTERS: Readonly<Record<string, () => SpanExporter>> = {
  'http/protobuf': () => new ProtoExporter({ url: `${ingest.httpUrl}/v1/traces`, timeoutMillis }),
  'http/protobuf, gzip': () =>
    new ProtoExporter({
      url: `${ingest.httpUrl}/v1/traces`,
      timeoutMillis,
      compression: CompressionAlgorithm.GZIP,
    }),
  'http/json': () => new JsonExporter({ url: `${ingest.httpUrl}/v1/traces`, timeoutMillis }),
  grpc: () => new GrpcExporter({ url: `http://${ingest.grpcAddress}`, timeoutMillis }),
};

/** Requests to a model inside an agent's span, each; answers the spans and what they come to, counted the plain way. */
function record(count: number, arm = 'candidate') {
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'support-bot' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
  });
  const tracer = provider.getTracer('test');
  const random = seededRandom(1);
  const expected = { input: 0, output: 0, errors: 0, length: 0, seconds: [] as number[] };
  const attributes = { 'llm.optimizer.arm': arm, 'llm.optimizer.generation': 4, 'llm.task_type': 'code' };
  for (let i = 0; i < count; i += 1) {
    const start = Date.now() - 5_000;
    const agent = tracer.startSpan('invoke_agent', { startTime: start });
    agent.setAttributes({
      ...attributes,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.usage.output_tokens': 9,
    });
    const chat = tracer.startSpan('chat gpt-4o', { startTime: start });
    const [input, output] = [Math.floor(random() * 3_000), Math.floor(random() * 300)];
    const reason = random() < 0.3 ? 'length' : 'stop';
    chat.setAttributes({
      ...attributes,
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': output,
      'gen_ai.response.finish_reasons': [reason],
      'gen_ai.input.messages': 'what nobody keeps',
    });
    const failed = random() < 0.2;
    if (failed) chat.setStatus({ code: SpanStatusCode.ERROR, message: 'x' });
    const ms = 1 + Math.floor(random() * 2_000);
    chat.end(start + ms);
    agent.end(start + ms + 1);
    expected.input += input;
    expected.output += output;
    expected.errors += failed ? 1 : 0;
    expected.length += reason === 'length' ? 1 : 0;
    expected.seconds.push(ms / 1_000);
  }
  return { spans: memory.getFinishedSpans(), expected };
}

/** Throws when the export was not taken. */
const send = (exporter: SpanExporter, spans: ReadableSpan[]) =>
  new Promise<void>((resolve, reject) => {
    exporter.export(spans, ({ error }) => (error === undefined ? resolve() : reject(error)));
  });

describe.each(Object.keys(EXPORTERS))('over %s', (name) => {
  it('each request counts once, sent twice, at once and over a restart', async () => {
    const { spans, expected } = record(60);
    const exporter = EXPORTERS[name]!();
    await send(exporter, spans);
    await send(exporter, spans.slice(10, 40));
    expect(ingest.stats().spans).toMatchObject({ counted: 60, duplicates: 15, ignored: 75, setAside: 0 });
    await exporter.shutdown();
    ingest = await ingest.restart();
    const again = [EXPORTERS[name]!(), EXPORTERS[name]!()];
    await Promise.all(again.map((each) => send(each, spans)));
    await Promise.all(again.map((each) => each.shutdown()));
    const totals = await ingest.totals('support-bot');
    expect(totals).toEqual({
      [DURATION]: [
        60,
        expect.closeTo(
          expected.seconds.reduce((a, b) => a + b, 0),
          6,
        ),
      ],
      'span.gen_ai.client.operation.error': [60, expected.errors],
      'span.gen_ai.client.token.usage{input}': [60, expected.input],
      'span.gen_ai.client.token.usage{output}': [60, expected.output],
      'span.gen_ai.response.finish_reasons{length}': [expected.length, expected.length],
      'span.gen_ai.response.finish_reasons{stop}': [60 - expected.length, 60 - expected.length],
    });
  });
});

it('keeps arm, generation, task type and quantiles, one raw event for each request, and no text of it', async () => {
  const { spans, expected } = record(200);
  const exporter = EXPORTERS['grpc']!();
  await send(exporter, spans);
  await exporter.shutdown();
  const { rows } = await ingest.pool.query<SketchState & Record<'arm' | 'generation' | 'task_type', string>>(
    `SELECT arm, generation, task_type, (sketch).alpha, (sketch).zero_count::float8 AS "zeroCount",
       (sketch).first_bucket AS "offset", to_json((sketch).counts) AS counts
     FROM metric_windows WHERE metric = $1`,
    [DURATION],
  );
  expect(rows[0]).toMatchObject({ arm: 'candidate', generation: '4', task_type: 'code' });
  const exact = expected.seconds.toSorted((a, b) => a - b)[99] ?? 0;
  expect(Math.abs((quantile(rows[0]!, 0.5) ?? 0) - exact) / exact).toBeLessThan(0.02);
  const raw = await ingest.pool.query<{ data: unknown }>('SELECT data FROM feedback_events');
  expect(raw.rows).toHaveLength(200);
  expect(JSON.stringify(raw.rows)).not.toContain('what nobody keeps');
});

it('takes the good spans of a Python exporter once, over gRPC and HTTP', async () => {
  const count = 25;
  const told = await runPython<Record<'spans' | 'input' | 'output' | 'errors' | 'length', number>>(
    SCRIPT,
    { service: 'py', grpcAddress: ingest.grpcAddress, httpUrl: ingest.httpUrl, count },
    { packages: 'opentelemetry.txt' },
  );
  expect(told).toMatchObject({ spans: 2 * count, results: ['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS'] });
  expect(await ingest.totals('py')).toMatchObject({
    [DURATION]: [told.spans, expect.any(Number)],
    'span.gen_ai.client.operation.error': [told.spans, told.errors],
    'span.gen_ai.client.token.usage{input}': [told.spans, told.input],
    'span.gen_ai.client.token.usage{output}': [told.spans, told.output],
    'span.gen_ai.response.finish_reasons{length}': [told.length, told.length],
  });
  expect(ingest.stats().spans).toMatchObject({
    counted: 2 * count,
    duplicates: 2 * count,
    ignored: 4 * count,
  });
});

const post = async (value: unknown, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${ingest.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof value === 'string' ? value : JSON.stringify(value),
  });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
};
const spanOf = (more: object) => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  startTimeUnixNano: `${Date.now() - 2_000}000000`,
  endTimeUnixNano: `${Date.now() - 1_000}000000`,
  attributes: [{ key: 'gen_ai.operation.name', value: { stringValue: 'chat' } }],
  ...more,
});
const exportOf = (...spans: readonly object[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'bot' } }] },
      scopeSpans: [{ spans }],
    },
  ],
});

it('answers a partial success for broken spans, keeps why, and takes the others', async () => {
  const broken = [spanOf({ traceId: '' }), spanOf({ traceId: 'x' }), spanOf({ endTimeUnixNano: '0' })];
  const { status, text } = await post(exportOf(spanOf({}), ...broken));
  expect(status).toBe(200);
  const { partialSuccess } = JSON.parse(text) as { partialSuccess: Record<string, string> };
  expect(partialSuccess['rejectedSpans']).toBe('3');
  expect(partialSuccess['errorMessage']).toContain('2 x traceId is not 16 bytes');
  expect((await ingest.setAside()).map(({ reason }) => reason)).toEqual([
    expect.stringContaining('traceId'),
    expect.stringContaining('endTimeUnixNano'),
  ]);
  expect((await ingest.totals('bot'))[DURATION]?.[0]).toBe(1);
});

it('refuses for good what is no export, and keeps that it came but not what it held', async () => {
  expect((await post('{"resourceSpans": 5, "secret": 1}')).status).toBe(400);
  expect((await post('{"resourceSpans": [')).status).toBe(400);
  const kept = await ingest.setAside();
  expect(kept).toHaveLength(2);
  expect(kept.map(({ body }) => body)).toEqual(['(33 bytes, not kept)', '(19 bytes, not kept)']);
});

it('asks to come again while the store is away, and counts once what then comes again', async () => {
  const { stores, pool } = ingest;
  let away = true;
  const store = {
    ...stores.ingest,
    recordEvents: (...given: Parameters<typeof stores.ingest.recordEvents>) =>
      away ? Promise.reject(new Failure('StoreUnavailable', 'away')) : stores.ingest.recordEvents(...given),
  };
  const other = await startTestIngest(postgres, { store });
  const url = `${other.httpUrl}/v1/traces`;
  const send503 = () =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(exportOf(spanOf({}))),
    });
  const refused = await send503();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  away = false;
  expect((await send503()).status).toBe(200);
  expect((await send503()).status).toBe(200);
  const { rows } = await pool.query<{ n: number }>('SELECT count(*)::integer AS n FROM feedback_events');
  expect(rows[0]?.n).toBe(1);
  await other.close();
});
