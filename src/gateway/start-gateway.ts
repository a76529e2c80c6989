/**
 * Puts the gateway's parts together and listens. No logic of its own.
 */
import { fastify } from 'fastify';
import type { Logger } from 'pino';
import { serveControlPlane } from './control-plane.ts';
import { createCounters } from './counters.ts';
import { serveDataPlane } from './data-plane.ts';
import type { Emitter } from './emitter.ts';
import { openRegistry } from './registry.ts';
import { answerErrors } from './request-problem.ts';
import type { Upstream } from './upstream.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Folder of the services' state files; created when missing. */
  readonly stateDir: string;
  readonly upstream: Upstream;
  readonly emitters: readonly Emitter[];
  readonly logger: Logger;
  /** Milliseconds since the epoch; the wall clock by default. */
  readonly clock?: () => number;
}

export interface Gateway {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
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
  const registry = await openRegistry({ stateDir: options.stateDir, clock, logger });
  const counters = createCounters();
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: 'idle' });
  answerErrors(app);
  app.get('/health', () => ({ status: 'ok', requests: counters }));
  serveControlPlane(app, { registry, upstream, clock });
  serveDataPlane(app, { registry, upstream, emitters, counters, clock });
  const url = await app.listen({ host: options.host, port: options.port });
  return {
    url,
    close: async () => {
      await app.close();
      await registry.close();
      await Promise.all(emitters.map((emitter) => emitter.close()));
    },
  };
}
