/**
 * A real PostgreSQL for tests: one server per test file in a folder of its own, databases with the migrations applied.
 */
import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { poll } from '../../src/embedded/poll.ts';
import { findByWorkingFolder } from '../../src/embedded/process-identity.ts';
import { killAllOf } from './kill.ts';
import { reservePort } from './ports.ts';
import { copyPrepared, newFolder } from './postgres-data.ts';
import { makeMigrated, MIGRATED, serverOn, urlOn } from './postgres-server.ts';

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

const CRASH_MS = 60_000;

export async function startPostgres(): Promise<TestPostgres> {
  const folder = await newFolder();
  const data = join(folder, 'data');
  const port = await reservePort();
  const lines: string[] = [];
  const server = serverOn(data, port, lines);
  let isPrepared: boolean;
  try {
    isPrepared = await copyPrepared(data);
    if (!isPrepared) await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${String(error)}; ${lines.slice(-3).join(' ')}`, {
      cause: error,
    });
  }
  const pools: Pool[] = [];
  const administer = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: urlOn(port, 'postgres') });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  let migrated = isPrepared ? Promise.resolve() : undefined;
  let made = 0;
  let crashed = false;
  return {
    createDatabase: async ({ connections = 10 } = {}) => {
      const name = `test_${(made += 1)}`;
      const pool = new Pool({ connectionString: urlOn(port, name), max: connections });
      pool.on('error', () => undefined);
      pools.push(pool);
      await (migrated ??= makeMigrated(server, port));
      await administer(`CREATE DATABASE ${name} TEMPLATE ${MIGRATED}`);
      return { url: urlOn(port, name), pool };
    },
    down: () => server.stop(),
    crash: async (how) => {
      const of = await realpath(data);
      const find = () => findByWorkingFolder('postgres', of);
      const postmaster = Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10);
      if (!find().includes(postmaster)) throw new Error(`no process of PostgreSQL is found in ${of}`);
      crashed = true;
      if (how === 'kill') return killAllOf(find);
      process.kill(postmaster, 'SIGQUIT');
      const gone = () => (find().length === 0 ? true : undefined);
      if ((await poll(gone, { timeoutMs: CRASH_MS, everyMs: 10 })) === undefined)
        throw new Error(`PostgreSQL is still there ${CRASH_MS} ms after its end`);
    },
    up: async () => {
      await server.start();
      crashed = false;
    },
    stop: async () => {
      await Promise.all(pools.filter((pool) => !pool.ended).map((pool) => pool.end()));
      // It would wait for the end of a process that has ended.
      if (!crashed) await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
