/** The senders of `prove ingest`: each goes on until what it sends is acknowledged, whatever fails meanwhile, and knows what that was. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { Message } from 'kafkajs';
import { FEEDBACK_EVENT_TYPE, type FeedbackData } from '../../../src/domain/feedback.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { feedbackEvent, seededRandom } from '../../support/feedback.ts';
import { pythonFor } from '../../support/python/python.ts';
import type { Ledger } from './ledger.ts';
import type { Stage } from '../../support/ingest-stage.ts';

/** Of a hundred messages so many are garbage, and so many are sent a second time. */
const GARBAGE_PCT = 1;
const AGAIN_PCT = 2;
const AT_ONCE = 100;
/** Between two batches: sending goes on for as long as the disturbances. */
const PAUSE_MS = 150;

export interface Sent {
  /** Garbage, each with a text of its own. */
  readonly garbage: Set<string>;
  /** Alerts by id. */
  readonly alerts: Set<string>;
}

const pick = <T>(random: () => number, of: readonly [T, ...T[]]): T =>
  of[Math.floor(random() * of.length)] ?? of[0];

/** An event whose every value is a whole number of 1/1024, so that no sum depends on its order. */
function randomEvent(random: () => number, source: string, id: string, nowMs: number): FeedbackEvent {
  const candidate = random() < 0.3;
  const more: Partial<FeedbackData> = {
    timestamp: new Date(nowMs - Math.floor(random() * 120_000)).toISOString(),
    arm: candidate ? 'candidate' : 'stable',
    generation: candidate ? 2 : 1,
    task_type: pick(random, ['question', 'summary', 'code']),
    quality: random() < 0.1 ? null : Number(random() < 0.8),
    error: random() < 0.02,
    cost_usd: Math.floor(random() * 64) / 1024,
    latency_ms: Math.floor(random() * 4_000),
    input_tokens: Math.floor(random() * 2_000),
    output_tokens: Math.floor(random() * 500),
  };
  return { ...feedbackEvent(id, more), source };
}

const envelope = ({ source, id, data }: FeedbackEvent) => ({
  specversion: '1.0',
  type: FEEDBACK_EVENT_TYPE,
  source,
  id,
  data,
});

/** Structured, binary, or both in a list of two. */
function messageOf(random: () => number, event: FeedbackEvent): Message {
  const { data, ...attributes } = envelope(event);
  const form = random();
  if (form < 0.4) return { value: JSON.stringify(envelope(event)) };
  if (form > 0.8) return { value: JSON.stringify([envelope(event)]) };
  const headers = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]),
  );
  return { value: JSON.stringify(data), headers: { ...headers, 'content-type': 'application/json' } };
}

/** One in three is JSON that is cut, one an event with a field that is wrong, one an event of an unknown type. */
function garbageOf(random: () => number, id: string): string {
  const event = envelope(feedbackEvent(id));
  const form = random();
  if (form < 0.33) return `{"specversion":"1.0","id":"${id}`;
  if (form < 0.66) return JSON.stringify({ ...event, data: { ...event.data, latency_ms: 'fast' } });
  return JSON.stringify({ ...event, type: 'com.example.unknown' });
}

export async function sendToKafka(
  stage: Stage,
  ledger: Ledger,
  sent: Sent,
  count: number,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  const producer = stage.kafka.client.producer();
  await producer.connect();
  for (let first = 0; first < count; first += AT_ONCE) {
    const messages: Message[] = [];
    for (let i = first; i < Math.min(count, first + AT_ONCE); i += 1) {
      const lot = random() * 100;
      if (lot < GARBAGE_PCT) {
        const garbage = garbageOf(random, `kafka-garbage-${i}`);
        sent.garbage.add(garbage);
        messages.push({ value: garbage });
      } else if (lot < GARBAGE_PCT + 0.5) {
        const alert = {
          alert_id: `alert-${i}`,
          anomaly_type: 'latency',
          severity: 'high',
          service_name: 'nobody',
        };
        sent.alerts.add(alert.alert_id);
        messages.push({ value: JSON.stringify(alert) });
      } else {
        const event = randomEvent(random, '/prove/kafka', `k-${i}`, Date.now());
        ledger.add(event);
        const message = messageOf(random, event);
        messages.push(message, ...(random() * 100 < AGAIN_PCT ? [message] : []));
      }
    }
    await insist(() => producer.send({ topic: stage.topic, messages }));
    await delay(PAUSE_MS);
  }
  await producer.disconnect();
}

export async function sendOverHttp(
  stage: Stage,
  ledger: Ledger,
  sent: Sent,
  count: number,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  for (let first = 0; first < count; first += AT_ONCE) {
    const values: unknown[] = [];
    for (let i = first; i < Math.min(count, first + AT_ONCE); i += 1) {
      if (random() * 100 < GARBAGE_PCT) {
        const garbage = { ...envelope(feedbackEvent(`http-garbage-${i}`)), type: 'com.example.unknown' };
        sent.garbage.add(JSON.stringify(garbage));
        values.push(garbage);
      } else {
        const event = randomEvent(random, '/prove/http', `h-${i}`, Date.now());
        ledger.add(event);
        values.push(envelope(event));
      }
    }
    const post = async (): Promise<void> => {
      const answer = await fetch(`${stage.httpUrl}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(values),
        signal: AbortSignal.timeout(10_000),
      });
      await answer.arrayBuffer();
      if (answer.status !== 202 && answer.status !== 207) throw new Error(`${answer.status}`);
    };
    await insist(post);
    if (random() * 100 < AGAIN_PCT) await insist(post);
    await delay(PAUSE_MS * 4);
  }
}

/** Until it is acknowledged. */
async function insist(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch {
      await delay(200);
    }
  }
}

/** Sum of a counter, count and sum of a histogram, by metric. */
export type Totals = Readonly<Record<string, { readonly count?: number; readonly sum: number }>>;

export interface Exporters {
  /** Stops counting, waits for the last export, and answers what was counted. */
  end(): Promise<Totals>;
}

const EVERY_MS = 1_000;
const LAST_EXPORTS = 3;

/** The JavaScript SDK over OTLP/HTTP with protobuf. */
export function startJavaScript(stage: Stage, service: string): Exporters {
  const exporter = new OTLPMetricExporter({ url: `${stage.httpUrl}/v1/metrics`, timeoutMillis: 5_000 });
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: EVERY_MS,
    exportTimeoutMillis: EVERY_MS,
  });
  const provider = new MeterProvider({
    readers: [reader],
    resource: resourceFromAttributes({ 'service.name': service }),
  });
  const meter = provider.getMeter('prove');
  const [calls, size] = [meter.createCounter('js.calls'), meter.createHistogram('js.size')];
  const totals = { 'js.calls': { sum: 0 }, 'js.size': { count: 0, sum: 0 } };
  const random = seededRandom(3);
  const timer = setInterval(() => {
    const [n, bytes] = [1 + Math.floor(random() * 9), 1 + Math.floor(random() * 5_000)];
    calls.add(n);
    size.record(bytes);
    totals['js.calls'].sum += n;
    totals['js.size'].sum += bytes;
    totals['js.size'].count += 1;
  }, 10);
  return {
    end: async () => {
      clearInterval(timer);
      // Several: one that is under way was collected before, and one that takes too long is given up without a word.
      for (let n = 0; n < LAST_EXPORTS; n += 1) {
        await insist(() => provider.forceFlush());
        await delay(EVERY_MS);
      }
      await provider.shutdown().catch(() => undefined);
      return totals;
    },
  };
}

/** The Python SDK over OTLP/gRPC and OTLP/HTTP. */
export async function startPython(stage: Stage, service: string): Promise<Exporters> {
  const { path } = await pythonFor('opentelemetry.txt');
  const script = new URL('otlp_exporters.py', import.meta.url).pathname;
  const child = spawn(path, [script, service, stage.grpcAddress, stage.httpUrl], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const told = text(child.stdout);
  return {
    end: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
      return JSON.parse(await told) as Totals;
    },
  };
}
