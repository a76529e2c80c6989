/** What ingest does, as metrics for Prometheus: `GET /metrics`. Reads the counters and the reading at each scrape; it counts nothing itself. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ObservableResult } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { LogReading } from '../ports/event-log.ts';
import type { Counters } from './counters.ts';

export interface Telemetry {
  /** Answers a scrape in the text format of Prometheus. */
  answer(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

interface Sources {
  readonly counters: Counters;
  /** Null without a log. */
  readonly reading: () => LogReading | null;
}

const MS_PER_SECOND = 1_000;

/** Outcomes by their names on the page: `[kind, outcome, count]`. */
const outcomesOf = ({
  events,
  alerts,
  points,
  spans,
}: Counters): readonly (readonly [string, string, number])[] => [
  ['event', 'accepted', events.accepted],
  ['event', 'duplicate', events.duplicates],
  ['event', 'set_aside', events.setAside],
  ['alert', 'accepted', alerts.accepted],
  ['alert', 'duplicate', alerts.duplicates],
  ['point', 'accepted', points.counted],
  ['point', 'unchanged', points.unchanged],
  ['point', 'set_aside', points.setAside],
  ['span', 'accepted', spans.counted],
  ['span', 'duplicate', spans.duplicates],
  ['span', 'set_aside', spans.setAside],
  ['span', 'ignored', spans.ignored],
];

const unknownOf = ({ events, alerts, spans }: Counters): number =>
  events.unknownService + alerts.unknownService + spans.unknownService;

/**
 * Its page tells of the partitions that are read now: gauges of OpenTelemetry go on with each set of attributes that they were ever given, so that a
 * partition which another process has taken over would stand there for ever with its last lag. With a new assignment the instruments are made anew.
 */
export function createTelemetry(sources: Sources): Telemetry {
  let [assigned, instruments]: [string, Telemetry | null] = ['', null];
  return {
    answer: (request, response) => {
      const now = (sources.reading()?.assigned ?? [])
        .map(({ topic, partition }) => `${topic}/${partition}`)
        .join();
      if (instruments === null || now !== assigned) {
        void instruments?.close();
        [assigned, instruments] = [now, createInstruments(sources)];
      }
      instruments.answer(request, response);
    },
    close: async () => instruments?.close(),
  };
}

function createInstruments({ counters, reading }: Sources): Telemetry {
  const exporter = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const meter = provider.getMeter('llm-optimizer-ingest');
  const counter = (name: string, description: string, observe: (result: ObservableResult) => void): void =>
    meter.createObservableCounter(name, { description }).addCallback(observe);
  const gauge = (name: string, description: string, observe: (result: ObservableResult) => void): void =>
    meter.createObservableGauge(name, { description }).addCallback(observe);

  counter(
    'optimizer_ingest_events',
    'What receivers were given, by kind and by what became of it.',
    (result) => {
      for (const [kind, outcome, count] of outcomesOf(counters)) result.observe(count, { kind, outcome });
    },
  );
  counter(
    'optimizer_ingest_unknown_service',
    'Of the accepted: of a service that nobody registered.',
    (result) => result.observe(unknownOf(counters)),
  );
  counter(
    'optimizer_ingest_busy',
    'Requests that were told to come again, since too many were in flight.',
    (result) => result.observe(counters.busy),
  );
  counter('optimizer_ingest_log_messages', 'Messages taken out of the event log.', (result) => {
    if (reading() !== null) result.observe(counters.log.messages);
  });
  counter('optimizer_ingest_dead_letters', 'Messages of the event log that could not be read.', (result) => {
    if (reading() !== null) result.observe(counters.log.deadLetters);
  });
  gauge('optimizer_ingest_reading', '1 while the event log is read, 0 while it cannot be.', (result) => {
    const now = reading();
    if (now !== null) result.observe(now.state === 'reading' ? 1 : 0);
  });
  gauge(
    'optimizer_ingest_lag_messages',
    'Messages of a partition that are known not to be stored.',
    (result) => {
      for (const { topic, partition, behind } of reading()?.assigned ?? [])
        if (behind !== null) result.observe(behind, { topic, partition: String(partition) });
    },
  );
  gauge(
    'optimizer_ingest_lag_seconds',
    'How long the oldest message of a partition that is not stored has been there.',
    (result) => {
      for (const { topic, partition, lagMs } of reading()?.assigned ?? [])
        if (lagMs !== null) result.observe(lagMs / MS_PER_SECOND, { topic, partition: String(partition) });
    },
  );
  return {
    answer: (request, response) => exporter.getMetricsRequestHandler(request, response),
    close: () => provider.shutdown(),
  };
}
