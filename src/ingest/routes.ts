/**
 * The HTTP receivers as one fastify plugin, so that a process that serves other routes can mount them too. Bodies stay
 * bytes within the plugin's scope; how many are worked on at once is limited.
 */
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import type { IngestContext } from './context.ts';
import { serveEvents } from './events/http-routes.ts';
import { serveOtlpHttp } from './otlp/http-routes.ts';

/** Of a body as it is sent, before unpacking. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Takes a place before the body is read, and gives it back whatever becomes of the request. */
function limitInFlight(app: FastifyInstance, { inFlight, counters }: IngestContext): void {
  app.addHook('onRequest', async (_request, reply) => {
    if (inFlight.enter()) {
      reply.raw.once('close', () => inFlight.leave());
      return;
    }
    counters.busy += 1;
    const error = { type: 'Busy', message: 'too many batches at once: send it again' };
    await reply.code(503).header('retry-after', '1').send({ error });
  });
}

/** Plugin with `POST /v1/events`, `POST /v1/metrics` and `POST /v1/traces`. Options: the context. Body limit: the surrounding server's. */
export const ingestRoutes: FastifyPluginCallback<{ readonly context: IngestContext }> = (
  app,
  { context },
  done,
) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, parsed) =>
    parsed(null, body),
  );
  limitInFlight(app, context);
  serveEvents(app, context);
  serveOtlpHttp(app, context);
  done();
};
