/**
 * `npm start`: every role in one process over the embedded servers, recorded traffic, and the two stories. Wiring only.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pg from 'pg';
import { bootstrap } from '../deploy/bootstrap.ts';
import { migrate } from '../deploy/migrate.ts';
import { createScreen, type Screen } from '../src/cli/screen.ts';
import { readStartOptions, type StartOptions } from '../src/cli/start-options.ts';
import { readStory, writeStory, type StoryProgress } from '../src/cli/story-file.ts';
import { tellStories } from '../src/cli/story.ts';
import { tryNext } from '../src/cli/try-next.ts';
import { adoptService } from '../src/client/adopt-service.ts';
import { createLogger } from '../src/config/log.ts';
import { readServiceFile } from '../src/config/read-service-file.ts';
import { canonicalJson } from '../src/decision/index.ts';
import { Failure } from '../src/domain/failure.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { startEmbeddedStack, type EmbeddedStack } from '../src/embedded/index.ts';
import { startIngest } from '../src/ingest/index.ts';
import { loadRecordedOutcomes, startTraffic } from '../src/replay/index.ts';
import { createStores, type Stores } from '../src/adapters/postgres/index.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';
import { BUNDLE_PATH } from './build-bundle.ts';
import { createPorts } from './ports.ts';
import { restoreIncumbent } from './restore-incumbent.ts';
import { seedGateway } from './seed-gateway.ts';
import { startGatewayRole } from './roles/gateway.ts';
import { startTemporalWorkers } from './temporal-workers.ts';

const SERVICE_FILE = fileURLToPath(new URL('../deploy/services/support-bot.yaml', import.meta.url));
const SWEEP_EVERY_MS = 5_000;

const options = readStartOptions(process.argv.slice(2));
const screen = createScreen(process.stdout, Date.now);
const ending = new AbortController();
/** What has been started, newest first: stopped in this order. */
const running: { readonly name: string; readonly stop: () => Promise<unknown> }[] = [];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending.signal.aborted) return;
    screen.settle();
    screen.line(`Stopping (${signal}) ...`);
    ending.abort(new Error(signal));
  });
}

const dataDir = resolve(options.data);
const logger = createLogger(process.env['LOG_LEVEL'] ?? 'info', join(dataDir, 'optimizer.log'));
process.exitCode = await main(options).catch((error: unknown) => {
  if (ending.signal.aborted) return options.once ? 130 : 0;
  screen.settle();
  logger.error({ err: error }, 'the run has failed');
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
await stopAll();

async function main(given: StartOptions): Promise<number> {
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => logger.warn({ meta: entry.meta }, entry.message)),
  });
  const stack = await startEmbeddedStack({
    dataDir,
    env: process.env,
    onProgress: (line) => screen.line(line),
    signal: ending.signal,
  });
  started('servers', () => stack.stop());
  const settingsFile = await readServiceFile(given.service ?? SERVICE_FILE);

  await migrate(stack.postgres.url, {});
  await bootstrap({
    address: stack.temporal.address,
    namespace: stack.temporal.namespace,
    sweepEveryMs: SWEEP_EVERY_MS,
    sweepJitterMs: 0,
  });
  const pool = openPool(stack.postgres.url);
  const connection = await Connection.connect({ address: stack.temporal.address });
  started('Temporal client', () => connection.close());
  const client = new Client({ connection, namespace: stack.temporal.namespace });
  const stores = createStores(pool);
  const ports = createPorts(pool, client);

  const ingest = await startIngest({
    host: '127.0.0.1',
    httpPort: stack.ports.otlpHttp,
    grpcPort: stack.ports.otlpGrpc,
    store: stores.ingest,
    logger: logger.child({ role: 'ingest' }),
  });
  started('ingest', () => ingest.close());

  const { story, fresh } = await beginStory(given, settingsFile, stores);
  const recorded = loadRecordedOutcomes(story.swap ? { swap: contendersOf(settingsFile) } : {});
  await stores.outcomes.replace(settingsFile.serviceId, recorded.evaluation);
  const gateway = await startGatewayRole({
    port: stack.ports.gateway,
    stateDir: join(dataDir, 'gateway'),
    upstream: recorded.upstream({ seed: story.seed, speed: given.speed }),
    ingestUrl: ingest.httpUrl,
    logger: logger.child({ role: 'gateway' }),
  });
  started('gateway', () => gateway.close());

  const settings: ServiceSettings = {
    ...settingsFile,
    orchestrator: { ...settingsFile.orchestrator, url: gateway.url },
  };
  await seedGateway(gateway.url, {
    serviceId: settings.serviceId,
    model: given.incumbent,
    unit: settings.unit,
  });
  await adoptService(
    {
      ...stores,
      orchestratorFor: ports.orchestratorFor,
      nowMs: Date.now,
      hash: (body) => ports.hash(canonicalJson(body)),
    },
    settings,
    'npm start',
  );

  const workers = await startTemporalWorkers({
    address: stack.temporal.address,
    namespace: stack.temporal.namespace,
    bundle: { codePath: BUNDLE_PATH },
    ports,
  });
  started('workers', () => workers.stop());
  workers.done.catch((error: unknown) => ending.abort(error));

  const traffic = startTraffic({
    gatewayUrl: gateway.url,
    serviceId: settings.serviceId,
    seed: story.seed,
    speed: given.speed,
  });
  started('traffic', () => traffic.stop());

  const save = (progress: StoryProgress) => writeStory(join(dataDir, 'story.json'), progress);
  const begun = fresh
    ? await restoreIncumbent({ client, taskQueue: TASK_QUEUE, stores, story, screen })
    : story;
  await save(begun);
  introduce(screen, {
    settings,
    stack,
    story: begun,
    speed: given.speed,
    rate: traffic.stats().scheduledPerSecond,
    resumed: stack.resumed,
  });
  const told = await tellStories(
    {
      client,
      taskQueue: TASK_QUEUE,
      settings,
      orchestrator: ports.orchestratorFor(settings.orchestrator),
      decisions: stores.decisions,
      windows: stores.windows,
      screen,
      signal: ending.signal,
      rate: () => traffic.stats().sentPerSecond,
      save,
    },
    begun,
  );
  const asTold = told.asTold.improve === true && told.asTold.takeBack === true;
  screen.line();
  screen.line(asTold ? 'Both stories ended as told.' : 'NOT both stories ended as told.');
  if (given.once) return asTold ? 0 : 1;
  screen.line();
  for (const line of tryNext({ serviceId: settings.serviceId, ...stack.temporal, gatewayUrl: gateway.url }))
    screen.line(line);
  await new Promise((done) => ending.signal.addEventListener('abort', done, { once: true }));
  return 0;
}

/** The story that the data folder holds, or a new one. What it was begun with wins over today's options. */
async function beginStory(
  given: StartOptions,
  settings: ServiceSettings,
  stores: Pick<Stores, 'configurations'>,
): Promise<{ readonly story: StoryProgress; readonly fresh: boolean }> {
  const kept = await readStory(join(dataDir, 'story.json'));
  if (kept && kept.stage !== 'done' && kept.serviceId === settings.serviceId) {
    if (kept.swap !== given.swap || kept.seed !== given.seed) {
      screen.line(
        `The data folder holds a story begun with --seed ${kept.seed}${kept.swap ? ' --swap' : ''}: it is told to its end first.`,
      );
    }
    return { story: kept, fresh: false };
  }
  const adoption = (await stores.configurations.list(settings.serviceId)).find(
    (each) => each.source === 'adoption',
  );
  const story: StoryProgress = {
    version: 1,
    serviceId: settings.serviceId,
    seed: given.seed,
    swap: given.swap,
    startedAtMs: Date.now(),
    stage: 'improve',
    incumbentGeneration: adoption?.generation ?? 1,
    incumbentModel: adoption?.body['model'] ?? given.incumbent,
    promotedModel: null,
    asTold: { improve: null, takeBack: null },
    secondRunId: null,
  };
  return { story, fresh: true };
}

function contendersOf(settings: ServiceSettings): [string, string] {
  const [first, second] = settings.candidates.models;
  if (first === undefined || second === undefined) {
    throw new Failure(
      'InvalidInput',
      'candidates.models: at least two models are needed, the contenders of the stories',
    );
  }
  return [first, second];
}

function introduce(
  to: Screen,
  of: {
    readonly settings: ServiceSettings;
    readonly stack: EmbeddedStack;
    readonly story: StoryProgress;
    readonly speed: number;
    readonly rate: number;
    readonly resumed: boolean;
  },
): void {
  const [first, second] = contendersOf(of.settings);
  to.line();
  to.line(
    `${of.settings.serviceId} is served. Traffic follows a recorded trace, sped up ${of.speed} times: about ${of.rate.toFixed(0)} requests/s.`,
  );
  to.line(
    'Answers, quality and cost are recorded outcomes of real models; latency is drawn from recorded requests. Nothing is made up.',
  );
  if (of.story.swap) to.line(`--swap: the recorded rows of ${first} and ${second} are exchanged.`);
  if (of.stack.temporal.uiUrl !== null) to.line(`Temporal UI: ${of.stack.temporal.uiUrl}`);
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'));
  started('database pool', () => pool.end());
  return pool;
}

function started(name: string, stop: () => Promise<unknown>): void {
  running.unshift({ name, stop });
}

async function stopAll(): Promise<void> {
  for (const part of running.splice(0)) {
    await part
      .stop()
      .catch((error: unknown) => logger.error({ err: error }, `${part.name} did not stop cleanly`));
  }
}
