/**
 * Driver for a gateway that speaks the REST configuration contract. It translates and reports; it never retries, since
 * whoever calls it does that with its own patience.
 */
import type { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import {
  liveConfigurationSchema,
  validateResponseSchema,
  type ConfigurationWrite,
  type LiveConfiguration,
  type RollbackWrite,
} from '../../domain/orchestrator-wire.ts';
import type { Capabilities, Fence, Orchestrator } from '../../ports/orchestrator.ts';
import { answerFailure, readJson, type Answer } from './answer-failure.ts';

export interface RestOrchestratorOptions {
  /** Base address, such as `http://127.0.0.1:8081`; the contract's paths go below it. */
  readonly url: string;
  /** Sent as a bearer token when given. */
  readonly token?: string;
  /** For a whole answer; 5 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** The contract applies a write before it answers; weights are exact to a hundredth of a per cent. */
const CAPABILITIES: Capabilities = {
  compareAndSwap: true,
  leased: true,
  sticky: true,
  live: true,
  convergenceMs: 1_000,
  smallestWeightPct: 0.01,
  shadow: true,
  experimentArms: 10,
};

interface Call {
  readonly what: string;
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly fence?: Fence;
}

const pathOf = (serviceId: string, action = ''): string =>
  `/api/v1/configurations/${encodeURIComponent(serviceId)}${action}`;

/** A gateway behind the REST contract. All methods throw `Failure` as the port says. */
export function createRestOrchestrator(options: RestOrchestratorOptions): Orchestrator {
  const call = async <S extends z.ZodType>(request: Call, schema: S): Promise<z.output<S>> => {
    const answer = await send(options, request);
    if (answer.status < 200 || answer.status > 299) {
      throw answerFailure(request.what, answer, request.fence ?? null);
    }
    const read = readJson(schema, answer.text);
    if (read !== null) return read;
    const message = `${request.what}: gateway answered ${answer.status} with something else than the contract says`;
    throw new Failure('OrchestratorUnavailable', message);
  };
  const put = (what: string, body: ConfigurationWrite): Promise<LiveConfiguration> =>
    call({ what, method: 'PUT', path: pathOf(body.service_id), body, fence: body }, liveConfigurationSchema);

  return {
    capabilities: CAPABILITIES,
    read: (serviceId) =>
      call({ what: `read ${serviceId}`, method: 'GET', path: pathOf(serviceId) }, liveConfigurationSchema),
    validate: async (serviceId, configuration) => {
      const path = pathOf(serviceId, '/validate');
      const request = {
        what: `validate for ${serviceId}`,
        method: 'POST',
        path,
        body: { configuration },
      } as const;
      const { problems } = await call(request, validateResponseSchema);
      return problems.map(({ field, value, expected }) => ({ field, value, expected }));
    },
    setCandidate: (write) =>
      put(`set candidate of ${write.serviceId}`, {
        service_id: write.serviceId,
        configuration: write.configuration,
        deployment:
          write.copyPct === undefined
            ? { strategy: write.deployedAs ?? 'CANARY', initial_percentage: write.weightPct }
            : { strategy: 'SHADOW', initial_percentage: write.copyPct },
        lease_seconds: write.leaseMs / 1_000,
        generation: write.generation,
        revision: write.revision,
        idempotency_key: write.idempotencyKey,
      }),
    setStable: (write) =>
      put(`set stable of ${write.serviceId}`, {
        service_id: write.serviceId,
        configuration: write.configuration,
        deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
        generation: write.generation,
        revision: write.revision,
        idempotency_key: write.idempotencyKey,
      }),
    setExperiment: ({ experiment, leaseMs, ...write }) =>
      put(`set experiment of ${write.serviceId}`, {
        service_id: write.serviceId,
        configuration: experiment.arms[0]?.configuration ?? {},
        deployment: { strategy: 'EXPERIMENT', initial_percentage: 0, experiment },
        lease_seconds: leaseMs / 1_000,
        generation: write.generation,
        revision: write.revision,
        idempotency_key: write.idempotencyKey,
      }),
    removeCandidate: ({ serviceId, generation, revision, idempotencyKey, reason }) => {
      const body: RollbackWrite = { generation, revision, idempotency_key: idempotencyKey, reason };
      return call(
        {
          what: `remove candidate of ${serviceId}`,
          method: 'POST',
          path: pathOf(serviceId, '/rollback'),
          body,
          fence: body,
        },
        liveConfigurationSchema,
      );
    },
  };
}

async function send(options: RestOrchestratorOptions, { what, method, path, body }: Call): Promise<Answer> {
  const headers = {
    ...(body && { 'content-type': 'application/json' }),
    ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
  };
  try {
    const response = await fetch(`${options.url.replace(/\/+$/u, '')}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const failure = new Failure('OrchestratorUnavailable', `${what}: ${networkReason(error)}`);
    failure.cause = error;
    throw failure;
  }
}

/** `fetch failed` hides its reason in `cause`. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = cause && 'code' in cause ? String(cause.code) : '';
  return cause ? cause.message || code || error.message : error.message;
}
