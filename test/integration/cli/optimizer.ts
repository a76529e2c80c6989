/**
 * The optimizer's worker over real servers, for the tests of the command line: a gateway that outlives it, a service with an hour's
 * labels, and a worker that comes and goes. The command runs as a process of its own.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { pino } from 'pino';
import { adoptService } from '../../../src/client/adopt-service.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { startGateway, type Gateway } from '../../../src/gateway/index.ts';
import { buildBundle } from '../../../workers/build-bundle.ts';
import { seedGateway } from '../../../workers/seed-gateway.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { withoutServers } from '../../support/servers.ts';
import { testSettings } from '../../support/settings.ts';
import { sha256 } from '../activities/world.ts';
import type { Printed } from './terminal.ts';

export const SERVICE = 'support-bot';
export const INCUMBENT = 'gpt-4o-2024-05-13';
export const CANDIDATE = 'gpt-4o-2024-08-06';

/** Serves every model but one, and answers nothing. */
export const startTestGateway = async (stateDir: string): Promise<Gateway> => {
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    stateDir,
    upstream: {
      validate: ({ model }) =>
        model === 'no-such-model' ? [{ field: 'model', value: model, expected: 'a known model' }] : [],
      complete: async () => ({ kind: 'notRecorded', message: 'this upstream answers nothing' }),
    },
    emitters: [],
    logger: pino({ level: 'silent' }),
  });
  await seedGateway(gateway.url, { serviceId: SERVICE, model: INCUMBENT, unit: 'request' });
  return gateway;
};

export const liveAt = (gateway: Gateway): Promise<LiveConfiguration> =>
  createRestOrchestrator({ url: gateway.url, timeoutMs: 60_000 }).read(SERVICE);

/** What the gateway serves, once it is as wanted. */
export async function liveWhen(
  gateway: Gateway,
  wanted: (live: LiveConfiguration) => boolean,
): Promise<LiveConfiguration> {
  let last: LiveConfiguration | undefined;
  const seen = await poll(
    async () => {
      last = await liveAt(gateway);
      return wanted(last) ? last : undefined;
    },
    { timeoutMs: 100_000 },
  );
  if (!seen) throw new Error(`not as wanted: ${JSON.stringify(last)}`);
  return seen;
}

export interface RunningWorker {
  readonly client: Client;
  readonly stores: Stores;
  stop(): Promise<void>;
}

interface Servers {
  readonly address: string;
  readonly namespace: string;
  readonly databaseUrl: string;
}

const WORKER = fileURLToPath(new URL('worker-child.ts', import.meta.url));

/** The bundle of the present sources in a file of `folder`, for any number of workers. */
export async function bundleIn(folder: string): Promise<string> {
  const path = join(folder, 'workflow-bundle.js');
  await writeFile(path, await buildBundle());
  return path;
}

/** A worker in a process of its own, and what a test asks the servers with. */
export async function startWorker(servers: Servers, bundlePath: string): Promise<RunningWorker> {
  const { address, namespace, databaseUrl } = servers;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', WORKER, address, namespace, databaseUrl, bundlePath],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('the worker ended before it was ready'))),
  ]);
  const pool = new Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', () => undefined);
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection, namespace }),
    stores: createStores(pool),
    stop: async () => {
      child.kill('SIGTERM');
      await Promise.all([ended, pool.end(), connection.close()]);
    },
  };
}

/** Adopts the service, with 1,500 labels of its stable configuration in the last minute. */
export async function adoptWithLabels({ stores }: RunningWorker, gateway: Gateway): Promise<void> {
  const settings = testSettings(SERVICE, {
    quality: { matureAfter: '1s' },
    rollout: { block: '1s', look: '1s', soak: '1h', lease: '10m', maxRollout: '2h' },
    orchestrator: { url: gateway.url },
  });
  const nowMs = Date.now();
  const adoption = { ...stores, orchestratorFor: createRestOrchestrator, nowMs: () => nowMs - 60_000 };
  await adoptService({ ...adoption, hash: (body) => sha256(canonicalJson(body)) }, settings, 'ann');
  const events = Array.from({ length: 1_500 }, (_, i) =>
    feedbackEvent(`label-${i}`, {
      timestamp: new Date(nowMs - 60_000 + i * 39).toISOString(),
      quality: i % 5 === 0 ? 0 : 1,
    }),
  );
  await stores.ingest.recordFeedback(events, nowMs);
}

const CLI = fileURLToPath(new URL('../../../workers/cli.ts', import.meta.url));

/** Runs `llm-optimizer` as a process of its own. The environment names no server but those of `env`. */
export function runCommand(
  line: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', CLI, ...line],
      { env: { ...withoutServers(process.env), ...env }, timeout: 200_000 },
      (error, out, err) => {
        resolve({ exit: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err });
      },
    );
  });
}
