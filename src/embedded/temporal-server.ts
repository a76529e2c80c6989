// Runs the Temporal development server on our data, or takes over one that outlived its parent. One at a time on one file.
import { Connection } from '@temporalio/client';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import { lastLine } from './log-tail.ts';
import { poll } from './poll.ts';
import { findByArguments, processToken } from './process-identity.ts';
import { adoptServer, spawnServer, stopServer, type ServerProcess, type StopStep } from './server-process.ts';
import type { ChildRecord } from './stack-files.ts';

/** SQLite survives the SIGKILL of its process: what was committed is with the operating system. */
export const TEMPORAL_STOP: readonly StopStep[] = [
  { signal: 'SIGTERM', graceMs: 15_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
];
const READY_MS = 120_000;
const CONNECT_MS = 5_000;

export interface TemporalPlace {
  readonly dataDir: string;
  readonly port: number;
  readonly uiPort: number;
}

const databaseFile = (dataDir: string): string => join(dataDir, 'temporal.sqlite');

/** The arguments of the command. `error` keeps the log short: the server warns about each poll that a stopped worker drops. */
export function temporalArgs({ dataDir, port, uiPort }: TemporalPlace): readonly string[] {
  const listen = ['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)];
  return ['server', 'start-dev', ...listen, '--db-filename', databaseFile(dataDir), '--log-level', 'error'];
}

/**
 * Removes what a first start left half made: a server that is killed while it creates its tables leaves a file on which no
 * later one starts. Only for a folder on which no start was ever complete.
 */
export function discardTemporalData(dataDir: string): void {
  for (const end of ['', '-wal', '-shm', '-journal'])
    rmSync(`${databaseFile(dataDir)}${end}`, { force: true });
}

/** Starts the server and waits until it serves. Throws EmbeddedStackError with its last log line when it ends before. */
export async function startTemporal(
  place: TemporalPlace,
  options: {
    readonly cli: string;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    readonly onSpawn: (server: ServerProcess) => void;
    readonly onEnd: (how: string) => void;
  },
): Promise<ServerProcess> {
  const logFile = join(place.dataDir, 'temporal.log');
  const args = temporalArgs(place);
  const server = await spawnServer({
    name: 'Temporal',
    command: options.cli,
    args,
    env: options.env,
    logFile,
    cwd: place.dataDir,
    onEnd: options.onEnd,
  });
  options.onSpawn(server);
  const address = `127.0.0.1:${place.port}`;
  const ready = await poll(
    async () => (server.isAlive() ? ((await answers(address)) === undefined ? true : undefined) : false),
    {
      timeoutMs: READY_MS,
      signal: options.signal,
    },
  );
  if (ready === true) return server;
  await stopServer(server, TEMPORAL_STOP);
  const how =
    ready === false
      ? `ended at once (${server.ending() ?? 'killed'})`
      : `did not answer within ${READY_MS / 1000} s`;
  throw new EmbeddedStackError(`The Temporal server ${how}: ${lastLine(logFile)} (log: ${logFile})`);
}

/**
 * Looks after what earlier runs left: the recorded server is taken over when it answers and was started as we would;
 * every other server on our file is stopped.
 */
export async function inheritTemporal(
  dataDir: string,
  record: ChildRecord | undefined,
  onProgress: (line: string) => void,
): Promise<ServerProcess | undefined> {
  let adopted: ServerProcess | undefined;
  const pids = new Set(findByArguments(['start-dev', databaseFile(dataDir)]));
  if (record !== undefined && processToken(record.pid) === record.token) {
    pids.add(record.pid);
    const asWeWould = temporalArgs({ dataDir, port: record.ports[0] ?? 0, uiPort: record.ports[1] ?? 0 });
    const known = adoptServer('Temporal', record.pid, record.token);
    if (record.args.join('\0') === asWeWould.join('\0') && !record.stopping) {
      if ((await answers(`127.0.0.1:${record.ports[0]}`)) === undefined && known.isAlive()) adopted = known;
    }
  }
  for (const pid of pids) {
    const token = processToken(pid);
    if (pid === adopted?.pid || token === undefined) continue;
    onProgress(`Temporal: stopping process ${pid}, left by an earlier run`);
    await stopServer(adoptServer('Temporal', pid, token), TEMPORAL_STOP);
  }
  if (adopted !== undefined)
    onProgress(`Temporal: taking over process ${adopted.pid}, which outlived an earlier run`);
  return adopted;
}

/** Throws at once where nobody listens; the client library would try again until its time is over. */
function listens(address: string): Promise<void> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), timeout: CONNECT_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
  });
}

/** `undefined` when a Temporal frontend serves requests there, else the reason why not. Takes at most five seconds. */
export async function answers(address: string): Promise<string | undefined> {
  try {
    await listens(address);
    const connection = await Connection.connect({ address, connectTimeout: CONNECT_MS });
    try {
      await connection.withDeadline(Date.now() + CONNECT_MS, () =>
        connection.workflowService.getClusterInfo({}),
      );
      return undefined;
    } finally {
      await connection.close();
    }
  } catch (error) {
    return reasonOf(error);
  }
}
