/**
 * Puts the gateway's parts together and listens. No logic of its own.
 */
import { fastify } from 'fastify';
import type { Logger } from 'pino';
import { createConfigurationApi, type ConfigurationApi } from './configuration-api.ts';
import { serveControlPlane } from './control-plane.ts';
import { createCounters } from './counters.ts';
import { serveDataPlane } from './data-plane.ts';
import type { Emitter } from './emitter.ts';
import type { Listening } from '../grpc/index.ts';
import { openRegistry } from './registry.ts';
import { answerErrors } from './request-problem.ts';
import { createShadow, type ShadowOptions } from './shadow.ts';
import type { Upstream } from './upstream.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The gRPC form of the configuration contract. 0: any free port; left out: not served. */
  readonly grpcPort?: number;
  /** Folder of the services' state files; created when missing. */
  readonly stateDir: string;
  readonly upstream: Upstream;
  readonly emitters: readonly Emitter[];
  readonly logger: Logger;
  /** How copies of requests run while a service has a shadow. */
  readonly shadow?: ShadowOptions;
  /** Milliseconds since the epoch; the wall clock by default. */
  readonly clock?: () => number;
  /** The assignment salt of a service that is created; random by default. With a fixed one the same units are always served the same. */
  readonly newSalt?: () => string;
}

export interface Gateway {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** `host:port` of the gRPC control plane; null when it is not served. */
  readonly grpcAddress: string | null;
  /** Stops listening, lets requests and writes finish, flushes the emitters. */
  close(): Promise<void>;
}

/**
 * Starts the reference gateway: control plane, data plane and `/health`.
 * @throws Error when the port is taken, or naming a state file that cannot be read back
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { emitters, logger, upstream } = options;
  const clock = options.clock ?? Date.now;
  const { stateDir, newSalt } = options;
  const registry = await openRegistry({ stateDir, clock, logger, ...(newSalt && { newSalt }) });
  const counters = createCounters();
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: 'idle' });
  answerErrors(app);
  const shadow = createShadow({ upstream, emitters, clock, logger }, options.shadow);
  app.get('/health', () => ({ status: 'ok', requests: counters, copies: shadow.counts() }));
  const api = createConfigurationApi({ registry, upstream, clock });
  serveControlPlane(app, api);
  serveDataPlane(app, { registry, upstream, emitters, counters, shadow, clock });
  const { host, port, grpcPort } = options;
  const url = await app.listen({ host, port });
  const grpc =
    grpcPort === undefined
      ? null
      : await startGrpc(api, { host, port: grpcPort, logger }).catch(async (error: unknown) => {
          await app.close();
          throw error;
        });
  return {
    url,
    grpcAddress: grpc?.address ?? null,
    close: async () => {
      await grpc?.close();
      await app.close();
      await registry.close();
      await shadow.close();
      await Promise.all(emitters.map((emitter) => emitter.close()));
    },
  };
}

/** Loaded only where it is served: a gateway without gRPC needs neither its library nor its proto. */
async function startGrpc(
  api: ConfigurationApi,
  options: { readonly host: string; readonly port: number; readonly logger: Logger },
): Promise<Listening> {
  const { startGrpcControlPlane } = await import('./grpc-control-plane.ts');
  return startGrpcControlPlane(api, options);
}
