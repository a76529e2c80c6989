/**
 * The REST configuration contract (`src/domain/orchestrator-wire.ts`) over HTTP: parse, hand to the registry, answer
 * with what is live. It decides nothing about a write.
 */
import type { FastifyInstance } from 'fastify';
import type { Problem } from '../domain/failure.ts';
import {
  configurationWriteSchema,
  deleteWriteSchema,
  rollbackWriteSchema,
  validateRequestSchema,
} from '../domain/orchestrator-wire.ts';
import type { Configuration, LiveConfiguration } from '../domain/orchestrator-wire.ts';
import { toLiveConfiguration } from './live.ts';
import type { Outcome } from './reducer.ts';
import type { Registry } from './registry.ts';
import { invalid, parseBody, RequestProblem, unknownService } from './request-problem.ts';
import type { ServiceState } from './service-state.ts';
import type { Upstream } from './upstream.ts';

interface ServiceRoute {
  Params: { readonly serviceId: string };
}

const BASE = '/api/v1/configurations';

export function serveControlPlane(
  app: FastifyInstance,
  { registry, upstream, clock }: { registry: Registry; upstream: Upstream; clock: () => number },
): void {
  const live = (state: ServiceState): LiveConfiguration => toLiveConfiguration(state, clock());

  app.post(BASE, async (request, reply) => {
    const write = parseBody(configurationWriteSchema, request.body, 'configuration');
    refuseUnservable(upstream, write.configuration);
    const known = registry.get(write.service_id);
    const state = accepted(
      await registry.write(write.service_id, { kind: 'create', write }),
      write.service_id,
    );
    return reply.code(known === undefined || known.deleted ? 201 : 200).send(live(state));
  });

  app.get<ServiceRoute>(`${BASE}/:serviceId`, (request) =>
    live(existing(registry, request.params.serviceId)),
  );

  app.put<ServiceRoute>(`${BASE}/:serviceId`, async (request) => {
    const { serviceId } = request.params;
    const write = parseBody(configurationWriteSchema, request.body, 'configuration');
    if (write.service_id !== serviceId) {
      const expected = `${serviceId}, as in the address`;
      throw invalid('configuration', [{ field: 'service_id', value: write.service_id, expected }]);
    }
    refuseUnservable(upstream, write.configuration);
    return live(accepted(await registry.write(serviceId, { kind: 'update', write }), serviceId));
  });

  app.post<ServiceRoute>(`${BASE}/:serviceId/rollback`, async (request) => {
    const { serviceId } = request.params;
    const write = parseBody(rollbackWriteSchema, request.body, 'rollback');
    return live(accepted(await registry.write(serviceId, { kind: 'rollback', write }), serviceId));
  });

  app.delete<ServiceRoute>(`${BASE}/:serviceId`, async (request) => {
    const { serviceId } = request.params;
    const write = parseBody(deleteWriteSchema, request.body, 'removal');
    const state = accepted(await registry.write(serviceId, { kind: 'remove', write }), serviceId);
    const { generation, revision } = state;
    return { service_id: serviceId, deleted: true, generation, revision };
  });

  app.post<ServiceRoute>(`${BASE}/:serviceId/validate`, (request) => {
    existing(registry, request.params.serviceId);
    const { configuration } = parseBody(validateRequestSchema, request.body, 'validation');
    const problems = configurationProblems(upstream, configuration);
    return { valid: problems.length === 0, problems };
  });
}

function existing(registry: Registry, serviceId: string): ServiceState {
  const state = registry.get(serviceId);
  if (state === undefined) throw unknownService(serviceId);
  if (state.deleted) {
    throw unknownService(serviceId, { generation: state.generation, revision: state.revision });
  }
  return state;
}

function accepted(outcome: Outcome, serviceId: string): ServiceState {
  switch (outcome.kind) {
    case 'changed':
    case 'unchanged':
      return outcome.state;
    case 'stale': {
      const { generation, revision } = outcome.current;
      const message = `a write needs a pair greater than (generation ${generation}, revision ${revision}), which is live`;
      throw new RequestProblem(409, { type: 'StaleGeneration', message, generation, revision });
    }
    case 'unknownService':
      throw unknownService(serviceId);
    case 'invalid':
    default:
      throw invalid('configuration', outcome.problems);
  }
}

function refuseUnservable(upstream: Upstream, configuration: Configuration): void {
  const problems = configurationProblems(upstream, configuration).map((problem) => ({
    ...problem,
    field: `configuration.${problem.field}`,
  }));
  if (problems.length > 0) throw invalid('configuration', problems);
}

function configurationProblems(upstream: Upstream, configuration: Configuration): readonly Problem[] {
  if ((configuration['model'] ?? '') === '') {
    return [{ field: 'model', value: configuration['model'], expected: 'the name of a model' }];
  }
  return upstream.validate(configuration);
}
