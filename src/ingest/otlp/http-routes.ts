/**
 * OTLP/HTTP: `POST /v1/metrics` and `POST /v1/traces` in protobuf or JSON, gzip or plain (OTLP specification, "OTLP/HTTP"). Answers in the
 * request's own encoding; 503 asks the sender to come again, 400 not to.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../../domain/failure.ts';
import type { IngestContext } from '../context.ts';
import { encodeStatus } from './protos.ts';
import { MalformedExport, type Encoding } from './read-export.ts';
import { SIGNALS, type Signal } from './signals.ts';

const unzip = promisify(gunzip);

/** Of the body after unpacking; the packed one is held to the server's own limit. */
const MAX_UNPACKED_BYTES = 32 * 1024 * 1024;

/** Codes of google.rpc.Code. */
const CODE = { invalidArgument: 3, resourceExhausted: 8, internal: 13, unavailable: 14 } as const;

const TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

function encodingOf(request: FastifyRequest): Encoding | null {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === TYPES.protobuf) return 'protobuf';
  return type === TYPES.json ? 'json' : null;
}

function send(reply: FastifyReply, encoding: Encoding, json: object, bytes: Buffer): FastifyReply {
  void reply.header('content-type', TYPES[encoding]);
  // Bytes in both cases: a text would get a charset, which OTLP's type does not have.
  return reply.send(encoding === 'json' ? Buffer.from(JSON.stringify(json)) : bytes);
}

const sendStatus = (reply: FastifyReply, http: number, encoding: Encoding, code: number, message: string) =>
  send(reply.code(http), encoding, { code, message }, encodeStatus({ code, message }));

async function unpack(request: FastifyRequest): Promise<Buffer> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const packing = request.headers['content-encoding'] ?? 'identity';
  if (packing === 'identity') return body;
  if (packing !== 'gzip') throw new MalformedExport(`content-encoding ${packing} is not read, expected gzip`);
  try {
    return await unzip(body, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MalformedExport(`gzip: ${reason}`, { cause: error });
  }
}

/** What the server around the routes answers by itself: that it is busy, or that a body is too large. */
function codeOf(http: number): number {
  if (http === 413) return CODE.resourceExhausted;
  if (http === 503) return CODE.unavailable;
  return http < 500 ? CODE.invalidArgument : CODE.internal;
}

function messageOf(payload: string): string {
  try {
    const { error, message } = JSON.parse(payload) as { error?: unknown; message?: unknown };
    const told = message ?? (error as { message?: unknown } | null | undefined)?.message;
    return typeof told === 'string' ? told : payload;
  } catch {
    return payload;
  }
}

/** Registers the routes. The content-type parser of the surrounding scope must leave bodies as bytes. */
export function serveOtlpHttp(app: FastifyInstance, context: IngestContext): void {
  void app.register((scope, _options, done) => {
    // Errors are a Status in the request's own encoding (OTLP specification, "Failures"), whoever answers them. Ours are bytes by now.
    scope.addHook('onSend', async (request, reply, payload) => {
      if (reply.statusCode < 400 || typeof payload !== 'string') return payload;
      const encoding = encodingOf(request) ?? 'json';
      const status = { code: codeOf(reply.statusCode), message: messageOf(payload) };
      void reply.removeHeader('content-length').header('content-type', TYPES[encoding]);
      return encoding === 'json' ? Buffer.from(JSON.stringify(status)) : encodeStatus(status);
    });
    for (const signal of SIGNALS) serveSignal(scope, context, signal);
    done();
  });
}

function serveSignal(
  app: FastifyInstance,
  context: IngestContext,
  { path, messages, receive }: Signal,
): void {
  app.post(path, async (request, reply) => {
    const encoding = encodingOf(request);
    if (encoding === null) {
      const message = `content-type is not read, expected ${TYPES.protobuf} or ${TYPES.json}`;
      return sendStatus(reply, 415, 'json', CODE.invalidArgument, message);
    }
    try {
      const response = await receive(context, await unpack(request), encoding);
      return send(reply, encoding, response, messages.encodeResponse(response));
    } catch (error) {
      if (error instanceof MalformedExport) {
        return sendStatus(reply, 400, encoding, CODE.invalidArgument, error.message);
      }
      if (error instanceof Failure && error.type === 'StoreUnavailable') {
        void reply.header('retry-after', '1');
        return sendStatus(reply, 503, encoding, CODE.unavailable, 'the store cannot be reached');
      }
      context.logger.error({ err: error }, 'an OTLP export could not be stored');
      return sendStatus(reply, 500, encoding, CODE.internal, 'the export could not be stored');
    }
  });
}
