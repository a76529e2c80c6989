// One run on one data folder, from the lock to its release: who is inherited, started and stopped, in which order. How a server
// is found, started and stopped is in the files beside it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import type { Env } from './cache-folder.ts';
import type { HeldLock } from './file-lock.ts';
import { choosePorts, withPorts } from './free-ports.ts';
import { databaseUrl, DATABASE, ensureDatabase, initialiseData, postgresLogin } from './postgres-data.ts';
import { findPostgresPrograms, postgresRunner } from './postgres-programs.ts';
import { inheritPostgres, POSTGRES_STOP, postgresArgs, startPostgres } from './postgres-server.ts';
import { signalServer, stopServer, type ServerProcess, type StopStep } from './server-process.ts';
import {
  childrenLeft,
  readPorts,
  USUAL_PORTS,
  writePorts,
  type ChildName,
  type ChildRecord,
  type Ports,
} from './stack-files.ts';
import type { EmbeddedStack, EmbeddedStackOptions, External } from './stack-types.ts';
import { findTemporalCli } from './temporal-cli.ts';
import {
  discardTemporalData,
  inheritTemporal,
  startTemporal,
  TEMPORAL_STOP,
  temporalArgs,
} from './temporal-server.ts';

type Children = Partial<Record<ChildName, { readonly server: ServerProcess; readonly record: ChildRecord }>>;
/** What our lock file says besides its holder. */
export interface LockNotes {
  readonly children: Partial<Record<ChildName, ChildRecord>>;
}

const STOPS: Readonly<Record<ChildName, readonly StopStep[]>> = {
  temporal: TEMPORAL_STOP,
  postgres: POSTGRES_STOP,
};

/** One run on one data folder, from the lock to its release. */
export class StackRun {
  readonly #options: EmbeddedStackOptions;
  readonly #dataDir: string;
  readonly #lock: HeldLock<LockNotes>;
  readonly #signal: AbortSignal;
  readonly #left: Partial<Record<ChildName, ChildRecord>>;
  #children: Children = {};
  #stopping = false;
  /** Whether a start on this folder was ever complete: before that, no data of anybody is in it. */
  #everComplete = false;

  constructor(
    options: EmbeddedStackOptions,
    dataDir: string,
    lock: HeldLock<LockNotes>,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#dataDir = dataDir;
    this.#lock = lock;
    this.#signal = signal;
    this.#left = childrenLeft(lock.left);
  }

  async start(external: External): Promise<Omit<EmbeddedStack, 'stop'>> {
    const { env, onProgress } = this.#options;
    const remembered = readPorts(this.#dataDir);
    this.#everComplete = remembered !== undefined;
    const folder = join(this.#dataDir, 'postgres');
    const login = external.databaseUrl === undefined ? postgresLogin(this.#dataDir) : undefined;
    const [temporal, postgres] = await Promise.all([
      inheritTemporal(
        this.#dataDir,
        external.temporalAddress === undefined ? this.#left.temporal : undefined,
        onProgress,
      ),
      inheritPostgres(folder, login && { record: this.#left.postgres, login }, onProgress),
    ]);
    if (temporal !== undefined && this.#left.temporal !== undefined)
      this.#keep('temporal', temporal, this.#left.temporal);
    if (postgres !== undefined && this.#left.postgres !== undefined)
      this.#keep('postgres', postgres, this.#left.postgres);
    this.#record();

    let ports = await this.#choosePorts(remembered);
    const both = await allOrFirstError<Partial<Ports>>([
      external.temporalAddress === undefined ? this.#temporal(ports) : undefined,
      login === undefined ? undefined : this.#postgres(ports, folder),
    ]);
    for (const changed of both) ports = { ...ports, ...changed };
    writePorts(this.#dataDir, ports);
    return {
      temporal: {
        address: external.temporalAddress ?? `127.0.0.1:${ports.temporal}`,
        namespace: env['TEMPORAL_NAMESPACE'] || 'default',
        uiUrl: external.temporalAddress === undefined ? `http://127.0.0.1:${ports.temporalUi}` : null,
        owned: external.temporalAddress === undefined,
      },
      postgres: {
        url: external.databaseUrl ?? databaseUrl(postgresLogin(this.#dataDir), ports.postgres, DATABASE),
        owned: login !== undefined,
      },
      ports: { gateway: ports.gateway, otlpHttp: ports.otlpHttp, otlpGrpc: ports.otlpGrpc, api: ports.api },
      resumed: remembered !== undefined,
    };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#record();
    for (const name of ['temporal', 'postgres'] as const) {
      const child = this.#children[name];
      if (child !== undefined) await stopServer(child.server, STOPS[name]);
    }
    this.#lock.release();
  }

  /** The lock file stays, and names the servers that are on their way out: the next start waits for them. */
  endNow(): void {
    this.#stopping = true;
    this.#record();
    for (const name of ['temporal', 'postgres'] as const) {
      const [child, first] = [this.#children[name], STOPS[name][0]];
      if (child !== undefined && first !== undefined) signalServer(child.server, first.signal);
    }
  }

  /** Ports of servers that run already stay; the others are chosen together. */
  async #choosePorts(remembered: Ports | undefined): Promise<Ports> {
    const any = Object.fromEntries(Object.keys(USUAL_PORTS).map((name) => [name, 0]));
    const wishes: Ports =
      remembered ?? (this.#options.ports === 'any' ? { ...USUAL_PORTS, ...any } : USUAL_PORTS);
    const [temporal, temporalUi] = this.#children.temporal?.record.ports ?? [];
    const [postgres] = this.#children.postgres?.record.ports ?? [];
    const taken = {
      ...(temporal && { temporal }),
      ...(temporalUi && { temporalUi }),
      ...(postgres && { postgres }),
    };
    const open = Object.fromEntries(Object.entries(wishes).filter(([name]) => !(name in taken)));
    return { ...wishes, ...(await choosePorts(open)), ...taken };
  }

  async #temporal(chosen: Ports): Promise<Pick<Ports, 'temporal' | 'temporalUi'>> {
    const { env, onProgress } = this.#options;
    if (this.#children.temporal !== undefined)
      return { temporal: chosen.temporal, temporalUi: chosen.temporalUi };
    const cli = await findTemporalCli({ env, onProgress, signal: this.#signal });
    return withPorts({ temporal: chosen.temporal, temporalUi: chosen.temporalUi }, async (ports) => {
      const place = { dataDir: this.#dataDir, port: ports.temporal, uiPort: ports.temporalUi };
      onProgress(`Temporal: starting ${cli.version} on 127.0.0.1:${place.port}`);
      const args = temporalArgs(place);
      if (!this.#everComplete) discardTemporalData(this.#dataDir);
      await startTemporal(place, {
        cli: cli.path,
        env: childEnv(env),
        signal: this.#signal,
        onSpawn: (server) => this.#keep('temporal', server, { args, ports: [place.port, place.uiPort] }),
        onEnd: (how) => this.#tellEnd('Temporal', how, 'temporal.log'),
      });
    });
  }

  async #postgres(chosen: Ports, folder: string): Promise<Pick<Ports, 'postgres'>> {
    const { env, onProgress } = this.#options;
    const login = postgresLogin(this.#dataDir);
    if (this.#children.postgres !== undefined) return { postgres: chosen.postgres };
    const programs = await findPostgresPrograms();
    const runAs = await postgresRunner(programs, this.#dataDir, childEnv(env), this.#signal);
    const means = { programs, runAs, env: childEnv(env), signal: this.#signal };
    if (!existsSync(folder)) onProgress('PostgreSQL: preparing its data folder (a few seconds, once)');
    await initialiseData(this.#dataDir, login, means);
    const started = await withPorts({ postgres: chosen.postgres }, async (ports) => {
      onProgress(`PostgreSQL: starting on 127.0.0.1:${ports.postgres}`);
      const args = postgresArgs(folder, ports.postgres);
      await startPostgres(
        { folder, logFile: join(this.#dataDir, 'postgres.log'), port: ports.postgres, login },
        {
          ...means,
          onSpawn: (server) => this.#keep('postgres', server, { args, ports: [ports.postgres] }),
          onEnd: (how) => this.#tellEnd('PostgreSQL', how, 'postgres.log'),
        },
      );
    });
    await ensureDatabase(databaseUrl(login, started.postgres, 'postgres'), DATABASE);
    return started;
  }

  #keep(name: ChildName, server: ServerProcess, { args, ports }: Pick<ChildRecord, 'args' | 'ports'>): void {
    this.#children = {
      ...this.#children,
      [name]: { server, record: { pid: server.pid, token: server.token, args, ports, stopping: false } },
    };
    this.#record();
  }

  #record(): void {
    const children = Object.entries(this.#children).map(([name, { record }]) => [
      name,
      { ...record, stopping: this.#stopping },
    ]);
    this.#lock.write({ children: Object.fromEntries(children) });
  }

  #tellEnd(name: string, how: string, logName: string): void {
    if (!this.#stopping && !this.#signal.aborted)
      this.#options.onProgress(`${name} ended unasked (${how}); its log is ${join(this.#dataDir, logName)}`);
  }
}

/** The program's own settings must not reach the servers: `PGPORT` or `TEMPORAL_ADDRESS` would redirect them. */
function childEnv(env: Env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(PG|TEMPORAL_)/.test(name)));
}

/** Waits for all, so that nothing is still starting when it returns; then throws the first error in the given order. */
async function allOrFirstError<T>(promises: readonly (Promise<T> | undefined)[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises.filter((promise) => promise !== undefined));
  const failed = settled.filter((result) => result.status === 'rejected');
  if (failed.length > 1)
    throw new EmbeddedStackError(failed.map((result) => reasonOf(result.reason)).join(' '));
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
