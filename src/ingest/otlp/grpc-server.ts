/**
 * OTLP/gRPC: `MetricsService.Export` and `TraceService.Export`. The same counting as over HTTP; UNAVAILABLE asks the sender to come again and says when
 * (`RetryInfo`).
 */
import { Metadata, Server, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { Failure } from '../../domain/failure.ts';
import { listen, type Listening } from '../../grpc/index.ts';
import type { IngestContext } from '../context.ts';
import { limitReceiving, type Answer, type ReceivingLimits } from './limit-receiving.ts';
import { encodeStatus, type ExportResponse } from './protos.ts';
import { MalformedExport } from './read-export.ts';
import { SIGNALS, type Signal } from './signals.ts';

/** As over HTTP. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Of messages that are not whole yet; bytes and time as over HTTP. */
const RECEIVING: ReceivingLimits = { bytes: 256 * 1024 * 1024, withinMs: 30_000 };
/** Of one connection, which a proxy may share among many senders. */
const MAX_STREAMS = 100;
/** A peer that is gone without a word is noticed after so long, in ms. */
const KEEPALIVE_MS = 60_000;
const RETRY_SECONDS = 1;

/** UNAVAILABLE with the delay after which to come again (OTLP specification, "OTLP/gRPC Throttling"). */
function comeAgain(details: string): Answer {
  const metadata = new Metadata();
  const code = status.UNAVAILABLE;
  metadata.set('grpc-status-details-bin', encodeStatus({ code, message: details }, RETRY_SECONDS));
  return { code, details, metadata };
}

function busy({ counters }: IngestContext): Answer {
  counters.busy += 1;
  return comeAgain('too many exports at once: try again');
}

function toStatus(error: unknown, context: IngestContext): Answer {
  if (error instanceof MalformedExport) return { code: status.INVALID_ARGUMENT, details: error.message };
  if (error instanceof Failure && error.type === 'StoreUnavailable') {
    return comeAgain('the store cannot be reached');
  }
  context.logger.error({ err: error }, 'an OTLP export could not be stored');
  return { code: status.INTERNAL, details: 'the export could not be stored' };
}

async function answer(
  context: IngestContext,
  signal: Signal,
  call: ServerUnaryCall<Buffer, ExportResponse>,
  callback: sendUnaryData<ExportResponse>,
): Promise<void> {
  if (!context.inFlight.enter()) {
    callback(busy(context));
    return;
  }
  try {
    callback(null, await signal.receive(context, call.request, 'protobuf'));
  } catch (error) {
    callback(toStatus(error, context));
  } finally {
    context.inFlight.leave();
  }
}

/**
 * Starts the receiver on `host:port` (0: any free port). Throws when the port is taken.
 * @param receiving how much may be under way at once, by default 256 MiB, each message for 30 s
 */
export async function startGrpc(
  context: IngestContext,
  host: string,
  port: number,
  receiving: ReceivingLimits = RECEIVING,
): Promise<Listening> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    interceptors: [limitReceiving(receiving, () => busy(context))],
  });
  for (const signal of SIGNALS) {
    server.addService(signal.messages.service, {
      Export: (
        call: ServerUnaryCall<Buffer, ExportResponse>,
        callback: sendUnaryData<ExportResponse>,
      ): void => void answer(context, signal, call, callback),
    });
  }
  return listen(server, host, port);
}
