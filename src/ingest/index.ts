/** Ingest: OTLP metrics and CloudEvents into windows. It stores and counts; it judges nothing. */
export { startIngest, type Ingest, type IngestOptions } from './start-ingest.ts';
export { ingestRoutes } from './routes.ts';
export type { IngestContext } from './context.ts';
export { createCounters, type Counters } from './counters.ts';
export { createInFlight, type InFlight } from './in-flight.ts';
