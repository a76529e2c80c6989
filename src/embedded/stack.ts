// The way in: checks what is configured, takes the data folder's lock, and ties the run to the life of our process.
// It starts none of the program's own roles.
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from './cache-folder.ts';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import { tryLock, type HeldLock, type LockAttempt } from './file-lock.ts';
import { databaseAnswers } from './postgres-data.ts';
import { onProcessEnd } from './process-end.ts';
import { childrenLeft } from './stack-files.ts';
import { StackRun, type LockNotes } from './stack-run.ts';
import type { EmbeddedStack, EmbeddedStackOptions, External } from './stack-types.ts';
import { answers } from './temporal-server.ts';

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
  const { dataDir, lock } = takeFolder(options.dataDir);

  const interrupt = new AbortController();
  const signal =
    options.signal === undefined ? interrupt.signal : AbortSignal.any([options.signal, interrupt.signal]);
  const run = new StackRun(options, dataDir, lock, signal);
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

function takeFolder(folder: string): { readonly dataDir: string; readonly lock: HeldLock<LockNotes> } {
  const take = (): { readonly dataDir: string; readonly attempt: LockAttempt<LockNotes> } => {
    mkdirSync(folder, { recursive: true });
    const dataDir = realpathSync(folder);
    const path = join(dataDir, 'stack.lock.json');
    return { dataDir, attempt: tryLock<LockNotes>(path, (left) => ({ children: childrenLeft(left) })) };
  };
  let taken: ReturnType<typeof take>;
  try {
    taken = take();
  } catch (error) {
    throw new EmbeddedStackError(`The data folder ${folder} cannot be used: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
  const { dataDir, attempt } = taken;
  if (attempt.kind === 'held') return { dataDir, lock: attempt.lock };
  throw new EmbeddedStackError(
    `The data folder ${dataDir} is in use by process ${attempt.by.pid}: stop that one, or choose another folder.`,
  );
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
