// A server process of ours: started in a session of its own, or one that outlived its parent. Stops it in escalating steps.
// It must not tie a server to our terminal or our pipes: Ctrl-C is for us to pass on in order, and a broken pipe would kill it.
import { spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { EmbeddedStackError } from './errors.ts';
import { poll } from './poll.ts';
import { isSameProcess, processToken } from './process-identity.ts';

export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  /** Start time and boot, see `processToken`. */
  readonly token: string;
  isAlive(): boolean;
  /** How it ended, once it has: `exit code 1`, `SIGKILL`. Unknown for an adopted process. */
  ending(): string | undefined;
}

export interface SpawnServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error are appended here; it is set aside as `.1` above 8 MB. */
  readonly logFile: string;
  readonly cwd: string;
  /** Called once when it ends while we live. */
  readonly onEnd?: ((how: string) => void) | undefined;
  /** Another user to run as; needs root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/** Starts a server in its own session and process group. Throws EmbeddedStackError when the command cannot be run. */
export async function spawnServer(options: SpawnServerOptions): Promise<ServerProcess> {
  const { name, command, args, env, logFile, cwd, user, onEnd } = options;
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES)
    renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(command, [...args], {
      ...user,
      cwd,
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    let ending: string | undefined;
    child.once('exit', (code, signal) => {
      ending = signal ?? `exit code ${code ?? 'unknown'}`;
      onEnd?.(ending);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid;
    if (pid === undefined) throw new Error('no process number');
    // A server that ended already keeps a token that matches nothing, so that it counts as dead.
    const token = processToken(pid) ?? 'ended';
    return {
      name,
      pid,
      token,
      isAlive: () => ending === undefined && isSameProcess(pid, token),
      ending: () => ending,
    };
  } catch (error) {
    throw new EmbeddedStackError(
      `${name} cannot be started with ${command}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    closeSync(log);
  }
}

/** A process started by an earlier run of ours. */
export function adoptServer(name: string, pid: number, token: string): ServerProcess {
  return { name, pid, token, isAlive: () => isSameProcess(pid, token), ending: () => undefined };
}

/** One step of an orderly end: the signal, and how long the process may take before the next step. */
export interface StopStep {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
}

/** Sends each signal in turn until the process is gone. Throws EmbeddedStackError when it outlives the last. */
export async function stopServer(server: ServerProcess, steps: readonly StopStep[]): Promise<void> {
  for (const { signal, graceMs } of steps) {
    if (!signalServer(server, signal)) return;
    if (await poll(() => (server.isAlive() ? undefined : true), { timeoutMs: graceMs })) return;
  }
  if (server.isAlive())
    throw new EmbeddedStackError(`${server.name} (process ${server.pid}) does not end, not even on SIGKILL.`);
}

/** Sends a signal unless the process is gone already; false when it is. Synchronous, for use while our process exits. */
export function signalServer(server: ServerProcess, signal: NodeJS.Signals): boolean {
  if (!server.isAlive()) return false;
  try {
    process.kill(server.pid, signal);
    return true;
  } catch {
    return server.isAlive();
  }
}
