/**
 * One feedback CloudEvent per request, and one pair event per copied request, sent in batches. While ingest is away events wait in a bounded buffer; what does
 * not fit is dropped, oldest first, counted and logged: never silently. It never slows a request down.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { Pool } from 'undici';
import { FEEDBACK_EVENT_TYPE, type FeedbackData } from '../domain/feedback.ts';
import { createBatchSender, type SenderStats } from './batch-sender.ts';
import { PAIR_EVENT_TYPE, type PairData } from '../domain/shadow-pair.ts';
import type { Assignment, Emitter, PairOutcome, PairSide, RequestOutcome } from './emitter.ts';
import type { ProviderInfo } from './upstream.ts';

const BATCH_TYPE = 'application/cloudevents-batch+json';
const SEND_TIMEOUT_MS = 10_000;

export interface FeedbackOptions {
  /** Base address of ingest; batches go to `POST /v1/events` below it. */
  readonly ingestUrl: string;
  readonly logger: Logger;
  /** Events that may wait; 100,000 by default. */
  readonly bufferSize?: number;
  /** Longest time an event waits for others; 200 ms by default. */
  readonly intervalMs?: number;
  /** Longest time that `close` goes on trying; 5 s by default. */
  readonly closeTimeoutMs?: number;
}

/** An emitter that also says how many events it lost, and how many wait. */
export interface FeedbackEmitter extends Emitter {
  stats(): SenderStats;
}

export function createFeedbackEmitter(options: FeedbackOptions): FeedbackEmitter {
  const pool = new Pool(new URL(options.ingestUrl).origin, {
    connections: 1,
    headersTimeout: SEND_TIMEOUT_MS,
    bodyTimeout: SEND_TIMEOUT_MS,
  });
  const path = `${new URL(options.ingestUrl).pathname.replace(/\/$/u, '')}/v1/events`;
  const sender = createBatchSender({
    ...options,
    send: async (events) => {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers: { 'content-type': BATCH_TYPE },
        body: `[${events.join(',')}]`,
      });
      const text = statusCode < 300 ? (await body.dump(), '') : await body.text();
      return { status: statusCode, text: text.slice(0, 300) };
    },
  });
  return {
    record: (outcome) => {
      if (outcome.assignment !== null) sender.add(JSON.stringify(toEvent(outcome, outcome.assignment)));
    },
    recordPair: (pair) => sender.add(JSON.stringify(toPairEvent(pair))),
    stats: () => sender.stats(),
    close: async () => {
      await sender.close();
      await pool.destroy();
    },
  };
}

/** Times are RFC 3339; the id is new for every request, whatever the caller's request id. */
function toEvent(outcome: RequestOutcome, assignment: Assignment): Record<string, unknown> {
  const { usage } = outcome;
  const id = randomUUID();
  const time = new Date(outcome.exposedAtMs).toISOString();
  const data: FeedbackData = {
    type: 'model_response',
    id,
    timestamp: time,
    request_id: outcome.requestId,
    service: outcome.serviceId,
    arm: assignment.arm,
    ...(assignment.experiment !== undefined && { experiment: assignment.experiment }),
    generation: assignment.generation,
    unit: assignment.unit,
    model: usage.model,
    task_type: usage.taskType,
    quality: outcome.quality,
    error: outcome.errorStatus !== null,
    cost_usd: usage.costUsd,
    latency_ms: usage.latencyMs,
    ...(outcome.region !== undefined && { region: outcome.region }),
    ...(usage.provider && { provider: toProvider(usage.provider) }),
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
  };
  return envelope(FEEDBACK_EVENT_TYPE, data);
}

const toProvider = ({
  fingerprint,
  priceUsdPerMtok,
  latencyClass,
}: ProviderInfo): FeedbackData['provider'] => ({
  ...(fingerprint !== undefined && { fingerprint }),
  ...(priceUsdPerMtok && { price_usd_per_mtok: { ...priceUsdPerMtok } }),
  ...(latencyClass !== undefined && { latency_class: latencyClass }),
});

function toPairEvent(pair: PairOutcome): Record<string, unknown> {
  const data: PairData = {
    type: 'shadow_pair',
    id: randomUUID(),
    timestamp: new Date(pair.comparedAtMs).toISOString(),
    request_id: pair.requestId,
    service: pair.serviceId,
    generation: pair.generation,
    unit: pair.unit,
    task_type: pair.taskType,
    stable: toSide(pair.stable),
    candidate: toSide(pair.candidate),
    ...(pair.judge && { judge: [...pair.judge] }),
  };
  return envelope(PAIR_EVENT_TYPE, data);
}

const toSide = ({ model, quality, failed, latencyMs, costUsd }: PairSide): PairData['stable'] => ({
  model,
  quality,
  error: failed,
  latency_ms: latencyMs,
  cost_usd: costUsd,
});

function envelope(type: string, data: FeedbackData | PairData): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: data.id,
    source: `/gateway/${data.service}`,
    type,
    time: data.timestamp,
    datacontenttype: 'application/json',
    data,
  };
}
