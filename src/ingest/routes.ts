/**
 * The HTTP receivers as one fastify plugin, so that a process that serves other routes can mount them too. Bodies stay
 * bytes within the plugin's scope; how many are worked on at once is limited, and so is how much of bodies is under way.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { IngestContext } from './context.ts';
import { serveEvents } from './events/http-routes.ts';
import { serveOtlpHttp } from './otlp/http-routes.ts';
import { BodyRefused, createBodies, type Bodies } from './read-bodies.ts';

/** Of a body as it is sent, before unpacking. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Of all bodies that are not whole yet. */
const BODY_BYTES = 32 * MAX_BODY_BYTES;
/** When to come again while a clock is wrong: nothing that passes by itself in a second. */
const RETRY_S = 10;

function sendBusy(reply: FastifyReply, { counters }: IngestContext): FastifyReply {
  counters.busy += 1;
  const error = { type: 'Busy', message: 'too many batches at once: send it again' };
  return reply.code(503).header('retry-after', '1').send({ error });
}

/**
 * Takes a place when the body is there, and gives it back when the work is done: neither a sender that stops within its body nor one that does not
 * read its answer keeps others out. A sender is turned away before it has sent its body where that can be known.
 */
function limitWork(app: FastifyInstance, context: IngestContext, bodies: Bodies): void {
  const { inFlight } = context;
  const inside = new WeakSet<object>();
  app.addHook('onRequest', async (_request, reply) => {
    if (inFlight.isFull() || bodies.isFull()) await sendBusy(reply, context);
  });
  app.addHook('preHandler', async (request, reply) => {
    if (inFlight.enter()) inside.add(request);
    else await sendBusy(reply, context);
  });
  app.addHook('onSend', async (request) => {
    if (inside.delete(request)) inFlight.leave();
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof BodyRefused && error.statusCode === 503) return sendBusy(reply, context);
    throw error;
  });
}

export interface IngestRoutesOptions {
  readonly context: IngestContext;
  /** Why nothing can be taken now, whatever it is; null when it can. */
  readonly problem?: () => string | null;
  /** Bytes of bodies that may be under way at once; 256 MiB by default. */
  readonly bodyBytes?: number;
}

/** Plugin with `POST /v1/events`, `POST /v1/metrics` and `POST /v1/traces`. How long a request may take to come is the surrounding server's to limit. */
export const ingestRoutes: FastifyPluginCallback<IngestRoutesOptions> = (
  app,
  { context, problem = () => null, bodyBytes = BODY_BYTES },
  done,
) => {
  const bodies = createBodies(MAX_BODY_BYTES, bodyBytes);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', ({ headers }: FastifyRequest, payload: IncomingMessage) =>
    bodies.read(payload, Number(headers['content-length'] ?? 0)),
  );
  app.addHook('onRequest', async (_request, reply) => {
    const message = problem();
    if (message === null) return;
    const error = { type: 'StoreUnavailable', message };
    await reply.code(503).header('retry-after', String(RETRY_S)).send({ error });
  });
  limitWork(app, context, bodies);
  serveEvents(app, context);
  serveOtlpHttp(app, context);
  done();
};
