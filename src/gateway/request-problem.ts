/**
 * The error answers of the gateway's HTTP interface: which status and body a refused request gets. Decides no refusal.
 */
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { describeProblem, Failure, type Problem } from '../domain/failure.ts';
import type { orchestratorErrorSchema } from '../domain/orchestrator-wire.ts';
import { parseOrFail } from '../domain/validate.ts';

type ErrorBody = z.input<typeof orchestratorErrorSchema>['error'];

/** A refusal with its status; thrown by handlers, answered by `answerErrors`. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  readonly status: number;
  readonly body: ErrorBody;

  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.status = status;
    this.body = body;
  }
}

export function invalid(what: string, problems: readonly Problem[]): RequestProblem {
  const message = `${what}: ${problems.map(describeProblem).join('; ')}`;
  return new RequestProblem(422, { type: 'InvalidInput', message, problems: [...problems] });
}

export function unknownService(serviceId: string, fence: Partial<ErrorBody> = {}): RequestProblem {
  const message = `no service ${JSON.stringify(serviceId.slice(0, 80))} here: create it with POST /api/v1/configurations`;
  return new RequestProblem(404, { ...fence, type: 'UnknownService', message });
}

/** Parses a body or throws a 422 that lists every problem. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown, what: string): z.output<S> {
  try {
    return parseOrFail(schema, body, what);
  } catch (error) {
    if (error instanceof Failure) throw invalid(what, error.problems);
    throw error;
  }
}

/** Every error as `{error: {type, message, ...}}`; one that nobody foresaw is logged and says no more than that. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof RequestProblem) return reply.code(error.status).send({ error: error.body });
    const status = statusOf(error);
    if (status < 500) {
      const type = status === 400 ? 'MalformedRequest' : 'RefusedRequest';
      return reply.code(status).send({ error: { type, message: messageOf(error) } });
    }
    request.log.error({ err: error }, 'the gateway failed');
    return reply
      .code(500)
      .send({ error: { type: 'InternalError', message: 'the gateway failed; its log says why' } });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: {
        type: 'UnknownRoute',
        message: `nothing answers ${request.method} ${request.url.slice(0, 200)}`,
      },
    }),
  );
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
