/** Sends exports of metrics over OTLP/gRPC, one after the other. What was answered to each is told in a line. */
import { fileURLToPath } from 'node:url';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type AnyDefinition, type ServiceDefinition } from '@grpc/proto-loader';

/** The same vendored protos that ingest reads by, in the sources and in `dist` alike. */
const INCLUDE_DIR = fileURLToPath(new URL('../../../ingest/proto/', import.meta.url));
const FILE = 'opentelemetry/proto/collector/metrics/v1/metrics_service.proto';
const SERVICE = 'opentelemetry.proto.collector.metrics.v1.MetricsService';
const LIMIT_MS = 10_000;

export interface GrpcSender {
  /**
   * @param body an export as OTLP's JSON has it
   * @returns `OK`, with the partial success if there is one, or the name of the status and what it says
   */
  send(body: object): Promise<string>;
  close(): void;
}

const isService = (found: AnyDefinition | undefined): found is ServiceDefinition =>
  found !== undefined && !('format' in found);

/** @param url where ingest listens: `host:port`, with or without `http://` before it */
export function openGrpc(url: string): GrpcSender {
  const found = loadSync(FILE, { includeDirs: [INCLUDE_DIR], longs: String, enums: Number })[SERVICE];
  const method = isService(found) ? found['Export'] : undefined;
  if (method === undefined) throw new Error(`the protos define no ${SERVICE}`);
  const address = url.replace(/^https?:\/\//u, '').replace(/\/$/u, '');
  const client = new Client(address, credentials.createInsecure());
  return {
    send: (body) =>
      new Promise((resolve) => {
        const answered = (error: ServiceError | null, answer?: object): void => {
          if (error) resolve(`${status[error.code] ?? error.code} ${error.details}`);
          else resolve(said(answer ?? {}));
        };
        const { path, requestSerialize, responseDeserialize } = method;
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          body,
          { deadline: Date.now() + LIMIT_MS },
          answered,
        );
      }),
    close: () => client.close(),
  };
}

const said = (answer: object): string => {
  const text = JSON.stringify(answer);
  return text === '{}' ? 'OK' : `OK ${text.slice(0, 300)}`;
};
