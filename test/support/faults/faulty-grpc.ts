/** Stands between a driver and a gateway's gRPC API, and passes on or does wrong as it is told. */
import {
  credentials,
  Server,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { ActuatorClient, actuatorService } from '../../../src/actuator/index.ts';
import { listen } from '../../../src/grpc/index.ts';
import { isBehind, type Fault, type FaultyGateway } from './fault.ts';

const CODES: Partial<Record<Fault, status>> = {
  gap: status.UNAVAILABLE,
  unauthorized: status.UNAUTHENTICATED,
  broken: status.INTERNAL,
};

type Call = (request: unknown, done: (error: ServiceError | null, value?: unknown) => void) => void;

/** @param target `grpc://host:port` */
export async function startFaultyGrpc(target: string): Promise<FaultyGateway> {
  const client = new ActuatorClient(target.replace('grpc://', ''), credentials.createInsecure());
  let fault: Fault = 'none';
  let reads = 0;
  let written = 0;
  const seen = new Map<string, unknown>();

  const handler =
    (name: string) =>
    (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): void => {
      const code = CODES[fault];
      if (code !== undefined) return callback({ code, details: fault });
      const isRead = name === 'GetCurrentConfiguration';
      const key = JSON.stringify(call.request);
      if (isRead && fault === 'disagreeing' && seen.has(key) && isBehind(++reads)) {
        return callback(null, seen.get(key));
      }
      if (!isRead && name !== 'ValidateConfiguration') written += 1;
      const method = Reflect.get(client, name) as Call;
      return method.call(client, call.request, (error, value) => {
        if (error) return callback(error);
        if (isRead && fault !== 'disagreeing') seen.set(key, value);
        return callback(null, value);
      });
    };

  const server = new Server();
  server.addService(
    actuatorService,
    Object.fromEntries(Object.keys(actuatorService).map((name) => [name, handler(name)])),
  );
  const listening = await listen(server, '127.0.0.1', 0);
  return {
    url: `grpc://${listening.address}`,
    set: (next) => void (fault = next),
    written: () => written,
    close: async () => {
      client.close();
      await listening.close();
    },
  };
}
