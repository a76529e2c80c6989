/**
 * The configuration contract without a transport: parse, refuse what cannot be served, hand to the registry, answer with what
 * is live. REST and gRPC are thin over it. It decides nothing about a write.
 */
import type { Problem } from '../domain/failure.ts';
import {
  configurationWriteSchema,
  deleteWriteSchema,
  rollbackWriteSchema,
  validateRequestSchema,
  type Configuration,
  type ConfigurationWrite,
  type LiveConfiguration,
} from '../domain/orchestrator-wire.ts';
import { toLiveConfiguration } from '../contract/live.ts';
import type { Outcome } from '../contract/reducer.ts';
import type { Registry } from './registry.ts';
import { invalid, parseBody, RequestProblem, unknownService } from './request-problem.ts';
import type { ServiceState } from '../contract/service-state.ts';
import type { Upstream } from './upstream.ts';

/** Every method takes a body as it came in, and throws `RequestProblem` for what is refused. */
export interface ConfigurationApi {
  readonly create: (
    body: unknown,
  ) => Promise<{ readonly created: boolean; readonly live: LiveConfiguration }>;
  readonly update: (serviceId: string, body: unknown) => Promise<LiveConfiguration>;
  readonly read: (serviceId: string) => LiveConfiguration;
  readonly rollback: (serviceId: string, body: unknown) => Promise<LiveConfiguration>;
  readonly remove: (
    serviceId: string,
    body: unknown,
  ) => Promise<{ readonly generation: number; readonly revision: number }>;
  readonly validate: (serviceId: string, body: unknown) => readonly Problem[];
}

export function createConfigurationApi({
  registry,
  upstream,
  clock,
}: {
  readonly registry: Registry;
  readonly upstream: Upstream;
  readonly clock: () => number;
}): ConfigurationApi {
  const live = (state: ServiceState): LiveConfiguration => toLiveConfiguration(state, clock());

  return {
    create: async (body) => {
      const write = parseBody(configurationWriteSchema, body, 'configuration');
      refuseUnservable(upstream, write);
      const known = registry.get(write.service_id);
      const outcome = await registry.write(write.service_id, { kind: 'create', write });
      const state = accepted(outcome, write.service_id);
      return { created: known === undefined || known.deleted, live: live(state) };
    },
    update: async (serviceId, body) => {
      const write = parseBody(configurationWriteSchema, body, 'configuration');
      if (write.service_id !== serviceId) {
        const expected = `${serviceId}, as in the address`;
        throw invalid('configuration', [{ field: 'service_id', value: write.service_id, expected }]);
      }
      refuseUnservable(upstream, write);
      return live(accepted(await registry.write(serviceId, { kind: 'update', write }), serviceId));
    },
    read: (serviceId) => live(existing(registry, serviceId)),
    rollback: async (serviceId, body) => {
      const write = parseBody(rollbackWriteSchema, body, 'rollback');
      return live(accepted(await registry.write(serviceId, { kind: 'rollback', write }), serviceId));
    },
    remove: async (serviceId, body) => {
      const write = parseBody(deleteWriteSchema, body, 'removal');
      const state = accepted(await registry.write(serviceId, { kind: 'remove', write }), serviceId);
      return { generation: state.generation, revision: state.revision };
    },
    validate: (serviceId, body) => {
      existing(registry, serviceId);
      const { configuration } = parseBody(validateRequestSchema, body, 'validation');
      return configurationProblems(upstream, configuration);
    },
  };
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

/** Of an experiment every arm: half of one is no experiment. */
function refuseUnservable(upstream: Upstream, { configuration, deployment }: ConfigurationWrite): void {
  const arms = deployment.experiment?.arms ?? [];
  const served = [
    { at: 'configuration', configuration },
    ...arms.map((arm, i) => ({
      at: `deployment.experiment.arms[${i}].configuration`,
      configuration: arm.configuration,
    })),
  ];
  const problems = served.flatMap(({ at, configuration: each }) =>
    configurationProblems(upstream, each).map((problem) => ({ ...problem, field: `${at}.${problem.field}` })),
  );
  if (problems.length > 0) throw invalid('configuration', problems);
}

function configurationProblems(upstream: Upstream, configuration: Configuration): readonly Problem[] {
  if ((configuration['model'] ?? '') === '') {
    return [{ field: 'model', value: configuration['model'], expected: 'the name of a model' }];
  }
  return upstream.validate(configuration);
}
