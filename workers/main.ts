/**
 * One process with any set of roles, for deployments that bring their own Temporal and PostgreSQL. Wiring only; `npm start`
 * runs all roles over embedded servers instead.
 */
import { Client, Connection } from '@temporalio/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Pool } from 'pg';
import { checkBootstrap } from '../deploy/bootstrap.ts';
import { createStores } from '../src/adapters/postgres/index.ts';
import { createAnomalySender } from '../src/adapters/temporal/index.ts';
import { createLogger, LOG_LEVELS } from '../src/config/log.ts';
import { readRetention } from '../src/config/retention-settings.ts';
import { parseDurationMs } from '../src/domain/duration.ts';
import { startIngest } from '../src/ingest/index.ts';
import { readWatch, type WatchTarget } from '../src/watchdog/index.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';
import { BUNDLE_PATH } from './build-bundle.ts';
import { requireMigrated } from '../deploy/migrate.ts';
import { openPool, POOL_SIZES } from './open-pool.ts';
import { createPorts, driverFor } from './ports.ts';
import { openEventLog } from './roles/event-log.ts';
import { startGatewayRole } from './roles/gateway.ts';
import { openJudge, type JudgeFlags } from './roles/judge.ts';
import { openUpstream } from './roles/upstream.ts';
import { startWatchdogRole } from './roles/watchdog.ts';
import { Running } from './running.ts';
import { startTemporalWorkers } from './temporal-workers.ts';

const ROLES = ['workflow', 'activity', 'ingest', 'gateway', 'watchdog'] as const;
type Role = (typeof ROLES)[number];

interface Flags extends JudgeFlags {
  readonly roles: readonly Role[];
  readonly address: string;
  readonly namespace: string;
  readonly database?: string;
  readonly host: string;
  readonly gatewayPort: number;
  readonly gatewayGrpcPort?: number;
  readonly gatewayState: string;
  readonly portkeyUrl?: string;
  readonly portkeyProviders?: string;
  readonly ingestUrl: string;
  readonly watch: readonly WatchTarget[];
  readonly watchFile?: string;
  readonly watchdogHost: string;
  readonly watchdogPort: number;
  readonly watchEvery: number;
  readonly otlpHttpPort: number;
  readonly otlpGrpcPort: number;
  readonly logLevel: string;
}

const flags = readFlags();
const logger = createLogger(flags.logLevel);
const running = new Running(logger);

const ended = new Promise<number>((end) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(0));
  start(flags, (error) => {
    logger.error({ err: error }, 'a role has failed');
    end(1);
  }).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    end(1);
  });
});
const exitCode = await ended;
await running.stop();
process.exit(exitCode);

async function start(given: Flags, onFailure: (error: unknown) => void): Promise<void> {
  const has = (role: Role) => given.roles.includes(role);
  if (has('activity')) readRetention(process.env);
  const pool = has('activity') || has('ingest') ? open(given.database, POOL_SIZES.main) : null;
  if (pool) await requireMigrated(pool);
  if (pool && has('ingest')) await ingest(given, pool);
  if (has('gateway')) await gateway(given);
  if (has('watchdog')) await watchdog(given);
  if (has('workflow') || has('activity')) await temporal(given, pool, onFailure);
  logger.info({ roles: given.roles }, 'ready');
}

function open(url: string | undefined, size: number): Pool {
  if (url === undefined)
    throw new Error('--database: is missing, expected a PostgreSQL URL (or DATABASE_URL)');
  return openPool(url, size, logger, running);
}

async function ingest(given: Flags, pool: Pool): Promise<void> {
  const { address, namespace } = given;
  const ingestLogger = logger.child({ role: 'ingest' });
  // Opened by the first alert: ingest takes events also while Temporal is away.
  const connection = Connection.lazy({ address });
  running.add('Temporal client of ingest', () => connection.close());
  const stores = createStores(pool);
  const log = openEventLog(process.env, stores, ingestLogger);
  const receiver = await startIngest({
    host: given.host,
    httpPort: given.otlpHttpPort,
    grpcPort: given.otlpGrpcPort,
    store: stores.ingest,
    alerts: {
      store: stores.alerts,
      sender: createAnomalySender(new Client({ connection, namespace }), TASK_QUEUE),
    },
    ...(log && { log }),
    lateMs: readRetention(process.env).late,
    databaseClock: () => stores.maintenance.nowMs(),
    logger: ingestLogger,
  });
  running.add('ingest', () => receiver.close());
}

async function gateway(given: Flags): Promise<void> {
  const judge = openJudge(given, process.env, logger.child({ role: 'judge' }));
  if (judge) running.add('judge', () => judge.close());
  const role = await startGatewayRole({
    host: given.host,
    port: given.gatewayPort,
    ...(given.gatewayGrpcPort !== undefined && { grpcPort: given.gatewayGrpcPort }),
    stateDir: given.gatewayState,
    upstream: await openUpstream(given, process.env),
    ...(judge && { judge }),
    ingestUrl: given.ingestUrl,
    logger: logger.child({ role: 'gateway' }),
  });
  running.add('gateway', () => role.close());
}

async function watchdog(given: Flags): Promise<void> {
  const role = await startWatchdogRole({ ...given, logger: logger.child({ role: 'watchdog' }) });
  running.add('watchdog', () => role.close());
}

/** Refuses to start on a namespace that is not prepared: an unregistered search attribute would wedge every workflow. */
async function temporal(given: Flags, pool: Pool | null, onFailure: (error: unknown) => void): Promise<void> {
  const { address, namespace, roles } = given;
  const { missing, command } = await checkBootstrap({ address, namespace });
  if (missing.length > 0)
    throw new Error(`namespace ${namespace} lacks ${missing.join(', ')}; run: ${command}`);
  const connection = await Connection.connect({ address });
  running.add('Temporal client', () => connection.close());
  const client = new Client({ connection, namespace });
  const activities = pool !== null && roles.includes('activity');
  const drivers = driverFor();
  const workers = await startTemporalWorkers({
    address,
    namespace,
    bundle: roles.includes('workflow') ? { codePath: BUNDLE_PATH } : null,
    ports: activities ? createPorts(pool, client, drivers) : null,
    controlPorts: activities ? createPorts(open(given.database, POOL_SIZES.control), client, drivers) : null,
  });
  running.add('workers', () => workers.stop());
  workers.done.catch(onFailure);
}

function readFlags(): Flags {
  const { env } = process;
  const port = (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0 || value > 65_535)
      throw new InvalidArgumentError('Expected a port, 0 to 65535.');
    return value;
  };
  const roles = (text: string): Role[] =>
    text.split(',').map((name) => {
      const role = ROLES.find((each) => each === name.trim());
      if (!role)
        throw new InvalidArgumentError(`"${name}" is given, expected a list of ${ROLES.join(', ')}.`);
      return role;
    });
  const watch = (text: string): WatchTarget => {
    try {
      return readWatch(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
  const duration = (text: string): number => {
    const value = parseDurationMs(text);
    if (value === null || value < 100)
      throw new InvalidArgumentError('Expected a duration of 100ms or more, such as 5s.');
    return value;
  };
  return new Command('node dist/workers/main.js')
    .description(
      'Runs one or more roles of the optimizer against a Temporal server and a PostgreSQL that are there already.',
    )
    .option('--roles <list>', `comma-separated: ${ROLES.join(', ')}`, roles, [
      'workflow',
      'activity',
      'ingest',
    ])
    .option('--address <host:port>', 'Temporal frontend', env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233')
    .option('--namespace <name>', 'Temporal namespace', env['TEMPORAL_NAMESPACE'] ?? 'default')
    .option('--database <url>', 'PostgreSQL, migrated (or DATABASE_URL)', env['DATABASE_URL'])
    .option('--host <address>', 'ingest, gateway: where they are to be asked', '127.0.0.1')
    .option('--otlp-http-port <port>', 'ingest: OTLP/HTTP and CloudEvents', port, 4318)
    .option('--otlp-grpc-port <port>', 'ingest: OTLP/gRPC', port, 4317)
    .option('--gateway-port <port>', 'gateway: configuration contract and chat completions', port, 8081)
    .option(
      '--gateway-grpc-port <port>',
      'gateway: the configuration contract over gRPC (off unless given)',
      port,
    )
    .option('--gateway-state <folder>', 'gateway: where its state survives a restart', '.data/gateway')
    .option('--portkey-url <url>', 'gateway: serve through a Portkey gateway in place of recorded outcomes')
    .option('--portkey-providers <file>', 'gateway: which provider answers for which model, YAML')
    .option(
      '--watch <service=driver:url>',
      'watchdog: a service on a product that keeps no leases; #route at the end where it is called otherwise there (repeatable)',
      (text: string, before: readonly WatchTarget[]) => [...before, watch(text)],
      [],
    )
    .option('--watch-file <file>', 'watchdog: the same as YAML, service settings or a list of them')
    .option('--watchdog-host <address>', 'watchdog: where it is to be asked', '127.0.0.1')
    .option('--watchdog-port <port>', 'watchdog: /health and /v1/watched/SERVICE', port, 9470)
    .option('--watch-every <duration>', 'watchdog: between two looks at a product', duration, 5_000)
    .option(
      '--judge-url <url>',
      'gateway: chat completions that compare the answers of a shadow, such as .../v1',
    )
    .option('--judge-model <name>', 'gateway: the model that compares them')
    .option('--judge-key-env <name>', 'gateway: environment variable with its key')
    .option('--ingest-url <url>', 'gateway: where its events and metrics go', 'http://127.0.0.1:4318')
    .addOption(
      new Option('--log-level <level>', 'how much goes to standard error')
        .choices(LOG_LEVELS)
        .default('info')
        .env('LOG_LEVEL'),
    )
    .parse()
    .opts<Flags>();
}
