/**
 * `npm start`: the whole program in one process, and the two stories. Wiring only.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Stores } from '../src/adapters/postgres/index.ts';
import { createScreen } from '../src/cli/screen.ts';
import { readStartOptions, type StartOptions } from '../src/cli/start-options.ts';
import { readStory, writeStory, type StoryProgress } from '../src/cli/story-file.ts';
import { tellStories } from '../src/cli/story.ts';
import { tryNext } from '../src/cli/try-next.ts';
import { createLogger } from '../src/config/log.ts';
import { readServiceFile } from '../src/config/read-service-file.ts';
import { Failure } from '../src/domain/failure.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';
import { BUNDLE_PATH } from './build-bundle.ts';
import { startOptimizer, type Optimizer } from './optimizer.ts';
import { restoreIncumbent } from './restore-incumbent.ts';
import { Running } from './running.ts';

const SERVICE_FILE = fileURLToPath(new URL('../deploy/services/support-bot.yaml', import.meta.url));
const SWEEP_EVERY_MS = 5_000;

const options = readStartOptions(process.argv.slice(2));
const screen = createScreen(process.stdout, Date.now);
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending.signal.aborted) return;
    screen.settle();
    screen.line(`Stopping (${signal}) ...`);
    ending.abort(new Error(`stopped by ${signal}`));
  });
}

const dataDir = resolve(options.data);
mkdirSync(dataDir, { recursive: true });
const logger = createLogger(options.logLevel, join(dataDir, 'optimizer.log'));
const running = new Running(logger);
const stoppedByPerson = () =>
  ending.signal.aborted && String(ending.signal.reason).includes('stopped by SIG');

const exitCode = await main(options).catch((error: unknown) => {
  if (stoppedByPerson()) return options.once ? 130 : 0;
  screen.settle();
  logger.error({ err: error }, 'the run has failed');
  const reason = ending.signal.aborted ? (ending.signal.reason as unknown) : error;
  process.stderr.write(`${reason instanceof Error ? reason.message : String(reason)}\n`);
  return 1;
});
await running.stop();
process.exit(exitCode);

async function main(given: StartOptions): Promise<number> {
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => logger.warn({ meta: entry.meta }, entry.message)),
  });
  const settings = await readServiceFile(given.service ?? SERVICE_FILE);
  const contenders = contendersOf(settings);
  const kept = await unfinishedStory(given, settings.serviceId);
  const { swap, seed } = kept ?? given;
  const optimizer = await startOptimizer(
    {
      dataDir,
      settings,
      incumbent: given.incumbent,
      seed,
      speed: given.speed,
      swap: swap ? contenders : null,
      sweepEveryMs: SWEEP_EVERY_MS,
      bundle: { codePath: BUNDLE_PATH },
      logger,
      onProgress: (line) => screen.line(line),
      signal: ending.signal,
      onFailure: (error) => ending.abort(error),
    },
    running,
  );
  introduce(optimizer, given, swap ? contenders : null);
  const save = (story: StoryProgress) => writeStory(join(dataDir, 'story.json'), story);
  const { client, stores } = optimizer;
  const story =
    kept ??
    (await restoreIncumbent({
      client,
      taskQueue: TASK_QUEUE,
      stores,
      story: await newStory(given, settings, stores),
      screen,
    }));
  await save(story);
  const told = await tellStories(
    {
      client,
      taskQueue: TASK_QUEUE,
      settings: optimizer.settings,
      orchestrator: optimizer.ports.orchestratorFor(optimizer.settings.orchestrator),
      decisions: stores.decisions,
      windows: stores.windows,
      screen,
      signal: ending.signal,
      rate: () => optimizer.traffic?.stats().sentPerSecond ?? 0,
      save,
    },
    story,
  );
  const asTold = told.asTold.improve === true && told.asTold.takeBack === true;
  screen.line();
  screen.line(asTold ? 'Both stories ended as told.' : 'NOT both stories ended as told.');
  if (given.once) return asTold ? 0 : 1;
  await stayUp(optimizer);
  return 0;
}

/** A story that an earlier run left half told. What it was begun with wins over today's options. */
async function unfinishedStory(given: StartOptions, serviceId: string): Promise<StoryProgress | null> {
  const kept = await readStory(join(dataDir, 'story.json'));
  if (!kept || kept.stage === 'done' || kept.serviceId !== serviceId) return null;
  screen.line(
    `The stories begun with --seed ${kept.seed}${kept.swap ? ' --swap' : ''} go on where they stopped.`,
  );
  if (kept.swap !== given.swap || kept.seed !== given.seed)
    screen.line('Other options take effect when they have ended.');
  return kept;
}

async function newStory(
  given: StartOptions,
  settings: ServiceSettings,
  stores: Pick<Stores, 'configurations'>,
): Promise<StoryProgress> {
  const adoption = (await stores.configurations.list(settings.serviceId)).find(
    (each) => each.source === 'adoption',
  );
  return {
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
  optimizer: Optimizer,
  given: StartOptions,
  swapped: readonly [string, string] | null,
): void {
  const rate = optimizer.traffic?.stats().scheduledPerSecond ?? 0;
  screen.line();
  screen.line(
    `${optimizer.settings.serviceId} is served. Traffic follows a recorded trace sped up ${given.speed} times: about ${rate.toFixed(0)} requests/s.`,
  );
  screen.line(
    'Quality and cost are recorded outcomes of real models, latency is drawn from recorded requests; nothing is made up.',
  );
  if (swapped) screen.line(`--swap: the recorded rows of ${swapped[0]} and ${swapped[1]} are exchanged.`);
  const { uiUrl } = optimizer.stack.temporal;
  if (uiUrl !== null) screen.line(`Temporal UI: ${uiUrl}`);
}

async function stayUp({ settings, stack, gatewayUrl }: Optimizer): Promise<void> {
  screen.line();
  for (const line of tryNext({ serviceId: settings.serviceId, ...stack.temporal, gatewayUrl }))
    screen.line(line);
  if (!ending.signal.aborted) {
    await new Promise((done) => ending.signal.addEventListener('abort', done, { once: true }));
  }
  if (!stoppedByPerson()) throw ending.signal.reason;
}
