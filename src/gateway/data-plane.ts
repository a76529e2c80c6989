/**
 * `POST /v1/chat/completions`: chooses the arm, asks the upstream with that arm's configuration, answers, and tells the
 * emitters. Which arm is `choose-arm.ts`'s decision, what an answer is the upstream's.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { unitIdOf } from '../contract/assignment.ts';
import { chatRequestSchema, completionBody, regionOf, requestIdOf } from './chat-request.ts';
import { chooseArm } from './choose-arm.ts';
import type { Counters } from './counters.ts';
import type { Emitter, RequestOutcome } from './emitter.ts';
import { createErrorRateWatch, type ErrorRateWatch } from './error-rate.ts';
import type { Registry } from './registry.ts';
import { parseBody, RequestProblem, unknownService } from './request-problem.ts';
import type { ServiceState } from '../contract/service-state.ts';
import type { Shadow } from './shadow.ts';
import type { Upstream, UpstreamAnswer } from './upstream.ts';

interface Parts {
  readonly registry: Registry;
  readonly upstream: Upstream;
  readonly emitters: readonly Emitter[];
  readonly counters: Counters;
  readonly shadow: Shadow;
  readonly clock: () => number;
}

export function serveDataPlane(app: FastifyInstance, parts: Parts): void {
  const { registry, upstream, emitters, counters, shadow, clock } = parts;
  const watches = new Map<string, ErrorRateWatch>();

  app.post('/v1/chat/completions', async (request, reply) => {
    const chat = parseBody(chatRequestSchema, request.body, 'chat completion');
    const requestId = requestIdOf(request.headers['x-request-id']);
    reply.header('x-request-id', requestId);
    const state = registry.get(chat.model);
    if (state === undefined || state.deleted) throw unknownService(chat.model);

    const exposedAtMs = clock();
    const metadata = chat.metadata ?? {};
    const ids = { requestId, sessionId: metadata['session_id'], user: chat.user };
    const { assignment, chosen, configuration } = chooseArm(state, unitIdOf(state.unit, ids), exposedAtMs);
    reply.header('x-optimizer-arm', chosen.arm);
    reply.header('x-optimizer-generation', chosen.generation);
    if (chosen.experiment !== undefined) reply.header('x-optimizer-experiment', chosen.experiment);
    const asked = { requestId, serviceId: state.serviceId, messages: chat.messages, metadata };
    const answer = await upstream.complete({ ...asked, configuration, chosen });
    if (answer.kind === 'notRecorded') {
      counters.notRecorded += 1;
      throw new RequestProblem(422, { type: 'not_recorded', message: answer.message });
    }
    const outcome = outcomeOf(answer, {
      serviceId: state.serviceId,
      requestId,
      exposedAtMs,
      assignment,
      ...regionOf(metadata),
    });
    for (const emitter of emitters) emitter.record(outcome);
    if (assignment === null) counters[chosen.experiment === undefined ? 'unassigned' : 'forced'] += 1;
    watchErrors(state, outcome);
    if (assignment?.arm === 'stable') shadow.offer({ state, assignment, request: asked, answer });
    return respond(reply, requestId, answer);
  });

  const respond = (
    reply: FastifyReply,
    requestId: string,
    answer: UpstreamAnswer & { kind: 'answered' | 'failed' },
  ): FastifyReply => {
    if (answer.kind === 'answered') {
      counters.answered += 1;
      return reply.send(completionBody(requestId, answer, clock()));
    }
    counters.failed += 1;
    return reply.code(answer.status).send({ error: { type: 'upstream_error', message: answer.message } });
  };

  /** The gateway's own guard. A failed store is tried again with the next request that finds the rate too high. */
  const watchErrors = (state: ServiceState, outcome: RequestOutcome): void => {
    const { candidate } = state;
    if (candidate === null || candidate.maxErrorRate === null) return;
    if (outcome.assignment?.arm !== 'candidate') return;
    const watch = watches.get(state.serviceId) ?? createErrorRateWatch();
    watches.set(state.serviceId, watch);
    const exceeded = watch.exceeds({
      candidateHash: candidate.version.hash,
      failed: outcome.errorStatus !== null,
      maxErrorRate: candidate.maxErrorRate,
      nowMs: clock(),
    });
    if (!exceeded) return;
    registry
      .write(state.serviceId, { kind: 'errorRateExceeded', candidateHash: candidate.version.hash })
      .catch((error: unknown) =>
        app.log.error({ err: error }, 'a candidate with errors could not be taken back'),
      );
  };
}

function outcomeOf(
  answer: UpstreamAnswer & { kind: 'answered' | 'failed' },
  request: Omit<RequestOutcome, 'usage' | 'quality' | 'errorStatus'>,
): RequestOutcome {
  const failed = answer.kind === 'failed';
  return {
    ...request,
    usage: answer.usage,
    quality: failed ? null : answer.quality,
    errorStatus: failed ? answer.status : null,
  };
}
