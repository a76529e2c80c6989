/**
 * Driver for a gateway that speaks the gRPC configuration contract. It translates and reports; it never retries, since
 * whoever calls it does that with its own patience. The contract's `rollout_percentage` is a whole number.
 */
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { z } from 'zod';
import {
  ActuatorClient,
  experimentToMessage,
  messageToLive,
  messageToProblem,
  type LiveMessage,
  type ProblemMessage,
  type RollbackMessage,
  type UpdateRequest,
} from '../../actuator/index.ts';
import { Failure } from '../../domain/failure.ts';
import { liveConfigurationSchema, type LiveConfiguration } from '../../domain/orchestrator-wire.ts';
import type { Capabilities, Fence, Orchestrator } from '../../ports/orchestrator.ts';
import { statusFailure } from './status-failure.ts';

export interface GrpcOrchestratorOptions {
  /** `grpc://host:port`, or `grpcs://host:port` for TLS with the system's roots. */
  readonly url: string;
  /** Sent as a bearer token when given. */
  readonly token?: string;
  /** For a whole answer; 5 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;

const CAPABILITIES: Capabilities = {
  compareAndSwap: true,
  leased: true,
  sticky: true,
  live: true,
  convergenceMs: 1_000,
  smallestWeightPct: 1,
  shadow: true,
  experimentArms: 10,
};

type Method =
  'UpdateConfiguration' | 'GetCurrentConfiguration' | 'RollbackConfiguration' | 'ValidateConfiguration';

const liveAnswer = z.object({ live: z.unknown() });

/** A gateway behind the gRPC contract. All methods throw `Failure` as the port says. @throws RangeError naming `url` */
export function createGrpcOrchestrator(options: GrpcOrchestratorOptions): Orchestrator {
  const { host, secure } = addressOf(options.url);
  const client = new ActuatorClient(host, secure ? credentials.createSsl() : credentials.createInsecure());

  const call = (what: string, method: Method, message: object, fence: Fence | null): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const metadata = new Metadata();
      if (options.token !== undefined) metadata.set('authorization', `Bearer ${options.token}`);
      const deadline = Date.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const run: unknown = Reflect.get(client, method);
      if (typeof run !== 'function') throw new TypeError(`the proto defines no call ${method}`);
      Reflect.apply(run, client, [
        message,
        metadata,
        { deadline },
        (error: ServiceError | null, answer: unknown) =>
          error ? reject(statusFailure(what, error, fence)) : resolve(answer),
      ]);
    });

  const update = async (what: string, message: UpdateRequest): Promise<LiveConfiguration> => {
    const answer = await call(what, 'UpdateConfiguration', message, message);
    return readLive(what, liveAnswer.parse(answer).live);
  };

  return {
    capabilities: CAPABILITIES,
    read: async (serviceId) => {
      const what = `read ${serviceId}`;
      return readLive(what, await call(what, 'GetCurrentConfiguration', { serviceId }, null));
    },
    validate: async (serviceId, configuration) => {
      const what = `validate for ${serviceId}`;
      const answer = (await call(what, 'ValidateConfiguration', { serviceId, configuration }, null)) as {
        readonly problems: readonly ProblemMessage[];
      };
      return answer.problems.map(messageToProblem);
    },
    setCandidate: async (write) => {
      const what = `set candidate of ${write.serviceId}`;
      const pct = write.copyPct ?? write.weightPct;
      const field = write.copyPct === undefined ? 'weightPct' : 'copyPct';
      if (!Number.isInteger(pct)) throw notWhole(what, field, pct);
      return update(what, {
        serviceId: write.serviceId,
        configuration: write.configuration,
        strategy: write.copyPct === undefined ? (write.deployedAs ?? 'CANARY') : 'SHADOW',
        rolloutPercentage: pct,
        generation: write.generation,
        leaseSeconds: Math.ceil(write.leaseMs / 1_000),
        idempotencyKey: write.idempotencyKey,
        revision: write.revision,
        experiment: null,
      });
    },
    setStable: (write) =>
      update(`set stable of ${write.serviceId}`, {
        serviceId: write.serviceId,
        configuration: write.configuration,
        strategy: 'IMMEDIATE',
        rolloutPercentage: 100,
        generation: write.generation,
        leaseSeconds: 0,
        idempotencyKey: write.idempotencyKey,
        revision: write.revision,
        experiment: null,
      }),
    setExperiment: ({ experiment, ...write }) =>
      update(`set experiment of ${write.serviceId}`, {
        serviceId: write.serviceId,
        configuration: experiment.arms[0]?.configuration ?? {},
        strategy: 'EXPERIMENT',
        rolloutPercentage: 0,
        generation: write.generation,
        leaseSeconds: Math.ceil(write.leaseMs / 1_000),
        idempotencyKey: write.idempotencyKey,
        revision: write.revision,
        experiment: experimentToMessage(experiment),
      }),
    removeCandidate: async ({ serviceId, generation, revision, idempotencyKey, reason }) => {
      const what = `remove candidate of ${serviceId}`;
      const message: RollbackMessage = { serviceId, generation, revision, idempotencyKey, reason };
      const answer = await call(what, 'RollbackConfiguration', message, message);
      return readLive(what, liveAnswer.parse(answer).live);
    },
  };
}

function readLive(what: string, message: unknown): LiveConfiguration {
  const parsed = liveConfigurationSchema.safeParse(messageToLive(message as LiveMessage));
  if (parsed.success) return parsed.data;
  throw new Failure(
    'OrchestratorUnavailable',
    `${what}: gateway answered with something else than the contract says`,
  );
}

function notWhole(what: string, field: 'weightPct' | 'copyPct', value: number): Failure {
  const expected = 'a whole per cent, as the gRPC contract has it';
  return new Failure('OrchestratorRejected', `${what}: ${field}: ${value} is given, expected ${expected}`, [
    { field, value, expected },
  ]);
}

function addressOf(url: string): { readonly host: string; readonly secure: boolean } {
  const found = /^(grpcs?):\/\/([^/]+)\/?$/u.exec(url);
  if (!found?.[2]) throw new RangeError(`url must be grpc://host:port or grpcs://host:port, got ${url}`);
  return { host: found[2], secure: found[1] === 'grpcs' };
}
