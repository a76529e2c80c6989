/**
 * `POST /v1/events`: CloudEvents 1.0 over HTTP in structured, batch and binary mode.
 *
 * 202: all taken (or seen before). 207: some put aside, see `setAside`. 422: all put aside. 400: no JSON at all.
 * 413: too large, or too many events. 415: a content type that carries no event. 503 with Retry-After: nothing was taken, send again.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../../domain/failure.ts';
import type { IngestContext } from '../context.ts';
import { bodyOf } from '../set-aside.ts';
import { fromBinaryMode, isBinaryMode } from './envelope.ts';
import { EXPECTED_VALUES, MOST_VALUES } from './read-batch.ts';
import { receiveEvents } from './receive-events.ts';

const SOURCE = 'http/v1/events';
const BATCH = 'application/cloudevents-batch+json';
/** Plain JSON is taken for an event, or a batch when it is a list: people type that. */
const JSON_TYPES = new Set(['application/cloudevents+json', BATCH, 'application/json']);

type Parsed =
  | { readonly kind: 'events'; readonly values: readonly unknown[] }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'unsupported' };

const textOf = (request: FastifyRequest): string =>
  Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';

function parse(request: FastifyRequest): Parsed {
  const binary = isBinaryMode(request.headers);
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!binary && !JSON_TYPES.has(type)) return { kind: 'unsupported' };
  let value: unknown;
  try {
    value = JSON.parse(textOf(request));
  } catch (error) {
    return { kind: 'malformed', reason: error instanceof Error ? error.message : String(error) };
  }
  if (binary) return { kind: 'events', values: [fromBinaryMode(request.headers, value)] };
  if (Array.isArray(value) && type !== 'application/cloudevents+json')
    return { kind: 'events', values: value };
  if (type === BATCH) return { kind: 'malformed', reason: 'a batch is a JSON list of events' };
  return { kind: 'events', values: [value] };
}

const sendError = (reply: FastifyReply, status: number, type: string, message: string): FastifyReply =>
  reply.code(status).send({ error: { type, message } });

/** Registers the route. The content-type parser of the surrounding scope must leave bodies as bytes. */
export function serveEvents(app: FastifyInstance, context: IngestContext): void {
  app.post('/v1/events', async (request, reply) => {
    const parsed = parse(request);
    if (parsed.kind === 'unsupported') {
      const expected = [...JSON_TYPES].join(', ');
      return sendError(reply, 415, 'InvalidInput', `content-type: expected ${expected}, or ce- headers`);
    }
    if (parsed.kind === 'events' && parsed.values.length > MOST_VALUES) {
      const message = `body: ${parsed.values.length} events are given, expected ${EXPECTED_VALUES}`;
      return sendError(reply, 413, 'InvalidInput', message);
    }
    try {
      if (parsed.kind === 'malformed') {
        const item = { source: SOURCE, reason: parsed.reason, body: bodyOf(textOf(request)) };
        await context.store.setAside([item], context.clock());
        context.counters.events.setAside += 1;
        return await sendError(reply, 400, 'InvalidInput', `body: ${parsed.reason}`);
      }
      const answer = await receiveEvents(context, parsed.values, SOURCE);
      const refused = answer.setAside.length;
      const status = refused === 0 ? 202 : refused === parsed.values.length ? 422 : 207;
      return await reply.code(status).send(answer);
    } catch (error) {
      if (error instanceof Failure && error.type === 'StoreUnavailable') {
        void reply.header('retry-after', '1');
        return sendError(reply, 503, error.type, 'the store cannot be reached: send the batch again');
      }
      throw error;
    }
  });
}
