/** What every receiver of ingest works with. */
import type { Logger } from 'pino';
import type { AlertStore } from '../ports/alerts.ts';
import type { IngestStore } from '../ports/windows.ts';
import type { Deliverer } from './alerts/deliverer.ts';
import type { Counters } from './counters.ts';
import type { InFlight } from './in-flight.ts';

export interface IngestContext {
  readonly store: IngestStore;
  readonly alerts: AlertStore;
  readonly deliverer: Pick<Deliverer, 'kick'>;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly inFlight: InFlight;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}
