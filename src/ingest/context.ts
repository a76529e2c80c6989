/** What every receiver of ingest works with. */
import type { Logger } from 'pino';
import type { IngestStore } from '../ports/windows.ts';
import type { Counters } from './counters.ts';
import type { InFlight } from './in-flight.ts';

export interface IngestContext {
  readonly store: IngestStore;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly inFlight: InFlight;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}
