/** What senders are told when they are to come again, and what becomes of those who begin and do not end. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Listening } from '../../../src/grpc/index.ts';
import { createCounters, createInFlight, type IngestContext } from '../../../src/ingest/index.ts';
import { startGrpc } from '../../../src/ingest/otlp/grpc-server.ts';
import { metricsMessages } from '../../../src/ingest/otlp/protos.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

/** google.rpc.Status and its detail by their published numbers of fields, not by this program's own proto. */
const { root } = protobuf.parse(`syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }`);
const decode = (type: string, bytes: Uint8Array): Record<string, unknown> =>
  root.lookupType(type).toObject(root.lookupType(type).decode(bytes), { longs: Number });

let postgres: TestPostgres;
let ingest: TestIngest;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
afterEach(() => ingest.close());

/** One export of nothing; answers how it ended. */
function exportNothing(address: string): Promise<ServiceError | null> {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = metricsMessages.service.Export;
  return new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      Buffer.alloc(0),
      new Metadata(),
      (error) => resolve(error),
    );
  }).finally(() => client.close());
}

describe('a receiver in which all places are taken', () => {
  beforeEach(async () => void (ingest = await startTestIngest(postgres, { maxInFlight: 0 })));

  it('tells a gRPC sender in how long to come again', async () => {
    const error = await exportNothing(ingest.grpcAddress);
    expect(error?.code).toBe(status.UNAVAILABLE);
    const [told] = error?.metadata.get('grpc-status-details-bin') ?? [];
    const { code, message, details } = decode('Status', told as Buffer) as {
      code: number;
      message: string;
      details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
    };
    expect([code, message]).toEqual([14, error?.details]);
    expect(details.map(({ typeUrl }) => typeUrl)).toEqual(['type.googleapis.com/google.rpc.RetryInfo']);
    expect(decode('RetryInfo', details[0]!.value)).toEqual({ retryDelay: { seconds: 1 } });
  });

  it.each(['application/x-protobuf', 'application/json'])('answers a Status to %s', async (type) => {
    const response = await fetch(`${ingest.httpUrl}/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: type.endsWith('json') ? '{}' : '',
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const answer: unknown = type.endsWith('json') ? JSON.parse(bytes.toString()) : decode('Status', bytes);
    expect([response.status, response.headers.get('content-type')]).toEqual([503, type]);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(answer).toEqual({ code: 14, message: 'too many batches at once: send it again' });
  });
});

it('answers a Status in protobuf to a body in protobuf that is too large', async () => {
  ingest = await startTestIngest(postgres);
  const type = 'application/x-protobuf';
  // Its head alone: a client that is still writing may see its connection end before it reads the answer.
  const headers = { 'content-type': type, 'content-length': String(9 * 1024 * 1024) };
  const request = httpRequest(`${ingest.httpUrl}/v1/traces`, { method: 'POST', headers });
  request.flushHeaders();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => undefined);
  expect([response.statusCode, response.headers['content-type']]).toEqual([413, type]);
  const answer = decode('Status', await buffer(response));
  request.destroy();
  expect(answer).toEqual({ code: 8, message: expect.stringContaining('larger than') as string });
});

describe('gRPC messages that begin and do not end', () => {
  const MB = 1024 * 1024;
  const ATONCE = 3;
  /** Of the head of a message. */
  const HEAD = 5;
  const WAIT = { timeout: 60_000, interval: 50 };
  let context: IngestContext;
  let grpc: Listening | undefined;
  const sessions: ClientHttp2Session[] = [];

  const start = async (withinMs: number): Promise<void> => {
    ingest = await startTestIngest(postgres);
    context = {
      store: ingest.stores.ingest,
      alerts: ingest.stores.alerts,
      deliverer: { kick: () => undefined },
      logger: pino({ level: 'silent' }),
      counters: createCounters(),
      inFlight: createInFlight(1),
      clock: Date.now,
    };
    grpc = await startGrpc(context, '127.0.0.1', 0, { bytes: ATONCE * (HEAD + MB), withinMs });
  };
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    await grpc?.close();
  });

  /** The head of a message of 7 MB and `bytes` of it, on a connection of its own; answers what came back, once it has. */
  function begin(
    bytes = MB,
    more: Readonly<Record<string, string>> = {},
  ): { readonly stream: ClientHttp2Stream; readonly answered: Promise<number> } {
    const session = connect(`http://${grpc!.address}`);
    session.on('error', () => undefined);
    sessions.push(session);
    const stream = session.request({
      ':method': 'POST',
      ':path': metricsMessages.service.Export.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...more,
    });
    stream.on('error', () => undefined);
    const answered = new Promise<number>((resolve) => {
      stream.on('response', (headers) => resolve(Number(headers['grpc-status'])));
    });
    const head = Buffer.alloc(HEAD);
    head.writeUInt32BE(7 * MB, 1);
    if (bytes > 0) stream.write(Buffer.concat([head, Buffer.alloc(bytes)]));
    return { stream, answered };
  }

  it('are so many at once, and the next ones are told to come again', async () => {
    await start(600_000);
    const held = Array.from({ length: ATONCE }, () => begin());
    // All room is taken as soon as one more is turned away.
    const more = await vi.waitFor(async () => {
      const code = (await exportNothing(grpc!.address))?.code;
      expect(code).toBe(status.UNAVAILABLE);
      return begin();
    }, WAIT);
    expect(await more.answered).toBe(status.UNAVAILABLE);
    expect(context.counters.busy).toBeGreaterThanOrEqual(2);
    // A sender that goes away gives its room back.
    held[0]!.stream.close();
    await vi.waitFor(async () => expect(await exportNothing(grpc!.address)).toBeNull(), WAIT);
  });

  it('are cut when they take too long, with all that was read of them', async () => {
    await start(300);
    const held = Array.from({ length: ATONCE }, () => begin());
    const closed = held.map(({ stream }) => new Promise((resolve) => stream.once('close', resolve)));
    const codes = await Promise.all(held.map(({ answered }) => answered));
    expect(codes).toEqual(held.map(() => status.DEADLINE_EXCEEDED));
    // The client has not ended: it is the server that closes the stream.
    await Promise.all(closed);
    // Within the same limit; a machine that stands still for so long takes another try.
    await vi.waitFor(async () => expect(await exportNothing(grpc!.address)).toBeNull(), WAIT);
  });

  it('take nobody’s room as long as they bring nothing', async () => {
    await start(600_000);
    const silent = Array.from({ length: 40 }, () => begin(0));
    expect(await exportNothing(grpc!.address)).toBeNull();
    for (const { stream } of silent) stream.close();
  });

  it('are let go at a deadline of the client’s own, with all that was read of them', async () => {
    await start(600_000);
    const held = Array.from({ length: ATONCE }, () => begin(MB, { 'grpc-timeout': '500m' }));
    await Promise.all(held.map(({ stream }) => new Promise((resolve) => stream.once('close', resolve))));
    await vi.waitFor(async () => expect(await exportNothing(grpc!.address)).toBeNull(), WAIT);
  });
});
