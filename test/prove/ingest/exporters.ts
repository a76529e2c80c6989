/** The OpenTelemetry SDKs of `prove ingest`: each exports until it is told to end, and knows what it has counted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { seededRandom } from '../../support/feedback.ts';
import { pythonFor } from '../../support/python/python.ts';
import type { Stage } from '../../support/ingest-stage.ts';
import { insist } from './insist.ts';

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
