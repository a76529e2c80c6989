// Says which process a number means: a pid is handed out again, a pid together with its start time is not.
// Reads the process table only; it signals nothing.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * A token that differs for two processes which had the same pid at different times; `undefined` when no such process
 * lives. A zombie counts as dead: in a container nobody may ever collect it.
 */
export function processToken(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxToken(pid) : psToken(pid);
}

/** True while the very process that had `token` lives. */
export function isSameProcess(pid: number, token: string): boolean {
  return processToken(pid) === token;
}

/** Pids of living processes that were started with all of `args` (outside Linux: whose command line contains them). */
export function findByArguments(args: readonly string[]): number[] {
  if (process.platform === 'linux') {
    return linuxPids().filter((pid) => {
      const given = quietly(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')) ?? [];
      return args.every((argument) => given.includes(argument)) && linuxToken(pid) !== undefined;
    });
  }
  return ps(['-axww', '-o', 'pid=,command='])
    .filter((line) => args.every((argument) => line.includes(argument)))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid !== process.pid && processToken(pid) !== undefined);
}

/** Pids of living processes of the program `name` that work in `folder` (a real path). Empty outside Linux, where it cannot be seen. */
export function findByWorkingFolder(name: string, folder: string): number[] {
  if (process.platform !== 'linux') return [];
  return linuxPids().filter((pid) => {
    const program = quietly(() => basename(readlinkSync(`/proc/${pid}/exe`)).split(' ')[0]);
    return (
      program === name &&
      quietly(() => readlinkSync(`/proc/${pid}/cwd`)) === folder &&
      linuxToken(pid) !== undefined
    );
  });
}

function linuxToken(pid: number): string | undefined {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  // proc(5): the name, field 2, stands in parentheses and may hold spaces; state is field 3, start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === undefined || startTicks === undefined || 'ZXx'.includes(state)) return undefined;
  return `${bootId()}:${startTicks}`;
}

function psToken(pid: number): string | undefined {
  const [state, ...start] =
    ps(['-o', 'stat=,lstart=', '-p', String(pid)])[0]
      ?.trim()
      .split(/\s+/) ?? [];
  return state === undefined || state.startsWith('Z') ? undefined : start.join(' ');
}

let bootIdRead: string | undefined;

function bootId(): string {
  bootIdRead ??= quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? 'boot';
  return bootIdRead;
}

function linuxPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function ps(args: readonly string[]): string[] {
  const text = quietly(() =>
    execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  return (text ?? '').split('\n').filter((line) => line.trim() !== '');
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
