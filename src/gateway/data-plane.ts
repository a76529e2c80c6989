/**
 * `POST /v1/chat/completions`: chooses the arm, asks the upstream with that arm's configuration, answers, and tells the
 * emitters. Which arm is `assignment.ts`'s decision, what an answer is the upstream's.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { assignArm, unitIdOf } from '../contract/assignment.ts';
import { chatRequestSchema, completionBody, requestIdOf } from './chat-request.ts';
import type { Counters } from './counters.ts';
import type { Assignment, Emitter, RequestOutcome } from './emitter.ts';
import { createErrorRateWatch, type ErrorRateWatch } from './error-rate.ts';
import { weights } from '../contract/live.ts';
import type { Registry } from './registry.ts';
import { parseBody, RequestProblem, unknownService } from './request-problem.ts';
import type { ServiceState, Version } from '../contract/service-state.ts';
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
    const { assignment, version } = choose(state, unitIdOf(state.unit, ids), exposedAtMs);
    const chosen = { arm: assignment?.arm ?? 'stable', generation: version.generation };
    reply.header('x-optimizer-arm', chosen.arm);
    reply.header('x-optimizer-generation', chosen.generation);
    const asked = { requestId, serviceId: state.serviceId, messages: chat.messages, metadata };
    const answer = await upstream.complete({ ...asked, configuration: version.configuration, chosen });
    if (answer.kind === 'notRecorded') {
      counters.notRecorded += 1;
      throw new RequestProblem(422, { type: 'not_recorded', message: answer.message });
    }
    const outcome = outcomeOf(answer, { serviceId: state.serviceId, requestId, exposedAtMs, assignment });
    for (const emitter of emitters) emitter.record(outcome);
    if (assignment === null) counters.unassigned += 1;
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

/** A request without a unit is served by stable and compared with nothing. */
function choose(
  state: ServiceState,
  unitId: string | null,
  nowMs: number,
): { readonly assignment: Assignment | null; readonly version: Version } {
  if (unitId === null) return { assignment: null, version: state.stable };
  const arm = assignArm(state, unitId, weights(state, nowMs).candidate);
  const version = arm === 'candidate' ? (state.candidate?.version ?? state.stable) : state.stable;
  const unit = { kind: state.unit, id: unitId };
  return { assignment: { arm, generation: version.generation, unit }, version };
}

function outcomeOf(
  answer: UpstreamAnswer & { kind: 'answered' | 'failed' },
  request: Pick<RequestOutcome, 'serviceId' | 'requestId' | 'exposedAtMs' | 'assignment'>,
): RequestOutcome {
  const failed = answer.kind === 'failed';
  return {
    ...request,
    usage: answer.usage,
    quality: failed ? null : answer.quality,
    errorStatus: failed ? answer.status : null,
  };
}
