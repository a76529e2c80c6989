// Gets Temporal and PostgreSQL running for one data folder, whatever was left there, and ends them again. It knows the order of
// things; how a server is found, started and stopped is in the files beside it. It starts none of the program's own roles.
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import type { Env } from './cache-folder.ts';
import { tryLock, type HeldLock } from './file-lock.ts';
import { choosePorts } from './free-ports.ts';
import {
  databaseAnswers,
  databaseUrl,
  DATABASE,
  ensureDatabase,
  initialiseData,
  postgresLogin,
} from './postgres-data.ts';
import { findPostgresPrograms, postgresRunner } from './postgres-programs.ts';
import { inheritPostgres, POSTGRES_STOP, postgresArgs, startPostgres } from './postgres-server.ts';
import { onProcessEnd } from './process-end.ts';
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
import { findTemporalCli } from './temporal-cli.ts';
import { answers, inheritTemporal, startTemporal, TEMPORAL_STOP, temporalArgs } from './temporal-server.ts';

export interface EmbeddedStackOptions {
  /** Everything that outlives a run is in here; it is created. */
  readonly dataDir: string;
  /** `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE` and `DATABASE_URL` name servers that are there already; `PATH`, `HOME` and the cache's variables are read too. */
  readonly env: Env;
  /** Gets one line at a time, also after the start: when a server ends unasked. */
  readonly onProgress: (line: string) => void;
  /** Interrupts the start, not the running stack. */
  readonly signal?: AbortSignal | undefined;
  /** On a new data folder: the ports that Temporal's and OpenTelemetry's tools use unasked, where free (`usual`, the default), or `any`. */
  readonly ports?: 'usual' | 'any';
}

export interface EmbeddedStack {
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string | null;
    readonly owned: boolean;
  };
  readonly postgres: { readonly url: string; readonly owned: boolean };
  /** Free when the stack started; the caller's to bind. */
  readonly ports: {
    readonly gateway: number;
    readonly otlpHttp: number;
    readonly otlpGrpc: number;
    readonly api: number;
  };
  /** True when the data folder was in use before. */
  readonly resumed: boolean;
  /** Ends Temporal, then PostgreSQL, and waits for both. A second call waits for the first. */
  stop(): Promise<void>;
}

type Children = Partial<Record<ChildName, { readonly server: ServerProcess; readonly record: ChildRecord }>>;
interface LockNotes {
  readonly children: Partial<Record<ChildName, ChildRecord>>;
}

const STOPS: Readonly<Record<ChildName, readonly StopStep[]>> = {
  temporal: TEMPORAL_STOP,
  postgres: POSTGRES_STOP,
};
const PORT_TRIES = 3;

/**
 * Starts what is missing and returns when both servers answer. Servers of ours listen on 127.0.0.1 only.
 *
 * Throws EmbeddedStackError, one line, when a configured server does not answer, when another process uses the data folder, or
 * when something cannot be had; nothing of ours runs then. Throws the signal's reason when interrupted.
 */
export async function startEmbeddedStack(options: EmbeddedStackOptions): Promise<EmbeddedStack> {
  if (process.platform === 'win32')
    throw new EmbeddedStackError('The embedded servers run on Linux and macOS: on Windows use WSL.');
  const external = await configuredServers(options.env);
  mkdirSync(options.dataDir, { recursive: true });
  const dataDir = realpathSync(options.dataDir);
  const attempt = tryLock<LockNotes>(join(dataDir, 'stack.lock.json'), (left) => ({
    children: childrenLeft(left),
  }));
  if (attempt.kind === 'refused') {
    throw new EmbeddedStackError(
      `The data folder ${dataDir} is in use by process ${attempt.by.pid}: stop that one, or choose another folder.`,
    );
  }

  const interrupt = new AbortController();
  const signal =
    options.signal === undefined ? interrupt.signal : AbortSignal.any([options.signal, interrupt.signal]);
  const run = new StackRun(options, dataDir, attempt.lock, signal);
  const starting = run.start(external);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      interrupt.abort(new EmbeddedStackError('The start was interrupted.'));
      await starting.catch(() => undefined);
      await run.stop();
      undoHooks();
    })());
  const undoHooks = onProcessEnd({ stop, endNow: () => run.endNow() });
  try {
    return { ...(await starting), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface External {
  readonly temporalAddress: string | undefined;
  readonly databaseUrl: string | undefined;
}

async function configuredServers(env: Env): Promise<External> {
  const temporalAddress = env['TEMPORAL_ADDRESS'] || undefined;
  const url = env['DATABASE_URL'] || undefined;
  const [temporalReason, databaseReason] = await Promise.all([
    temporalAddress && answers(temporalAddress),
    url && databaseAnswers(url),
  ]);
  if (temporalReason) {
    throw new EmbeddedStackError(
      `No Temporal server answers at TEMPORAL_ADDRESS=${temporalAddress} (${temporalReason}): start it, mend the address, or unset it.`,
    );
  }
  if (databaseReason) {
    throw new EmbeddedStackError(
      `No PostgreSQL answers at DATABASE_URL=${withoutPassword(url ?? '')} (${databaseReason}): start it, mend the address, or unset it.`,
    );
  }
  return { temporalAddress, databaseUrl: url };
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ':***@');
}

/** One run on one data folder, from the lock to its release. */
class StackRun {
  readonly #options: EmbeddedStackOptions;
  readonly #dataDir: string;
  readonly #lock: HeldLock<LockNotes>;
  readonly #signal: AbortSignal;
  readonly #left: Partial<Record<ChildName, ChildRecord>>;
  #children: Children = {};
  #stopping = false;

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

/** Starts with the given ports; when that fails and one of them turns out to be taken by now, with others. */
async function withPorts<K extends string>(
  wishes: Readonly<Record<K, number>>,
  start: (ports: Record<K, number>) => Promise<void>,
): Promise<Record<K, number>> {
  let ports: Record<K, number> = { ...wishes };
  for (let attempt = 1; ; attempt++) {
    try {
      await start(ports);
      return ports;
    } catch (error) {
      const free = await choosePorts(ports);
      const moved = Object.entries(free).some(([name, port]) => port !== ports[name as K]);
      if (!moved || attempt === PORT_TRIES) throw error;
      ports = free;
    }
  }
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
