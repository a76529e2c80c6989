/**
 * Starts the watches, and answers over HTTP what they see: `GET /health` for whoever keeps the process running, and
 * `GET /v1/watched/{service}` for admission, which takes no promise for a watchdog. It decides nothing itself.
 */
import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import type { MarkedProduct } from '../adapters/marked/index.ts';
import type { Logger } from '../config/log.ts';
import { Failure, invalidInput } from '../domain/failure.ts';
import type { GatewayTarget } from '../domain/gateway-target.ts';
import type { WatchTarget } from './targets.ts';
import { watchService, type ServiceWatch } from './watch-service.ts';

export interface WatchdogOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly targets: readonly WatchTarget[];
  /** Between two looks at one product. */
  readonly everyMs: number;
  /** The product of a target; null where the gateway keeps its leases itself. */
  readonly productOf: (target: GatewayTarget) => MarkedProduct | null;
  readonly logger: Logger;
  /** Milliseconds since the epoch; the wall clock by default. */
  readonly clock?: () => number;
}

export interface RunningWatchdog {
  readonly url: string;
  close(): Promise<void>;
}

/** A look this many rounds old is not fresh any more. */
const FRESH_ROUNDS = 3;

/** @throws Failure InvalidInput for a target that needs no watchdog, or one that is named twice */
export async function startWatchdog(options: WatchdogOptions): Promise<RunningWatchdog> {
  const { everyMs, logger, clock = Date.now } = options;
  const products = options.targets.map(({ serviceId, target }) => ({
    serviceId,
    product: requireProduct(options.productOf(target), serviceId, target),
  }));
  requireOnce(options.targets.map(({ serviceId }) => serviceId));
  const watches = new Map<string, ServiceWatch>(
    products.map(({ serviceId, product }) => [
      serviceId,
      watchService({ serviceId, product, everyMs, logger, clock }),
    ]),
  );
  const wordsOf = (serviceId: string, watch: ServiceWatch) => {
    const { readAtMs, stableHash, leaseEndsAtMs, failure, tookAway } = watch.state();
    return {
      service_id: serviceId,
      age_ms: readAtMs === null ? null : Math.max(0, clock() - readAtMs),
      every_ms: everyMs,
      stable_hash: stableHash,
      lease_ends_at: leaseEndsAtMs,
      took_away: tookAway,
      failure,
    };
  };
  const server = Fastify({ logger: false });
  server.get('/health', async (_request, reply) => {
    const services = [...watches].map(([serviceId, watch]) => wordsOf(serviceId, watch));
    const ok = services.every(({ age_ms }) => age_ms !== null && age_ms <= FRESH_ROUNDS * everyMs);
    return reply.code(ok ? 200 : 503).send({ ok, services });
  });
  server.get<{ Params: { service: string } }>('/v1/watched/:service', async (request, reply) => {
    const { service } = request.params;
    const watch = watches.get(service);
    if (watch) return wordsOf(service, watch);
    const message = `"${service}" is not watched here; watched are: ${[...watches.keys()].join(', ')}`;
    return reply.code(404).send({ error: { type: 'UnknownService', message } });
  });
  await server.listen({ host: options.host, port: options.port });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    close: async () => {
      await server.close();
      await Promise.all([...watches.values()].map((watch) => watch.stop()));
    },
  };
}

function requireProduct(
  product: MarkedProduct | null,
  serviceId: string,
  target: GatewayTarget,
): MarkedProduct {
  if (product) return product;
  const expected = 'a driver whose product keeps no leases: the gateway takes the candidate away by itself';
  throw invalidInput('watchdog', [{ field: `--watch ${serviceId}`, value: target.driver, expected }]);
}

function requireOnce(services: readonly string[]): void {
  const twice = services.find((serviceId, i) => services.indexOf(serviceId) !== i);
  if (twice === undefined) return;
  throw new Failure('InvalidInput', `--watch: ${twice} is named twice`);
}
