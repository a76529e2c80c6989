// Runs PostgreSQL on our data, or takes over a server that outlived its parent. One at a time on one folder; durable.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import { lastLine } from './log-tail.ts';
import { poll } from './poll.ts';
import { databaseUrl, type PostgresLogin } from './postgres-data.ts';
import type { PostgresPrograms, RunAs } from './postgres-programs.ts';
import { findByArguments, findByWorkingFolder, processToken } from './process-identity.ts';
import { adoptServer, spawnServer, stopServer, type ServerProcess, type StopStep } from './server-process.ts';
import type { ChildRecord } from './stack-files.ts';

/** PostgreSQL's own words: SIGINT is a fast shutdown with a checkpoint, SIGQUIT an immediate one that recovers at the next start. */
export const POSTGRES_STOP: readonly StopStep[] = [
  { signal: 'SIGINT', graceMs: 20_000 },
  { signal: 'SIGQUIT', graceMs: 5_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
];
const READY_MS = 120_000;

/** Postgres errors that mean "not yet": cannot_connect_now, and no listener. */
const NOT_YET = new Set(['57P03', 'ECONNREFUSED', 'ECONNRESET']);

export function postgresArgs(folder: string, port: number): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The defaults, stated: nothing committed is lost when any process is killed.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
  };
  return [
    '-D',
    folder,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

export interface PostgresPlace {
  readonly folder: string;
  readonly logFile: string;
  readonly port: number;
  readonly login: PostgresLogin;
}

/** Starts the server and waits until it answers, after recovery if need be. Throws EmbeddedStackError when it ends before. */
export async function startPostgres(
  place: PostgresPlace,
  options: {
    readonly programs: PostgresPrograms;
    readonly runAs: RunAs;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    readonly onSpawn: (server: ServerProcess) => void;
    readonly onEnd: (how: string) => void;
  },
): Promise<ServerProcess> {
  const { folder, logFile, port, login } = place;
  const run = options.runAs.wrap(options.programs.postgres, postgresArgs(folder, port));
  const server = await spawnServer({
    name: 'PostgreSQL',
    ...run,
    user: options.runAs.user,
    env: { ...options.env, LC_MESSAGES: 'C' },
    logFile,
    cwd: '/',
    onEnd: options.onEnd,
  });
  options.onSpawn(server);
  const url = databaseUrl(login, port, 'postgres');
  const ready = await poll(async () => (server.isAlive() ? await servesFolder(url, folder) : false), {
    timeoutMs: READY_MS,
    signal: options.signal,
  });
  if (ready === true) return server;
  await stopServer(server, POSTGRES_STOP);
  const how =
    server.ending() === undefined
      ? `did not answer within ${READY_MS / 1000} s`
      : `ended at once (${server.ending()})`;
  throw new EmbeddedStackError(`PostgreSQL ${how}: ${lastLine(logFile)} (log: ${logFile})`);
}

/** True when the server at `url` works on `folder`, false when on another, `undefined` while it starts. Other errors are thrown. */
async function servesFolder(url: string, folder: string): Promise<boolean | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory === folder;
  } catch (error) {
    if (error instanceof Error && 'code' in error && NOT_YET.has(String(error.code))) return undefined;
    throw new EmbeddedStackError(`PostgreSQL on ${folder} does not let us in: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Looks after what earlier runs left on `folder`: the recorded server, if one may be taken over, is taken over when it answers and was started as we
 * would; others, and sessions whose server was killed, are ended, and a lock file that names nobody of ours is removed
 * (PostgreSQL would respect it if the number belongs to any other process by now).
 */
export async function inheritPostgres(
  folder: string,
  candidate: { readonly record: ChildRecord | undefined; readonly login: PostgresLogin } | undefined,
  onProgress: (line: string) => void,
): Promise<ServerProcess | undefined> {
  const record = candidate?.record;
  let adopted: ServerProcess | undefined;
  if (
    candidate !== undefined &&
    record !== undefined &&
    !record.stopping &&
    processToken(record.pid) === record.token
  ) {
    const port = record.ports[0] ?? 0;
    const known = adoptServer('PostgreSQL', record.pid, record.token);
    if (record.args.join('\0') === postgresArgs(folder, port).join('\0')) {
      const serves = await servesFolder(databaseUrl(candidate.login, port, 'postgres'), folder).catch(
        () => false,
      );
      if (serves === true && known.isAlive()) adopted = known;
    }
  }
  if (adopted !== undefined) {
    onProgress(`PostgreSQL: taking over process ${adopted.pid}, which outlived an earlier run`);
    return adopted;
  }
  for (const pid of postgresProcesses(folder, record)) {
    const token = processToken(pid);
    if (token === undefined) continue;
    onProgress(`PostgreSQL: stopping process ${pid}, left by an earlier run`);
    await stopServer(adoptServer('PostgreSQL', pid, token), POSTGRES_STOP);
  }
  const pidFile = join(folder, 'postmaster.pid');
  if (existsSync(pidFile)) rmSync(pidFile);
  return undefined;
}

/** The server first, so that its sessions end with it; then sessions that lost theirs. */
function postgresProcesses(folder: string, record: ChildRecord | undefined): Iterable<number> {
  const recorded = record !== undefined && processToken(record.pid) === record.token ? [record.pid] : [];
  const named = Number.parseInt(quietRead(join(folder, 'postmaster.pid')), 10);
  const here = [...findByArguments(['-D', folder]), ...findByWorkingFolder('postgres', folder)];
  return new Set([...recorded, ...here.filter((pid) => pid === named), ...here]);
}

function quietRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
