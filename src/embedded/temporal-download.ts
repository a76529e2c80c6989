// Lets the Temporal SDK download a server of its own into our cache, and keeps the file.
// It runs in a process of its own: the SDK's native runtime may exist once per process, and the worker needs it; and a
// download that hangs can be ended.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { EmbeddedStackError } from './errors.ts';
import { runCommand } from './run-command.ts';
import type { FetchOptions } from './tools.ts';

const FIRST_BYTE_MS = 15_000;
const STALL_MS = 45_000;
const LIMIT_MS = 10 * 60_000;
const BEAT_MS = 1_000;
const TELL_MS = 15_000;

/** Starting a throw-away server is the SDK's only public way to its download. */
const SCRIPT = `
const { TestWorkflowEnvironment } = require(process.argv[1]);
TestWorkflowEnvironment[process.argv[3]]({ server: { executable: { type: 'cached-download', downloadDir: process.argv[2] } } })
  .then((environment) => environment.teardown())
  .catch((error) => { console.error(error.message.replace(/error sending request for url \\([^)]*\\): /g, '')); process.exitCode = 1; });
`;

const FACTORIES = { development: 'createLocal', timeSkipping: 'createTimeSkipping' } as const;

/** Returns the path of the executable. Gives up when nothing arrives within 15 s or the download stalls for 45 s. */
export async function downloadThroughSdk(
  options: FetchOptions & { readonly folder: string; readonly server?: keyof typeof FACTORIES },
): Promise<string> {
  const { env, onProgress, signal, folder, server = 'development' } = options;
  mkdirSync(folder, { recursive: true });
  // What an earlier, killed download left would make the SDK wait for its end.
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });

  let seenBytes = -1;
  let movedMs = 0;
  let toldMs = 0;
  const watch = (elapsedMs: number): string | undefined => {
    const bytes = partBytes(folder);
    if (bytes !== seenBytes) [seenBytes, movedMs] = [bytes, elapsedMs];
    if (elapsedMs - toldMs >= TELL_MS && bytes >= 0) {
      toldMs = elapsedMs;
      onProgress(`Temporal: ${Math.round(bytes / 1e6)} MB so far`);
    }
    if (bytes < 0 && elapsedMs > FIRST_BYTE_MS) return `no answer within ${FIRST_BYTE_MS / 1000} s`;
    return elapsedMs - movedMs > STALL_MS ? `stalled for ${STALL_MS / 1000} s` : undefined;
  };
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  await runCommand(
    process.execPath,
    ['--input-type=commonjs', '-e', SCRIPT, testing, folder, FACTORIES[server]],
    {
      name: 'the SDK',
      env: { ...env, NODE_OPTIONS: '' },
      timeoutMs: LIMIT_MS,
      signal,
      heartbeatMs: BEAT_MS,
      onHeartbeat: watch,
    },
  );
  const path = downloadedCli(folder);
  if (path === undefined || !existsSync(path)) throw new EmbeddedStackError('the SDK left no executable');
  return path;
}

/** The finished executable in the folder that the SDK downloads to; it carries the SDK's name and version. */
export function downloadedCli(folder: string): string | undefined {
  const name = readdirSync(folder).find(
    (name) => name.startsWith('temporal') && !name.endsWith('.downloading'),
  );
  return name === undefined ? undefined : join(folder, name);
}

/** Bytes on disk, finished or not; -1 while there is no file at all. */
function partBytes(folder: string): number {
  const sizes = readdirSync(folder).map(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.length === 0 ? -1 : Math.max(...sizes);
}
