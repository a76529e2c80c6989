/**
 * The whole program in one process over the embedded servers: ingest, gateway with replayed outcomes, workers, and one
 * adopted service. Used by `npm start`, by benchmarks and by end-to-end tests. Wiring only.
 */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bootstrap } from '../deploy/bootstrap.ts';
import { migrate } from '../deploy/migrate.ts';
import { useTimescale } from '../deploy/timescale.ts';
import type { ActivityPorts } from '../activities/index.ts';
import { createStores, type Stores } from '../src/adapters/postgres/index.ts';
import { createAnomalySender } from '../src/adapters/temporal/index.ts';
import { adoptService } from '../src/client/adopt-service.ts';
import type { Logger } from '../src/config/log.ts';
import { readRetention } from '../src/config/retention-settings.ts';
import { canonicalJson } from '../src/decision/index.ts';
import { Failure } from '../src/domain/failure.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { startEmbeddedStack, type EmbeddedStack } from '../src/embedded/index.ts';
import { startIngest } from '../src/ingest/index.ts';
import { loadRecordedOutcomes, startTraffic, type Traffic } from '../src/replay/index.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';
import { openPool, POOL_SIZES } from './open-pool.ts';
import { createPorts, driverFor } from './ports.ts';
import type { Running } from './running.ts';
import { openEventLog } from './roles/event-log.ts';
import { startGatewayRole } from './roles/gateway.ts';
import { seedGateway } from './seed-gateway.ts';
import { startTemporalWorkers } from './temporal-workers.ts';

export interface OptimizerOptions {
  readonly dataDir: string;
  readonly settings: ServiceSettings;
  /** What the gateway serves at first, on a new data folder. */
  readonly incumbent: string;
  readonly seed: number;
  /** How many times faster than recorded the traffic runs; null sends none. */
  readonly speed: number | null;
  /** Models whose recorded rows are exchanged. */
  readonly swap: readonly [string, string] | null;
  readonly sweepEveryMs: number;
  readonly bundle: { readonly codePath: string } | { readonly code: string };
  readonly logger: Logger;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Gets the reason when a part ends unasked. */
  readonly onFailure: (error: unknown) => void;
}

export interface Optimizer {
  readonly stack: EmbeddedStack;
  readonly client: Client;
  readonly stores: Stores;
  readonly ports: ActivityPorts;
  /** Settings with the gateway's real address. */
  readonly settings: ServiceSettings;
  readonly gatewayUrl: string;
  readonly traffic: Traffic | null;
}

/** Starts everything in order, telling `running` what to stop. A failure half way leaves the rest to `running.stop`. */
export async function startOptimizer(options: OptimizerOptions, running: Running): Promise<Optimizer> {
  const { dataDir, logger, settings: given } = options;
  const stack = await startEmbeddedStack({
    dataDir,
    env: process.env,
    onProgress: options.onProgress,
    signal: options.signal,
  });
  running.add('servers', () => stack.stop());
  const { address, namespace } = stack.temporal;
  await migrate(stack.postgres.url);
  const timescale = await useTimescale(stack.postgres.url);
  if (timescale !== undefined) logger.info(timescale);
  await bootstrap({ address, namespace, sweepEveryMs: options.sweepEveryMs, sweepJitterMs: 0 });

  const pool = openPool(stack.postgres.url, POOL_SIZES.main, logger, running);
  const controlPool = openPool(stack.postgres.url, POOL_SIZES.control, logger, running);
  const connection = await Connection.connect({ address });
  running.add('Temporal client', () => connection.close());
  const client = new Client({ connection, namespace });
  const stores = createStores(pool);
  const drivers = driverFor();
  const ports = createPorts(pool, client, drivers);

  const ingestLogger = logger.child({ role: 'ingest' });
  const log = openEventLog(process.env, stores, ingestLogger);
  const ingest = await startIngest({
    host: '127.0.0.1',
    httpPort: stack.ports.otlpHttp,
    grpcPort: stack.ports.otlpGrpc,
    store: stores.ingest,
    alerts: { store: stores.alerts, sender: createAnomalySender(client, TASK_QUEUE) },
    ...(log && { log }),
    lateMs: readRetention(process.env).late,
    databaseClock: () => stores.maintenance.nowMs(),
    logger: ingestLogger,
  });
  running.add('ingest', () => ingest.close());

  await requireSameGateway(stores, given.serviceId, stack.ports.gateway);
  const recorded = loadRecordedOutcomes(options.swap ? { swap: [...options.swap] } : {});
  await stores.outcomes.replace(given.serviceId, recorded.evaluation);
  const gateway = await startGatewayRole({
    port: stack.ports.gateway,
    stateDir: join(dataDir, 'gateway'),
    upstream: recorded.upstream({ seed: options.seed, speed: options.speed ?? 1 }),
    ingestUrl: ingest.httpUrl,
    logger: logger.child({ role: 'gateway' }),
  });
  running.add('gateway', () => gateway.close());

  const settings = { ...given, orchestrator: { ...given.orchestrator, url: gateway.url } };
  await seedGateway(gateway.url, {
    serviceId: settings.serviceId,
    model: options.incumbent,
    unit: settings.unit,
  });
  const hash = (body: Readonly<Record<string, string>>) => ports.hash(canonicalJson(body));
  await adoptService(
    { ...stores, orchestratorFor: ports.orchestratorFor, nowMs: Date.now, hash },
    settings,
    'the embedded run',
  );

  const controlPorts = createPorts(controlPool, client, drivers);
  const workers = await startTemporalWorkers({
    address,
    namespace,
    bundle: options.bundle,
    ports,
    controlPorts,
  });
  running.add('workers', () => workers.stop());
  workers.done.catch(options.onFailure);

  const traffic =
    options.speed === null
      ? null
      : startTraffic({
          gatewayUrl: gateway.url,
          serviceId: settings.serviceId,
          seed: options.seed,
          speed: options.speed,
        });
  if (traffic) running.add('traffic', () => traffic.stop());
  return { stack, client, stores, ports, settings, gatewayUrl: gateway.url, traffic };
}

/** A change in flight addresses its gateway by port: elsewhere it would read and write another program's. */
async function requireSameGateway(stores: Stores, serviceId: string, port: number): Promise<void> {
  const known = await stores.services.get(serviceId);
  const inFlight = await stores.leases.current(serviceId);
  if (!known || !inFlight || new URL(known.settings.orchestrator.url).port === String(port)) return;
  throw new Failure(
    'ChangeInFlight',
    `${inFlight.holder.workflowId} is in flight on a gateway at ${known.settings.orchestrator.url}, and that port is taken: free it, then start again`,
  );
}
