// Brings a database to the schema of this version: forward only, in order, each file once. It knows no table but its own.
// Also the command `node dist/deploy/migrate.js`.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { Client, type Pool } from 'pg';
import { runsAsCommand } from './runs-as-command.ts';
import { useTimescale } from './timescale.ts';

/** Beside this file, both in the sources and in `dist`. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('migrations', import.meta.url));

/** "llm-optimizer migrate" in eight bytes of SHA-256, so that no other program's lock is in the way. */
const LOCK_KEY = createHash('sha256').update('llm-optimizer migrate').digest().readBigInt64BE(0).toString();

export interface MigrateResult {
  /** Files applied by this call, in order. */
  readonly applied: readonly string[];
}

const UNDEFINED_TABLE = '42P01';

export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

interface Migration {
  readonly version: number;
  readonly file: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Applies `NNNN_name.sql` files of `dir` that the database does not have, each in a transaction of its own, and records
 * them with a SHA-256 in `schema_migrations`. Only one process migrates at a time; the others wait and then find nothing
 * to do. Throws MigrationError, and changes nothing more, when an applied file was changed or is gone, when a new one would
 * have to be applied before an old one, or when a file fails.
 */
export async function migrate(
  target: Pool | string,
  {
    dir = MIGRATIONS_DIR,
    onProgress,
  }: { readonly dir?: string; readonly onProgress?: (line: string) => void } = {},
): Promise<MigrateResult> {
  const migrations = await readMigrations(dir);
  if (typeof target !== 'string') {
    const client = await target.connect();
    try {
      return await underLock(client, migrations, onProgress);
    } finally {
      client.release();
    }
  }
  const client = new Client({ connectionString: target, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await underLock(client, migrations, onProgress);
  } finally {
    await client.end();
  }
}

type Queryable = Pick<Client, 'query'>;

async function underLock(
  client: Queryable,
  migrations: readonly Migration[],
  onProgress?: (line: string) => void,
): Promise<MigrateResult> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
  try {
    const applied: string[] = [];
    for (const migration of await pending(client, migrations)) {
      await apply(client, migration);
      applied.push(migration.file);
      onProgress?.(`applied ${migration.file}`);
    }
    return { applied };
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}

/**
 * Refuses a database that lacks a migration of this version: whatever is written by it would be refused, or worse. One that cannot be reached now is not looked at.
 * @throws MigrationError naming the first that is missing
 */
export async function requireMigrated(pool: Pool, dir: string = MIGRATIONS_DIR): Promise<void> {
  const applied = await pool
    .query<{ version: number }>('SELECT version FROM schema_migrations')
    .then(({ rows }) => new Set(rows.map(({ version }) => version)))
    .catch((error: unknown) => {
      const none = error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE;
      return none ? new Set<number>() : null;
    });
  if (applied === null) return;
  const missing = (await readMigrations(dir)).find(({ version }) => !applied.has(version));
  if (missing !== undefined) {
    throw new MigrationError(
      `The database lacks ${missing.file}: stop what writes into it, and run node dist/deploy/migrate.js with its DATABASE_URL.`,
    );
  }
}

async function pending(client: Queryable, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    file text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`);
  const { rows } = await client.query<{ version: number; file: string; checksum: string }>(
    'SELECT version, file, checksum FROM schema_migrations ORDER BY version',
  );
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const row of rows) {
    const migration = known.get(row.version);
    if (migration === undefined) {
      throw new MigrationError(
        `The database has migration ${row.file}, which this version does not know: run a newer one.`,
      );
    }
    if (migration.checksum !== row.checksum) {
      throw new MigrationError(
        `${migration.file} was changed after it had been applied: restore it, and put the change into a new file.`,
      );
    }
  }
  const last = rows.at(-1)?.version ?? 0;
  const appliedVersions = new Set(rows.map((row) => row.version));
  const open = migrations.filter((migration) => !appliedVersions.has(migration.version));
  const late = open.find((migration) => migration.version < last);
  if (late !== undefined) {
    throw new MigrationError(
      `${late.file} comes before ${last}, which is applied already: give it a higher number.`,
    );
  }
  return open;
}

async function apply(client: Queryable, { version, file, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_migrations (version, file, checksum) VALUES ($1, $2, $3)', [
      version,
      file,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`${file} failed and was undone: ${reason}`, { cause: error });
  }
}

/** In order of version. Line ends are evened out, so that a checkout with other ones has the same checksum. */
async function readMigrations(dir: string): Promise<readonly Migration[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql')).sort();
  const seen = new Map<number, string>();
  const migrations: Migration[] = [];
  for (const file of files) {
    const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1] ?? Number.NaN);
    if (!(version > 0)) throw new MigrationError(`${file}: expected a name such as 0001_services.sql.`);
    const other = seen.get(version);
    if (other !== undefined) throw new MigrationError(`${other} and ${file} have the same number.`);
    seen.set(version, file);
    const sql = (await readFile(join(dir, file), 'utf8')).replaceAll('\r\n', '\n');
    migrations.push({ version, file, sql, checksum: createHash('sha256').update(sql).digest('hex') });
  }
  return migrations;
}

async function main(): Promise<void> {
  const command = new Command('migrate')
    .description('Brings the database to the schema of this version. Forward only, safe to repeat.')
    .option('--database-url <url>', 'PostgreSQL; DATABASE_URL unless given', process.env['DATABASE_URL'])
    .parse();
  const { databaseUrl } = command.opts<{ databaseUrl?: string }>();
  if (databaseUrl === undefined) throw new Error('give --database-url or set DATABASE_URL');
  const { applied } = await migrate(databaseUrl, { onProgress: (line) => console.log(line) });
  if (applied.length === 0) console.log('The schema is up to date.');
  const said = await useTimescale(databaseUrl);
  if (said !== undefined) console.log(said);
}

if (runsAsCommand(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(`migrate: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
