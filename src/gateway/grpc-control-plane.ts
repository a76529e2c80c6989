/**
 * The gRPC configuration contract (`src/actuator`) over the same API as REST. A refusal carries the REST contract's error body
 * in its trailing metadata, so that both forms say the same.
 */
import {
  Metadata,
  Server,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import {
  actuatorService,
  ERROR_DETAIL,
  liveToMessage,
  problemToMessage,
  rollbackToWrite,
  updateToWrite,
  type RollbackMessage,
  type UpdateRequest,
} from '../actuator/index.ts';
import { listen, type Listening } from '../grpc/index.ts';
import type { ConfigurationApi } from './configuration-api.ts';
import { RequestProblem } from './request-problem.ts';

const STATUS_OF: ReadonlyMap<number, status> = new Map([
  [400, status.INVALID_ARGUMENT],
  [404, status.NOT_FOUND],
  [409, status.ABORTED],
  [422, status.INVALID_ARGUMENT],
]);

/** Starts the gRPC control plane on `host:port` (0: any free port). @throws Error when the port is taken */
export async function startGrpcControlPlane(
  api: ConfigurationApi,
  { host, port, logger }: { readonly host: string; readonly port: number; readonly logger: Logger },
): Promise<Listening> {
  const unary =
    <Q>(run: (message: Q) => object | Promise<object>) =>
    (call: ServerUnaryCall<Q, object>, callback: sendUnaryData<object>): void =>
      void answer(run, call.request, callback, logger);
  const server = new Server();
  server.addService(actuatorService, {
    UpdateConfiguration: unary<UpdateRequest>(async (message) => ({ live: await updated(api, message) })),
    GetCurrentConfiguration: unary<{ serviceId: string }>(({ serviceId }) =>
      liveToMessage(api.read(serviceId)),
    ),
    RollbackConfiguration: unary<RollbackMessage>(async (message) => ({
      live: liveToMessage(await api.rollback(message.serviceId, rollbackToWrite(message))),
    })),
    ValidateConfiguration: unary<{ serviceId: string; configuration: Readonly<Record<string, string>> }>(
      ({ serviceId, configuration }) => {
        const problems = api.validate(serviceId, { configuration });
        return { valid: problems.length === 0, problems: problems.map(problemToMessage) };
      },
    ),
  });
  return listen(server, host, port);
}

/** The plan's contract has one call for both: a service that is not there yet is created, by IMMEDIATE only. */
async function updated(api: ConfigurationApi, message: UpdateRequest) {
  const write = updateToWrite(message);
  try {
    return liveToMessage(await api.update(message.serviceId, write));
  } catch (error) {
    const unknown = error instanceof RequestProblem && error.status === 404;
    if (!unknown || message.strategy !== 'IMMEDIATE') throw error;
    return liveToMessage((await api.create(write)).live);
  }
}

async function answer<Q>(
  run: (message: Q) => object | Promise<object>,
  message: Q,
  callback: sendUnaryData<object>,
  logger: Logger,
): Promise<void> {
  try {
    callback(null, await run(message));
  } catch (error) {
    callback(toServiceError(error, logger));
  }
}

function toServiceError(error: unknown, logger: Logger): Partial<ServiceError> {
  if (error instanceof RequestProblem) {
    const metadata = new Metadata();
    metadata.set(ERROR_DETAIL, Buffer.from(JSON.stringify({ error: error.body })));
    return { code: STATUS_OF.get(error.status) ?? status.INTERNAL, details: error.body.message, metadata };
  }
  logger.error({ err: error }, 'the gateway failed');
  return { code: status.INTERNAL, details: 'the gateway failed; its log says why' };
}
