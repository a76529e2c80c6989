// Runs the child program and says what it said, how it ended, and which servers it had.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { EmbeddedStack } from '../../../../src/embedded/index.ts';
import { poll } from '../../../../src/embedded/poll.ts';
import {
  findByArguments,
  findByWorkingFolder,
  processToken,
} from '../../../../src/embedded/process-identity.ts';
import { withoutServers } from '../../../support/servers.ts';

export type RunningStack = Omit<EmbeddedStack, 'stop'>;

/** A line of the child. */
export type Said =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'ready'; readonly stack: RunningStack }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

export interface Child {
  readonly pid: number;
  readonly said: readonly Said[];
  readonly progress: readonly string[];
  /** The running stack; throws with what the child said when it fails instead. */
  ready(): Promise<RunningStack>;
  /** The message of its failure; throws when it becomes ready instead. */
  failure(): Promise<string>;
  /** Exit code, or the signal that ended it. */
  ended(): Promise<number | string>;
}

const LIMIT_MS = 200_000;

/** Starts the child in a process group of its own, as a shell does. */
export function startChild(
  program: string,
  afterwards: string,
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
): Child {
  const child = spawn(process.execPath, [program, afterwards, dataDir], {
    env: { ...withoutServers(process.env), ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const said: Said[] = [];
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line) as Said));
  let end: number | string | undefined;
  child.once('close', (code, signal) => (end = signal ?? code ?? undefined));
  const wait = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    const seen = await poll(look, { timeoutMs: LIMIT_MS, everyMs: 10 });
    if (seen === undefined)
      throw new Error(`no ${what} within ${LIMIT_MS} ms; the child said ${JSON.stringify(said)}`);
    return seen;
  };
  const outcome = (): Promise<Said> =>
    wait('outcome', () => {
      const last = said.find(({ kind }) => kind !== 'progress');
      if (last === undefined && end !== undefined)
        throw new Error(`ended (${end}) after ${JSON.stringify(said)}`);
      return last;
    });
  return {
    pid: child.pid ?? 0,
    said,
    get progress() {
      return said.flatMap((one) => (one.kind === 'progress' ? [one.line] : []));
    },
    async ready() {
      const last = await outcome();
      if (last.kind !== 'ready') throw new Error(JSON.stringify(said));
      return last.stack;
    },
    async failure() {
      const last = await outcome();
      if (last.kind !== 'failed') throw new Error(JSON.stringify(said));
      return last.message;
    },
    ended: () => wait('end', () => end),
  };
}

/** The servers' pids, as the lock file of the data folder has them. */
export function recordedPids(dataDir: string): { readonly temporal: number; readonly postgres: number } {
  const lock = JSON.parse(readFileSync(join(dataDir, 'stack.lock.json'), 'utf8')) as {
    children: { temporal: { pid: number }; postgres: { pid: number } };
  };
  return { temporal: lock.children.temporal.pid, postgres: lock.children.postgres.pid };
}

/** Every living server on the data folder, recorded or not. */
export function serversOn(dataDir: string): readonly number[] {
  const folder = join(dataDir, 'postgres');
  return [
    ...findByArguments(['start-dev', join(dataDir, 'temporal.sqlite')]),
    ...findByArguments(['-D', folder]),
    ...findByWorkingFolder('postgres', folder),
  ];
}

/** Waits until no server works on the data folder; returns those that still do after a minute. */
export async function serversLeft(dataDir: string): Promise<readonly number[]> {
  await poll(() => (serversOn(dataDir).length === 0 ? true : undefined), { timeoutMs: 60_000 });
  return serversOn(dataDir);
}

/** Waits until a killed process is gone. */
export async function gone(pid: number): Promise<void> {
  await poll(() => (processToken(pid) === undefined ? true : undefined), { timeoutMs: 60_000 });
}
