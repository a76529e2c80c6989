/** Sends exports of metrics over OTLP/gRPC, one after the other. What was answered to each is told in a line. */
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { metricsMessages } from '../../../ingest/index.ts';

const LIMIT_MS = 10_000;

export interface GrpcSender {
  /**
   * @param body an export as OTLP's JSON has it
   * @returns `OK`, with the partial success if there is one, or the name of the status and what it says
   */
  send(body: object): Promise<string>;
  close(): void;
}

/** @param url where ingest listens: `host:port`, with or without `http://` before it */
export function openGrpc(url: string): GrpcSender {
  const address = url.replace(/^https?:\/\//u, '').replace(/\/$/u, '');
  const client = new Client(address, credentials.createInsecure());
  return {
    send: (body) =>
      new Promise((resolve) => {
        const answered = (error: ServiceError | null, answer?: object): void => {
          if (error) resolve(`${status[error.code] ?? error.code} ${error.details}`);
          else resolve(said(answer ?? {}));
        };
        const { path, requestSerialize, responseDeserialize } = metricsMessages.service.Export;
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          metricsMessages.encodeRequest(body),
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
