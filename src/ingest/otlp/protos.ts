/** The OTLP messages and the metrics service, loaded from the vendored protos beside this folder. */
import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type AnyDefinition, type MessageTypeDefinition } from '@grpc/proto-loader';

/** What answers an export, in the field names of the protos' JSON mapping. */
export interface ExportResponse {
  readonly partialSuccess?: { readonly rejectedDataPoints: string; readonly errorMessage: string };
}

export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

/** From the sources and from `dist` alike: the build copies the protos beside the compiled code. */
const INCLUDE_DIR = fileURLToPath(new URL('../proto/', import.meta.url));

/** 64-bit integers become strings: times in nanoseconds do not fit a double. */
const definitions = loadSync(
  ['opentelemetry/proto/collector/metrics/v1/metrics_service.proto', 'rpc-status.proto'],
  { includeDirs: [INCLUDE_DIR], longs: String, enums: Number, keepCase: false, defaults: false },
);

const COLLECTOR = 'opentelemetry.proto.collector.metrics.v1';

const messageType = (name: string): MessageTypeDefinition<object, object> => {
  const found = definitions[name];
  if (found === undefined || !isMessage(found)) throw new Error(`the protos define no message ${name}`);
  return found;
};

const isMessage = (found: AnyDefinition): found is MessageTypeDefinition<object, object> =>
  'format' in found && 'deserialize' in found;

const requestType = messageType(`${COLLECTOR}.ExportMetricsServiceRequest`);
const responseType = messageType(`${COLLECTOR}.ExportMetricsServiceResponse`);
const statusType = messageType('google.rpc.Status');

/** Throws what the decoder throws when the bytes are no such message. */
export const decodeExport = (bytes: Buffer): unknown => requestType.deserialize(bytes);
export const encodeResponse = (response: ExportResponse): Buffer => responseType.serialize(response);
export const encodeStatus = (status: RpcStatus): Buffer => statusType.serialize(status);

/**
 * `MetricsService` for a gRPC server. Requests arrive as bytes, so that what cannot be decoded is ours to put aside and to
 * answer, as it is over HTTP.
 */
export const metricsService = {
  Export: {
    path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: encodeResponse,
    responseDeserialize: (bytes: Buffer): ExportResponse => responseType.deserialize(bytes),
  },
} satisfies ServiceDefinition;
