/** Small requests that become much: packed spaces, and messages that hold nothing, of which 8 MB would be gigabytes. */
import { deflateSync, gzipSync } from 'node:zlib';
import { Client, compressionAlgorithms, credentials, type ServiceError } from '@grpc/grpc-js';
import { metricsMessages, traceMessages } from '../../src/ingest/otlp/protos.ts';

const MB = 1024 * 1024;
const LIMIT_MS = 120_000;

export interface HttpBomb {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The bytes 0x0a 0x00: a message within, of no length. */
const empties = (bytes: number): Buffer => Buffer.alloc(bytes, Buffer.from([0x0a, 0]));

/** A list of nothing, where the export has its resources. */
const emptyJson = (bytes: number): Buffer =>
  Buffer.concat([
    Buffer.from('{"resourceSpans":['),
    Buffer.alloc(3 * Math.floor(bytes / 3), '{},'),
    Buffer.from('{}]}'),
  ]);

const nested = (bytes: number): Buffer => Buffer.alloc(bytes, '[');

/** Each is 10 to 200 kB as it is sent. The receiver must answer 400, 413 or 415. */
export function httpBombs(): readonly HttpBomb[] {
  const types = { protobuf: 'application/x-protobuf', json: 'application/json' };
  const bombs = [
    ['protobuf', 33 * MB, (bytes: number) => Buffer.alloc(bytes, ' ')],
    ['protobuf', 31 * MB, empties],
    ['json', 31 * MB, emptyJson],
    ['json', 31 * MB, nested],
  ] as const;
  return bombs.flatMap(([type, bytes, make]) => {
    const body = gzipSync(make(bytes));
    const headers = { 'content-type': types[type], 'content-encoding': 'gzip' };
    return ['/v1/metrics', '/v1/traces'].map((path) => ({ path, headers, body }));
  });
}

/** Also packed, and of a packing that is not read. */
export const mislabelled = (): HttpBomb => ({
  path: '/v1/traces',
  headers: { 'content-type': 'application/json', 'content-encoding': 'deflate' },
  body: deflateSync(Buffer.alloc(33 * MB, ' ')),
});

export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
}

/** One call, packed by the client; of each signal, what is too large unpacked, and what would be too many messages. */
export async function bombGrpc(address: string): Promise<readonly GrpcAnswer[]> {
  const answers: GrpcAnswer[] = [];
  for (const algorithm of [compressionAlgorithms.gzip, compressionAlgorithms.deflate]) {
    const client = new Client(address, credentials.createInsecure(), {
      'grpc.default_compression_algorithm': algorithm,
      'grpc.max_send_message_length': -1,
    });
    try {
      for (const { service } of [metricsMessages, traceMessages]) {
        for (const bytes of [Buffer.alloc(33 * MB, ' '), empties(7 * MB)]) {
          answers.push(await exportOver(client, service.Export, bytes));
        }
      }
    } finally {
      client.close();
    }
  }
  return answers;
}

/** Sends the bytes as they are, whatever they hold. */
export function exportOver(
  client: Client,
  { path, requestSerialize, responseDeserialize }: typeof metricsMessages.service.Export,
  bytes: Buffer,
): Promise<GrpcAnswer> {
  const deadline = Date.now() + LIMIT_MS;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      bytes,
      { deadline },
      (error: ServiceError | null) => resolve({ code: error?.code ?? 0, details: error?.details ?? '' }),
    );
  });
}
