/**
 * The program as a child process, as a shell starts it: in a process group of its own, with its lines read as they come. For
 * tests that look at it from outside, interrupt it and kill it. Needs `npm run build`.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { poll } from '../../src/embedded/poll.ts';
import { findByArguments, findByWorkingFolder, processToken } from '../../src/embedded/process-identity.ts';
import type { ServiceState } from '../../src/contract/service-state.ts';
import { openStateFiles } from '../../src/gateway/state-files.ts';
import { killAllOf, killIfThere } from './kill.ts';
import { temporalPath } from './prerequisites/index.ts';
import { withoutServers } from './servers.ts';

export const START = fileURLToPath(new URL('../../dist/workers/start.js', import.meta.url));
export const OPTIMIZER_PROGRAM = fileURLToPath(new URL('optimizer-program.ts', import.meta.url));

export interface OptimizerProcess {
  readonly pid: number;
  /** What it wrote to standard output and standard error so far. */
  readonly lines: readonly string[];
  /** The first line that matches; throws with everything it wrote when there is none in time or it has ended. */
  line(pattern: RegExp, limitMs: number): Promise<string>;
  /** Exit code, or the signal that ended it. */
  ended(limitMs: number): Promise<number | string>;
  /** Asks it to end as Ctrl-C does, and waits. */
  stop(): Promise<void>;
  /** SIGKILL to Node alone: the servers stay. */
  killNode(): Promise<void>;
  /** SIGKILL to the whole process group and to every server on the data folder. */
  killAll(dataDir: string): Promise<void>;
}

/** Starts `node ARGS`. The `temporal` command that the tests use is on its PATH, so that nothing is fetched twice. */
export async function startProcess(args: readonly string[]): Promise<OptimizerProcess> {
  const env = withoutServers(process.env);
  const child = spawn(process.execPath, args, {
    env: { ...env, PATH: `${dirname(await temporalPath())}:${env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid ?? 0;
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => lines.push(line));
  }
  let end: number | string | undefined;
  child.once('close', (code, signal) => (end = signal ?? code ?? undefined));
  const wait = async <T>(what: string, limitMs: number, look: () => T | undefined): Promise<T> => {
    const seen = await poll(look, { timeoutMs: limitMs });
    if (seen === undefined)
      throw new Error(`no ${what} within ${limitMs} ms; it wrote:\n${lines.join('\n')}`);
    return seen;
  };
  const ended = (limitMs: number) => wait('end', limitMs, () => end);
  return {
    pid,
    lines,
    line: (pattern, limitMs) =>
      wait(String(pattern), limitMs, () => {
        const found = lines.find((line) => pattern.test(line));
        if (found === undefined && end !== undefined)
          throw new Error(`it ended (${end}) without ${pattern}; it wrote:\n${lines.join('\n')}`);
        return found;
      }),
    ended,
    stop: async () => {
      if (end === undefined) killIfThere(pid, 'SIGINT');
      await ended(180_000);
    },
    killNode: () => killAllOf(() => [pid].filter(lives)),
    killAll: async (dataDir) => {
      killIfThere(-pid);
      await killAllOf(() => [...[pid].filter(lives), ...serversOn(dataDir)]);
    },
  };
}

/** Every living server on the data folder. */
export function serversOn(dataDir: string): number[] {
  const folder = join(dataDir, 'postgres');
  return [
    ...findByArguments(['start-dev', join(dataDir, 'temporal.sqlite')]),
    ...findByArguments(['-D', folder]),
    ...findByWorkingFolder('postgres', folder),
  ];
}

/** Ends what a failed test left on its data folder. */
export async function clearUp(running: OptimizerProcess | undefined, dataDir: string): Promise<void> {
  if (running && lives(running.pid)) killIfThere(-running.pid);
  await killAllOf(() => serversOn(dataDir));
}

/** What the gateway has on disk for a service, its checksum verified. Throws when it has none. */
export async function gatewayOnDisk(dataDir: string, serviceId: string): Promise<ServiceState> {
  const { services } = await openStateFiles(join(dataDir, 'gateway'));
  const state = services.find((each) => each.serviceId === serviceId);
  if (!state) throw new Error(`the gateway in ${dataDir} knows no ${serviceId}`);
  return state;
}

const lives = (pid: number): boolean => processToken(pid) !== undefined;
