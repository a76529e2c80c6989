/**
 * The four processes of a trial, each of which can be killed with kill -9 and started again on the same data and the same port: Temporal,
 * PostgreSQL, the reference gateway and the worker. The last two are `workers/main.ts` as it is deployed. Needs `npm run build`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { poll } from '../../../src/embedded/poll.ts';
import {
  databaseUrl,
  DATABASE,
  ensureDatabase,
  initialiseData,
  postgresLogin,
} from '../../../src/embedded/postgres-data.ts';
import { findPostgresPrograms, postgresRunner } from '../../../src/embedded/postgres-programs.ts';
import { inheritPostgres, startPostgres } from '../../../src/embedded/postgres-server.ts';
import { findByArguments, findByWorkingFolder } from '../../../src/embedded/process-identity.ts';
import { answers } from '../../../src/embedded/temporal-server.ts';
import { killAllOf } from '../kill.ts';
import { reservePorts } from '../ports.ts';
import { temporalPath } from '../prerequisites/index.ts';
import { withoutServers } from '../servers.ts';

const MAIN = fileURLToPath(new URL('../../../dist/workers/main.js', import.meta.url));
const READY_MS = 240_000;

/** Something that is killed and started again. */
export interface Killable {
  /** Starts it and returns when it answers. */
  readonly start: () => Promise<void>;
  /** kill -9, and waits until every process of it is gone. */
  readonly kill: () => Promise<void>;
}

export type Victim = 'worker' | 'gateway' | 'postgres' | 'temporal';
export const VICTIMS: readonly Victim[] = ['worker', 'gateway', 'postgres', 'temporal'];

export interface Ports {
  readonly temporal: number;
  readonly postgres: number;
  readonly gateway: number;
}

export async function freePorts(): Promise<Ports> {
  const [temporal = 0, postgres = 0, gateway = 0] = await reservePorts(3);
  return { temporal, postgres, gateway };
}

/** Suggests to continue as new after `events` of a history, so that short rollouts do it too. */
export async function temporalProcess(dataDir: string, port: number, events: number): Promise<Killable> {
  const cli = await temporalPath();
  const listen = ['--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'never'];
  const limit = `limit.historyCount.suggestContinueAsNew=${events}`;
  const args = ['server', 'start-dev', ...listen, '--db-filename', join(dataDir, 'temporal.sqlite')];
  const run = child(() => spawnLogged(dataDir, 'temporal', cli, [...args, '--dynamic-config-value', limit]));
  return {
    kill: run.kill,
    start: async () => {
      run.start();
      await untilReady('Temporal', async () => (await answers(`127.0.0.1:${port}`)) === undefined);
    },
  };
}

export async function postgresProcess(
  dataDir: string,
  port: number,
): Promise<Killable & { readonly url: string }> {
  const login = postgresLogin(dataDir);
  const folder = join(dataDir, 'postgres');
  const env = Object.fromEntries(
    Object.entries(withoutServers(process.env)).filter(([name]) => !name.startsWith('PG')),
  );
  const { signal } = new AbortController();
  const programs = await findPostgresPrograms();
  const runAs = await postgresRunner(programs, dataDir, env, signal);
  const means = { programs, runAs, env, signal };
  await initialiseData(dataDir, login, means);
  return {
    url: databaseUrl(login, port, DATABASE),
    start: async () => {
      await inheritPostgres(folder, undefined, () => undefined);
      await startPostgres(
        { folder, logFile: join(dataDir, 'postgres.log'), port, login },
        { ...means, onSpawn: () => undefined, onEnd: () => undefined },
      );
      await ensureDatabase(databaseUrl(login, port, 'postgres'), DATABASE);
    },
    kill: () =>
      killAllOf(() => [...findByArguments(['-D', folder]), ...findByWorkingFolder('postgres', folder)]),
  };
}

export function gatewayProcess(dataDir: string, port: number): Killable {
  return program(dataDir, 'gateway', [
    '--roles=gateway',
    `--gateway-port=${port}`,
    `--gateway-state=${join(dataDir, 'gateway')}`,
    '--ingest-url=http://127.0.0.1:1',
    '--log-level=info',
  ]);
}

export function workerProcess(dataDir: string, temporal: string, database: string): Killable {
  return program(dataDir, 'worker', [
    '--roles=workflow,activity',
    `--address=${temporal}`,
    '--namespace=default',
    `--database=${database}`,
    '--log-level=info',
  ]);
}

/** `workers/main.ts`, ready when it says so. */
function program(dataDir: string, name: string, args: readonly string[]): Killable {
  let ready = false;
  const run = child(() => {
    ready = false;
    const log = openSync(join(dataDir, `${name}.log`), 'a');
    const started = spawn(process.execPath, [MAIN, ...args], {
      env: withoutServers(process.env),
      stdio: ['ignore', log, 'pipe'],
    });
    if (started.stderr) {
      createInterface(started.stderr).on('line', (line) => {
        if (line.includes('"msg":"ready"')) ready = true;
      });
    }
    return started;
  });
  return {
    kill: run.kill,
    start: async () => {
      run.start();
      await untilReady(name, () => Promise.resolve(ready));
    },
  };
}

function child(start: () => ChildProcess): {
  readonly start: () => void;
  readonly kill: () => Promise<void>;
} {
  let running: ChildProcess | null = null;
  return {
    start: () => void (running = start()),
    kill: async () => {
      const pid = running?.pid;
      if (pid === undefined || running?.exitCode !== null || running.signalCode !== null) return;
      const end = new Promise((resolve) => running?.once('exit', resolve));
      process.kill(pid, 'SIGKILL');
      await end;
    },
  };
}

function spawnLogged(dataDir: string, name: string, command: string, args: readonly string[]): ChildProcess {
  mkdirSync(dataDir, { recursive: true });
  const log = openSync(join(dataDir, `${name}.log`), 'a');
  return spawn(command, args, {
    cwd: dataDir,
    env: withoutServers(process.env),
    stdio: ['ignore', log, log],
  });
}

async function untilReady(name: string, isReady: () => Promise<boolean>): Promise<void> {
  const ready = await poll(async () => ((await isReady()) ? true : undefined), { timeoutMs: READY_MS });
  if (!ready) throw new Error(`${name} was not ready within ${READY_MS / 1_000} s`);
}
