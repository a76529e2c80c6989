/**
 * Requests as OTLP metrics with the GenAI conventions, over HTTP and protobuf. One gateway carries several services, and
 * `service.name` belongs to the resource, so each service has a meter provider of its own.
 */
import type { Counter, Histogram } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { Logger } from 'pino';
import type { Emitter, RequestOutcome } from './emitter.ts';

export interface OtlpOptions {
  /** Base address of the receiver, such as `http://127.0.0.1:4318`; metrics go to `/v1/metrics` below it. */
  readonly url: string;
  readonly logger: Logger;
  /** Between exports; 10 s by default. */
  readonly intervalMs?: number;
}

/** Bounds of the GenAI conventions, in seconds and tokens; the others span the range of chat requests. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
const USD = [1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 10];
const QUALITY = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const EXPORT_TIMEOUT_MS = 5_000;

interface Instruments {
  readonly tokenUsage: Histogram;
  readonly operationDuration: Histogram;
  readonly operationErrors: Counter;
  readonly requestDuration: Histogram;
  readonly requestTokens: Histogram;
  readonly requestCost: Histogram;
  readonly quality: Histogram;
}

/**
 * Sums and histograms are deltas: a generation that is over leaves no series behind. Requests that no arm was chosen
 * for carry neither arm nor generation.
 */
export function createOtlpEmitter(options: OtlpOptions): Emitter {
  const services = new Map<string, { provider: MeterProvider; instruments: Instruments }>();
  const of = (serviceId: string): Instruments => {
    const known = services.get(serviceId);
    if (known !== undefined) return known.instruments;
    const provider = meterProvider(serviceId, options);
    const instruments = createInstruments(provider);
    services.set(serviceId, { provider, instruments });
    return instruments;
  };
  return {
    record: (outcome) => record(of(outcome.serviceId), outcome),
    close: async () => {
      const closed = await Promise.allSettled(
        [...services.values()].map(({ provider }) => provider.shutdown()),
      );
      for (const result of closed) {
        if (result.status === 'rejected') {
          options.logger.warn({ err: result.reason }, 'the last metrics could not be exported');
        }
      }
    },
  };
}

function meterProvider(serviceId: string, options: OtlpOptions): MeterProvider {
  const { url, intervalMs = 10_000, logger } = options;
  const exporter = new OTLPMetricExporter({
    url: `${url.replace(/\/$/u, '')}/v1/metrics`,
    temporalityPreference: AggregationTemporality.DELTA,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  return new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': serviceId, 'service.namespace': 'llm-gateway' }),
    readers: [
      new PeriodicExportingMetricReader({
        exporter: telling(exporter, logger),
        exportIntervalMillis: intervalMs,
        exportTimeoutMillis: Math.min(intervalMs, EXPORT_TIMEOUT_MS),
      }),
    ],
  });
}

/** The SDK keeps failed exports to itself; this logs the first of a row. Deltas that were not taken are lost. */
function telling(exporter: OTLPMetricExporter, logger: Logger): PushMetricExporter {
  let failing = false;
  return {
    export: (metrics, done) =>
      exporter.export(metrics, (result) => {
        const failed = result.error !== undefined;
        if (failed && !failing) logger.warn({ err: result.error }, 'metrics were not taken and are lost');
        failing = failed;
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    selectAggregationTemporality: (instrument) => exporter.selectAggregationTemporality(instrument),
  };
}

function createInstruments(provider: MeterProvider): Instruments {
  const meter = provider.getMeter('llm-auto-optimizer.gateway');
  const histogram = (name: string, unit: string, explicitBucketBoundaries: number[]): Histogram =>
    meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries } });
  return {
    tokenUsage: histogram('gen_ai.client.token.usage', '{token}', TOKENS),
    operationDuration: histogram('gen_ai.client.operation.duration', 's', SECONDS),
    operationErrors: meter.createCounter('gen_ai.client.operation.error', { unit: '{error}' }),
    requestDuration: histogram('llm.request.duration', 's', SECONDS),
    requestTokens: histogram('llm.request.tokens', '{token}', TOKENS),
    requestCost: histogram('llm.request.cost', 'USD', USD),
    quality: histogram('llm.response.quality', '1', QUALITY),
  };
}

function record(instruments: Instruments, outcome: RequestOutcome): void {
  const { usage, assignment, errorStatus } = outcome;
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.system': usage.system,
    'gen_ai.request.model': usage.model,
    'llm.task_type': usage.taskType,
    ...(assignment && {
      'llm.optimizer.arm': assignment.arm,
      'llm.optimizer.generation': assignment.generation,
      ...(assignment.experiment !== undefined && { 'llm.optimizer.experiment': assignment.experiment }),
    }),
  };
  const input = { ...attributes, 'gen_ai.token.type': 'input' };
  const output = { ...attributes, 'gen_ai.token.type': 'output' };
  const timed = errorStatus === null ? attributes : { ...attributes, 'error.type': String(errorStatus) };
  const seconds = usage.latencyMs / 1000;
  instruments.tokenUsage.record(usage.inputTokens, input);
  instruments.tokenUsage.record(usage.outputTokens, output);
  instruments.operationDuration.record(seconds, timed);
  instruments.requestDuration.record(seconds, timed);
  instruments.requestTokens.record(usage.inputTokens + usage.outputTokens, attributes);
  instruments.requestCost.record(usage.costUsd, attributes);
  if (errorStatus !== null) instruments.operationErrors.add(1, timed);
  if (outcome.quality !== null) instruments.quality.record(outcome.quality, attributes);
}
