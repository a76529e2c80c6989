// Real servers for a test file: a Temporal development server and a PostgreSQL of its own, on a data folder that goes with it.
// Each file has its own, so that workflow ids, task queues and tables never meet those of another file.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { bootstrap } from '../../deploy/bootstrap.ts';
import { migrate } from '../../deploy/migrate.ts';
import { ensureDatabase, startEmbeddedStack, type EmbeddedStack } from '../../src/embedded/index.ts';

export interface TestServers {
  /** The running stack. Throws before the hooks of the file have run. */
  readonly stack: EmbeddedStack;
  readonly temporal: EmbeddedStack['temporal'];
  /** A database with the schema of this version, and nothing in it. */
  readonly databaseUrl: string;
  /** Another such database. */
  freshDatabase(): Promise<string>;
}

/** Has every migration applied, and nobody connected: what each further database is a copy of. */
const MIGRATED = 'test_template';

/**
 * Registers hooks that start both servers before the tests of this file and end them afterwards. The namespace has its search
 * attributes; the schedules are not started, unless `sweepEveryMs` and `maintenanceEveryMs` say how often they are to run.
 */
export function useServers(
  options: { readonly sweepEveryMs?: number; readonly maintenanceEveryMs?: number } = {},
): TestServers {
  let running: EmbeddedStack | undefined;
  let folder: string | undefined;
  beforeAll(async () => {
    folder = temporaryFolder();
    running = await startEmbeddedStack({
      dataDir: folder,
      env: withoutServers(process.env),
      ports: 'any',
      onProgress: (line) => void process.stderr.write(`[servers] ${line}\n`),
    });
    const { address, namespace } = running.temporal;
    await Promise.all([
      bootstrap({
        address,
        namespace,
        sweepEveryMs: options.sweepEveryMs ?? null,
        maintenanceEveryMs: options.maintenanceEveryMs ?? null,
      }),
      migrate(running.postgres.url),
    ]);
  });
  afterAll(async () => {
    await running?.stop();
    // Whatever was killed may still end what it was writing.
    if (folder !== undefined)
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  const stack = (): EmbeddedStack => {
    if (running === undefined) throw new Error('The servers of this test file have not been started.');
    return running;
  };
  const urlOf = (name: string): string => {
    const url = new URL(stack().postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  let migrated: Promise<void> | undefined;
  const migrateOnce = async (): Promise<void> => {
    await ensureDatabase(stack().postgres.url, MIGRATED);
    await migrate(urlOf(MIGRATED));
  };
  return {
    get stack() {
      return stack();
    },
    get temporal() {
      return stack().temporal;
    },
    get databaseUrl() {
      return stack().postgres.url;
    },
    async freshDatabase() {
      await (migrated ??= migrateOnce());
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      const client = new Client({ connectionString: stack().postgres.url });
      await client.connect();
      try {
        await client.query(`CREATE DATABASE ${name} TEMPLATE ${MIGRATED}`);
      } finally {
        await client.end();
      }
      return urlOf(name);
    },
  };
}

/** A new folder that every user may enter: root's PostgreSQL runs as another user. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llm-optimizer-test-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** The environment without servers that it names, so that a test never touches somebody's own. */
export function withoutServers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    TEMPORAL_ADDRESS: undefined,
    TEMPORAL_NAMESPACE: undefined,
    DATABASE_URL: undefined,
    KAFKA_BROKERS: undefined,
  };
}
