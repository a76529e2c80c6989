/** The signals that are received, each over HTTP and gRPC alike. */
import type { IngestContext } from '../context.ts';
import { metricsMessages, traceMessages, type ExportResponse, type SignalMessages } from './protos.ts';
import type { Encoding } from './read-export.ts';
import { receiveMetrics } from './receive-metrics.ts';
import { receiveTraces } from './traces/receive-traces.ts';

export interface Signal {
  /** Of its HTTP route. */
  readonly path: string;
  readonly messages: SignalMessages;
  /** Throws `MalformedExport`, or `Failure('StoreUnavailable')` when the sender is to come again. */
  readonly receive: (context: IngestContext, bytes: Buffer, encoding: Encoding) => Promise<ExportResponse>;
}

export const SIGNALS: readonly Signal[] = [
  { path: '/v1/metrics', messages: metricsMessages, receive: receiveMetrics },
  { path: '/v1/traces', messages: traceMessages, receive: receiveTraces },
];
