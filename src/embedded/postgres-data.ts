// Prepares PostgreSQL's data folder and its login, once; and the database. An interrupted preparation leaves nothing half done.
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import type { PostgresPrograms, RunAs } from './postgres-programs.ts';
import { findByArguments, processToken } from './process-identity.ts';
import { runCommand } from './run-command.ts';
import { adoptServer, stopServer, type StopStep } from './server-process.ts';

export interface PostgresLogin {
  readonly user: string;
  readonly password: string;
}

export const DATABASE = 'llm_optimizer';
const USER = 'llm_optimizer';
/** Start of the name of a data folder in the making. */
const DRAFT = 'postgres.new-';
const REMOVE_TRIES = 100;
const REMOVE_PAUSE_MS = 100;
const INIT_LIMIT_MS = 5 * 60_000;
const KILL: readonly StopStep[] = [{ signal: 'SIGKILL', graceMs: 5_000 }];

export const databaseUrl = ({ user, password }: PostgresLogin, port: number, database: string): string =>
  `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;

/** The login of this data folder: the password is made once and kept beside the data, readable by its owner alone. */
export function postgresLogin(dataDir: string): PostgresLogin {
  const path = join(dataDir, 'postgres.password');
  if (!existsSync(path)) {
    if (existsSync(join(dataDir, 'postgres'))) {
      throw new EmbeddedStackError(
        `${path} is gone, so the database beside it cannot be opened: put the file back, or remove the data folder to start anew.`,
      );
    }
    writeFileSync(`${path}.new`, randomBytes(18).toString('hex'), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return { user: USER, password: readFileSync(path, 'utf8').trim() };
}

/** Makes the cluster unless it is there. It is made beside its place and then renamed, so that a kill leaves no half of one. */
export async function initialiseData(
  dataDir: string,
  login: PostgresLogin,
  options: {
    readonly programs: PostgresPrograms;
    readonly runAs: RunAs;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { programs, runAs, env, signal } = options;
  const folder = join(dataDir, 'postgres');
  if (existsSync(folder)) return;
  const passwordFile = join(dataDir, 'postgres.password.init');
  await removeDrafts(dataDir);
  const draft = mkdtempSync(join(dataDir, DRAFT));
  runAs.own(draft);
  writeFileSync(passwordFile, login.password, { mode: 0o600 });
  runAs.own(passwordFile);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${login.user}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const args = [`--pgdata=${draft}`, ...access, ...locale];
  const run = runAs.wrap(programs.initdb, args);
  try {
    await runCommand(run.command, run.args, {
      env: { ...env, LC_ALL: 'C' },
      cwd: '/',
      user: runAs.user,
      timeoutMs: INIT_LIMIT_MS,
      signal,
    });
    renameSync(draft, folder);
  } catch (error) {
    signal.throwIfAborted();
    throw new EmbeddedStackError(`PostgreSQL's data folder cannot be made: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** An `initdb` that outlived a killed start still writes into its draft. */
async function removeDrafts(dataDir: string): Promise<void> {
  for (const name of readdirSync(dataDir).filter((name) => name.startsWith(DRAFT))) {
    const draft = join(dataDir, name);
    for (const pid of findByArguments([`--pgdata=${draft}`])) {
      const token = processToken(pid);
      if (token !== undefined) await stopServer(adoptServer('initdb', pid, token), KILL);
    }
    await removeWrittenTo(draft);
  }
}

/**
 * Removes a folder although somebody still writes into it: the `postgres --boot` of a killed `initdb` works on until it sees its
 * input end. `rmSync` reads a folder once and then repeats only the last `rmdir`, so each try starts anew.
 */
async function removeWrittenTo(folder: string): Promise<void> {
  for (let tries = REMOVE_TRIES; ; tries -= 1) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (tries === 1) throw error;
      await setTimeout(REMOVE_PAUSE_MS);
    }
  }
}

/** Creates the database unless it is there. */
export async function ensureDatabase(serverUrl: string, database: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  });
}

/** `undefined` when the database at `url` answers, else the reason why not. Takes at most five seconds to connect. */
export async function databaseAnswers(url: string): Promise<string | undefined> {
  try {
    await withClient(url, (client) => client.query('SELECT 1'));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
