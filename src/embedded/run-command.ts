// Runs a command to its end: bounded in time, interruptible, with a heartbeat for the patience of whoever waits.
// The whole process group is ended with it, so that a builder leaves no compiler behind.
import { spawn } from 'node:child_process';
import { EmbeddedStackError, oneLine } from './errors.ts';

export interface RunOptions {
  /** What to call the command in an error; the command itself unless told. */
  readonly name?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  /** Another user to run as; needs root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called every `heartbeatMs` (15 s unless told) with the time spent so far. A string it returns ends the command as failed. */
  readonly onHeartbeat?: ((elapsedMs: number) => string | undefined) | undefined;
  readonly heartbeatMs?: number;
}

/** Returns standard output. Throws EmbeddedStackError with the last lines of standard error when it fails or takes too long. */
export function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const {
    name = command,
    env = process.env,
    cwd,
    user,
    timeoutMs,
    signal,
    onHeartbeat,
    heartbeatMs = 15_000,
  } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const startMs = performance.now();
    const child = spawn(command, [...args], {
      ...user,
      env,
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    let verdict: unknown;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err = (err + chunk).slice(-4000)));

    const end = (why: unknown): void => {
      verdict ??= why;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    };
    const onAbort = (): void => end(signal?.reason);
    const onExit = (): void => end('our process ends');
    const timer = setTimeout(() => end(`no end after ${Math.round(timeoutMs / 1000)} s`), timeoutMs);
    const heart = setInterval(() => {
      const stop = onHeartbeat?.(performance.now() - startMs);
      if (stop !== undefined) end(stop);
    }, heartbeatMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    process.once('exit', onExit);
    const tidy = (): void => {
      clearTimeout(timer);
      clearInterval(heart);
      signal?.removeEventListener('abort', onAbort);
      process.removeListener('exit', onExit);
    };

    child.once('error', (error) => {
      tidy();
      reject(new EmbeddedStackError(`${name}: ${error.message}`, { cause: error }));
    });
    child.once('close', (code, killedBy) => {
      tidy();
      if (signal?.aborted === true) return reject(signal.reason);
      if (verdict === undefined && code === 0) return resolve(out);
      const said =
        typeof verdict === 'string' ? verdict : oneLine(err).slice(-400) || (killedBy ?? `exit code ${code}`);
      reject(new EmbeddedStackError(`${name}: ${said}`));
    });
  });
}
