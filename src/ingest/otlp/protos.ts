/** The OTLP messages and the services of metrics and traces, loaded from the vendored protos beside this folder. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type AnyDefinition, type MessageTypeDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { checkProtobufSize } from './count-values.ts';

/** What answers an export, in the field names of the protos' JSON mapping: what was refused is counted in points or in spans. */
export interface ExportResponse {
  readonly partialSuccess?: { readonly errorMessage: string } & (
    { readonly rejectedDataPoints: string } | { readonly rejectedSpans: string }
  );
}

/** One signal's request and response, and its service. */
export interface SignalMessages {
  /** Throws what the decoder throws when the bytes are no such message, and when it would be too large a one. */
  readonly decode: (bytes: Buffer) => unknown;
  /** @param request as OTLP's JSON has it */
  readonly encodeRequest: (request: object) => Buffer;
  readonly encodeResponse: (response: ExportResponse) => Buffer;
  /**
   * For a gRPC server or client. Requests are bytes, so that what cannot be decoded is ours to put aside and to answer, as it
   * is over HTTP.
   */
  readonly service: { readonly Export: MethodDefinition<Buffer, ExportResponse> };
}

export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

/** From the sources and from `dist` alike: the build copies the protos beside the compiled code. */
const INCLUDE_DIR = fileURLToPath(new URL('../proto/', import.meta.url));

const FILES = [
  'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
  'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  'rpc-status.proto',
];

/** 64-bit integers become strings: times in nanoseconds do not fit a double. */
const definitions = loadSync(FILES, {
  includeDirs: [INCLUDE_DIR],
  longs: String,
  enums: Number,
  keepCase: false,
  defaults: false,
});

/** The same messages as types with their fields, which the definitions do not resolve. */
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(INCLUDE_DIR, target);
root.loadSync(FILES).resolveAll();

const messageType = (name: string): MessageTypeDefinition<object, object> => {
  const found = definitions[name];
  if (found === undefined || !isMessage(found)) throw new Error(`the protos define no message ${name}`);
  return found;
};

const isMessage = (found: AnyDefinition): found is MessageTypeDefinition<object, object> =>
  'format' in found && 'deserialize' in found;

function messagesOf(signal: 'metrics' | 'trace', name: 'Metrics' | 'Trace'): SignalMessages {
  const collector = `opentelemetry.proto.collector.${signal}.v1`;
  const requestName = `${collector}.Export${name}ServiceRequest`;
  const request = messageType(requestName);
  const fields = root.lookupType(requestName);
  const response = messageType(`${collector}.Export${name}ServiceResponse`);
  const encodeResponse = (answer: ExportResponse): Buffer => response.serialize(answer);
  return {
    decode: (bytes) => {
      checkProtobufSize(bytes, fields);
      return request.deserialize(bytes);
    },
    encodeRequest: (body) => request.serialize(body),
    encodeResponse,
    service: {
      Export: {
        path: `/${collector}.${name}Service/Export`,
        requestStream: false,
        responseStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: encodeResponse,
        responseDeserialize: (bytes: Buffer): ExportResponse => response.deserialize(bytes),
      },
    },
  };
}

export const metricsMessages = messagesOf('metrics', 'Metrics');
export const traceMessages = messagesOf('trace', 'Trace');

const statusType = messageType('google.rpc.Status');
const retryType = messageType('google.rpc.RetryInfo');

/** @param retrySeconds when the sender is to come again, as a detail of the status; left out for what must not be sent again */
export function encodeStatus(status: RpcStatus, retrySeconds?: number): Buffer {
  if (retrySeconds === undefined) return statusType.serialize(status);
  const value = retryType.serialize({ retryDelay: { seconds: retrySeconds } });
  const typeUrl = 'type.googleapis.com/google.rpc.RetryInfo';
  return statusType.serialize({ ...status, details: [{ typeUrl, value }] });
}
