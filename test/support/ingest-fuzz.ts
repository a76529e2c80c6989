/**
 * Sends the receivers of an ingest what nobody should: well-formed events and exports that are cut, bent, nested, packed and mislabelled, the same for
 * the same seed. Every answer must be one that the receiver documents, with a reason; afterwards the windows must hold what was taken, and no more.
 */
import { gzipSync } from 'node:zlib';
import { Client, credentials } from '@grpc/grpc-js';
import type { Pool } from 'pg';
import { loadSync, type AnyDefinition, type MessageTypeDefinition } from '@grpc/proto-loader';
import { metricsMessages, traceMessages } from '../../src/ingest/otlp/protos.ts';
import { seededRandom } from './feedback.ts';
import { bombGrpc, exportOver, httpBombs, mislabelled, type HttpBomb } from './ingest-bombs.ts';
import { goodEvent, goodMetrics, goodTraces } from './ingest-samples.ts';

export interface FuzzTarget {
  readonly httpUrl: string;
  readonly grpcAddress: string;
  readonly pool: Pool;
}

export interface FuzzResult {
  readonly sent: number;
  /** How often each answer came. */
  readonly answers: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

type Random = () => number;
interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const BATCH = 'application/cloudevents-batch+json';
const LIMIT_MS = 120_000;
const ANSWERS: Readonly<Record<string, readonly number[]>> = {
  '/v1/events': [202, 207, 400, 413, 415, 422],
  '/v1/metrics': [200, 400, 413, 415],
  '/v1/traces': [200, 400, 413, 415],
};
/** gRPC: OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED (too long a message). */
const CODES: readonly number[] = [0, 3, 8];

const pick = <T>(random: Random, of: readonly T[]): T => {
  const found = of[Math.floor(random() * of.length)];
  if (found === undefined) throw new RangeError('of must not be empty');
  return found;
};

const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Values that a field is replaced by; each is JSON text, for some of them cannot be built. */
const JUNK: readonly string[] = [
  'null',
  'true',
  '-1',
  '1e999',
  '-0',
  '1e308',
  '9007199254740993',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '[]',
  '{}',
  '[[[]]]',
  '{"__proto__":{"x":1}}',
  '{"constructor":1}',
  '"2026-02-30T25:61:61Z"',
  `"${'x'.repeat(70_000)}"`,
  nested(200),
  nested(50_000),
];

interface Signal {
  readonly path: string;
  readonly request: string;
  readonly messages: typeof metricsMessages;
  readonly good: (random: Random) => Record<string, unknown>;
}

const SIGNALS: readonly Signal[] = [
  { path: '/v1/metrics', request: 'metrics.v1.ExportMetrics', messages: metricsMessages, good: goodMetrics },
  { path: '/v1/traces', request: 'trace.v1.ExportTrace', messages: traceMessages, good: goodTraces },
];

/** What is made once for a run. */
interface Kit {
  readonly encode: (signal: Signal, json: unknown) => Buffer;
  readonly bombs: readonly HttpBomb[];
}

/** The JSON text with the value of one key, somewhere in it, replaced by junk. */
function bendJson(random: Random, text: string): string {
  const keys = [...text.matchAll(/"[\w.]+":(?="[^"]*"|-?[\d.]+|true|false|null|\{\}|\[\])/gu)];
  if (keys.length === 0) return text;
  const { 0: key, index } = pick(random, keys);
  const rest = text
    .slice(index + key.length)
    .replace(/^(?:"[^"]*"|-?[\d.e+]+|true|false|null|\{\}|\[\])/u, '');
  return `${text.slice(0, index)}${key}${pick(random, JUNK)}${rest}`;
}

/** Some bytes changed, taken out, doubled, or the end cut. */
function bendBytes(random: Random, bytes: Buffer): Buffer {
  const bent = Buffer.from(bytes);
  const at = Math.floor(random() * bent.length);
  const how = random();
  if (how < 0.4)
    for (let n = 0; n < 3; n += 1) bent[Math.floor(random() * bent.length)] = Math.floor(random() * 256);
  if (how < 0.6) return bent.subarray(0, at);
  if (how < 0.8) return Buffer.concat([bent.subarray(0, at), bent]);
  return bent;
}

function eventsRequest(random: Random): Request {
  const events = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
    JSON.stringify(goodEvent(random)),
  );
  const bent = events.map((text) => (random() < 0.5 ? bendJson(random, text) : text));
  const type = pick(random, [
    BATCH,
    BATCH,
    BATCH,
    'application/json',
    'application/cloudevents+json',
    'text/plain',
  ]);
  const text = type === 'application/cloudevents+json' ? (bent[0] ?? '') : `[${bent.join(',')}]`;
  const whole = Buffer.from(text);
  const headers: Record<string, string> = { 'content-type': type };
  if (random() < 0.1)
    Object.assign(headers, {
      'ce-specversion': '1.0',
      'ce-id': '%E0%A4%A',
      'ce-type': 'x',
      'ce-source': 's',
    });
  return { path: '/v1/events', headers, body: random() < 0.3 ? bendBytes(random, whole) : whole };
}

const TEXT = 'application/json';
const PROTOBUF = 'application/x-protobuf';

/** An export of either signal, bent; rarely a bomb. */
function exportRequest(random: Random, { encode, bombs }: Kit): Request {
  const signal = pick(random, SIGNALS);
  const json = JSON.stringify(signal.good(random));
  const asJson = random() < 0.5;
  const bent = bendJson(random, json);
  const whole = asJson ? Buffer.from(random() < 0.7 ? bent : json) : encode(signal, JSON.parse(json));
  const bytes = random() < 0.5 ? bendBytes(random, whole) : whole;
  const headers = { 'content-type': asJson ? TEXT : PROTOBUF };
  const packing = random();
  if (packing < 0.03) return pick(random, bombs);
  const { path } = signal;
  if (packing < 0.15) return { path, headers: { ...headers, 'content-encoding': 'br' }, body: bytes };
  if (packing < 0.35) {
    const packed = gzipSync(bytes);
    const body = random() < 0.5 ? bendBytes(random, packed) : packed;
    return { path, headers: { ...headers, 'content-encoding': 'gzip' }, body };
  }
  return { path, headers, body: bytes };
}

interface Told {
  readonly accepted?: number;
  readonly setAside?: readonly { readonly problems: readonly unknown[] }[];
}

export async function fuzz(
  target: FuzzTarget,
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
): Promise<FuzzResult> {
  const random = seededRandom(seed);
  const answers: Record<string, number> = {};
  const broken: string[] = [];
  let accepted = 0;
  const client = new Client(target.grpcAddress, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
  });
  const note = (answer: string): void => void (answers[answer] = (answers[answer] ?? 0) + 1);
  try {
    const kit: Kit = { encode: protoWriter(), bombs: [...httpBombs(), mislabelled()] };
    for (const { code, details } of await bombGrpc(target.grpcAddress)) {
      note(`gRPC bomb ${code}`);
      if (code !== 3 && code !== 8) broken.push(`a bomb over gRPC: ${code} ${details}`);
      if (details === '') broken.push(`a bomb over gRPC: ${code} without a reason`);
    }
    for (let round = 0; round < rounds; round += 1) {
      const way = random();
      if (way < 0.2) {
        const signal = pick(random, SIGNALS);
        const { messages } = signal;
        const whole =
          random() < 0.5 ? kit.encode(signal, signal.good(random)) : exportRequest(random, kit).body;
        const bytes = random() < 0.7 ? bendBytes(random, whole) : whole;
        const { code, details } = await exportOver(client, messages.service.Export, bytes);
        note(`gRPC ${code}`);
        if (!CODES.includes(code)) broken.push(`round ${round}: gRPC ${code} ${details}`);
        if (code !== 0 && details === '') broken.push(`round ${round}: gRPC ${code} without a reason`);
        continue;
      }
      const request = way < 0.6 ? eventsRequest(random) : exportRequest(random, kit);
      const { status, text } = await post(target.httpUrl, request);
      note(`${request.path} ${status}`);
      if (!(ANSWERS[request.path] ?? []).includes(status))
        broken.push(`round ${round}: ${request.path} answers ${status} ${text.slice(0, 200)}`);
      if (status >= 400 && text === '')
        broken.push(`round ${round}: ${request.path} ${status} without a reason`);
      if (request.path === '/v1/events' && [202, 207, 422].includes(status)) {
        const told = JSON.parse(text) as Told;
        accepted += told.accepted ?? 0;
        if ((told.setAside ?? []).some(({ problems }) => problems.length === 0))
          broken.push(`round ${round}: set aside without a reason`);
      }
    }
  } finally {
    client.close();
  }
  return { sent: rounds, answers, broken: [...broken, ...(await amiss(target, accepted))] };
}

async function post(
  url: string,
  { path, headers, body }: Request,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    return {
      status: 0,
      text: error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error),
    };
  }
}

/** From the protos' JSON mapping to bytes; identities are bytes there and hexadecimal in OTLP/JSON. */
function protoWriter(): Kit['encode'] {
  const includeDirs = [new URL('../../src/ingest/proto/', import.meta.url).pathname];
  const files = ['metrics', 'trace'].map(
    (name) => `opentelemetry/proto/collector/${name}/v1/${name}_service.proto`,
  );
  const loaded = loadSync(files, { includeDirs, keepCase: false });
  return ({ request }, json) => {
    const type = loaded[`opentelemetry.proto.collector.${request}ServiceRequest`];
    if (type === undefined || !isMessage(type)) throw new Error('the protos define no request');
    const text = JSON.stringify(json).replaceAll(
      /"(traceId|spanId)":"([\da-f]*)"/gu,
      (_, key: string, hex: string) => `"${key}":"${Buffer.from(hex, 'hex').toString('base64')}"`,
    );
    return type.serialize(JSON.parse(text) as object);
  };
}

const isMessage = (found: AnyDefinition): found is MessageTypeDefinition<object, object> =>
  'format' in found && 'serialize' in found;

/** What the database holds must be what was answered, whole batches and nothing else. */
async function amiss({ pool, httpUrl }: FuzzTarget, accepted: number): Promise<readonly string[]> {
  const { rows } = await pool.query<
    Record<
      'events' | 'metrics' | 'spans' | 'timed' | 'judged' | 'alerts' | 'errors' | 'counted' | 'silent',
      number
    >
  >(
    `SELECT (SELECT count(*)::integer FROM feedback_events WHERE data->>'type' = 'model_response') AS events,
            (SELECT count(*)::integer FROM feedback_events
              WHERE data->>'metric' IS NOT NULL AND source NOT LIKE 'otlp/spans/%') AS metrics,
            (SELECT count(*)::integer FROM feedback_events WHERE source LIKE 'otlp/spans/%') AS spans,
            (SELECT coalesce(sum(count), 0)::integer FROM metric_windows
              WHERE metric = 'span.gen_ai.client.operation.duration') AS timed,
            (SELECT coalesce(sum(count), 0)::integer FROM metric_windows
              WHERE metric = 'span.gen_ai.client.operation.error') AS judged,
            (SELECT count(DISTINCT (source, id))::integer FROM alerts) AS alerts,
            (SELECT coalesce(sum(count), 0)::integer FROM metric_windows WHERE metric = 'error') AS errors,
            (SELECT coalesce(sum(w.count), 0)::integer FROM metric_windows w
              JOIN (SELECT DISTINCT data->>'metric' AS metric, service_id FROM feedback_events WHERE data->>'metric' IS NOT NULL
                AND source NOT LIKE 'otlp/spans/%') m
              USING (metric, service_id)) AS counted,
            (SELECT count(*)::integer FROM ingest_set_aside WHERE reason = '') AS silent`,
  );
  const [kept] = rows;
  if (kept === undefined) return ['the database does not answer'];
  const health = await fetch(`${httpUrl}/health`);
  return [
    ...(kept.events + kept.metrics + kept.alerts === accepted
      ? []
      : [`accepted ${accepted}, kept ${kept.events} events, ${kept.metrics} metrics, ${kept.alerts} alerts`]),
    ...(kept.errors === kept.events ? [] : [`${kept.events} events, ${kept.errors} in windows`]),
    ...(kept.counted >= kept.metrics ? [] : [`${kept.metrics} metrics, ${kept.counted} in windows`]),
    ...(kept.timed === kept.spans && kept.judged === kept.spans
      ? []
      : [`${kept.spans} spans, ${kept.timed} and ${kept.judged} in windows`]),
    ...(kept.silent === 0 ? [] : [`${kept.silent} set aside without a reason`]),
    ...(health.ok ? [] : [`health answers ${health.status}`]),
  ];
}

/** Messages for a log, bent in the same ways. */
export function fuzzMessages(
  seed: number,
  count: number,
): readonly { readonly value: Buffer | null; readonly headers: Record<string, string> }[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const { headers, body } = eventsRequest(random);
    const renamed = Object.entries(headers).map(([name, value]) => [name.replace(/^ce-/u, 'ce_'), value]);
    return {
      value: random() < 0.02 ? null : body,
      headers: Object.fromEntries(renamed) as Record<string, string>,
    };
  });
}
