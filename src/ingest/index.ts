/** Ingest: OTLP metrics and spans, and CloudEvents, over HTTP, gRPC and an event log, into windows. It stores and counts; it judges nothing. */
export { startIngest, type Ingest, type IngestOptions } from './start-ingest.ts';
export { ingestRoutes } from './routes.ts';
export type { IngestContext } from './context.ts';
export { createCounters, type Counters } from './counters.ts';
export { createInFlight, type InFlight } from './in-flight.ts';
export { DLQ_HEADER, DLQ_ID, DLQ_REASON, DLQ_TOPIC, dlqOf } from './log/dead-letters.ts';
export type { LogOptions } from './log/read-log.ts';
export { metricsMessages } from './otlp/protos.ts';
export { REPLAYED_HEADER, replayDeadLetters, showDeadLetters } from './log/replay-dead-letters.ts';
