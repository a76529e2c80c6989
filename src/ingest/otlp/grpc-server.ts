/** OTLP/gRPC: `MetricsService.Export` and `TraceService.Export`. The same counting as over HTTP; UNAVAILABLE asks the sender to come again. */
import { Server, status, type sendUnaryData, type ServerUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { Failure } from '../../domain/failure.ts';
import { listen, type Listening } from '../../grpc/index.ts';
import type { IngestContext } from '../context.ts';
import type { ExportResponse } from './protos.ts';
import { MalformedExport } from './read-export.ts';
import { SIGNALS, type Signal } from './signals.ts';

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

function toStatus(error: unknown, context: IngestContext): Partial<ServiceError> {
  if (error instanceof MalformedExport) return { code: status.INVALID_ARGUMENT, details: error.message };
  if (error instanceof Failure && error.type === 'StoreUnavailable') {
    return { code: status.UNAVAILABLE, details: 'the store cannot be reached' };
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
    context.counters.busy += 1;
    callback({ code: status.UNAVAILABLE, details: 'too many exports at once: try again' });
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

/** Starts the receiver on `host:port` (0: any free port). Throws when the port is taken. */
export async function startGrpc(context: IngestContext, host: string, port: number): Promise<Listening> {
  const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
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
