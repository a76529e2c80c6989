// Gets the `temporal` command: from the PATH, from our cache, by the SDK's own download, or built with Go. Starts no server.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, type Env } from './cache-folder.ts';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import { runCommand } from './run-command.ts';
import { downloadedCli, downloadThroughSdk } from './temporal-download.ts';
import { FETCH_LIMIT_MS, lockCache, onPath, type FetchOptions } from './tools.ts';

/** Pinned: brings server 1.29.1. */
export const TEMPORAL_CLI_VERSION = '1.5.1';
const OLDEST_SERVER = [1, 29] as const;

export interface TemporalCli {
  readonly path: string;
  /** What `temporal --version` prints. */
  readonly version: string;
  readonly source: 'path' | 'cache' | 'download' | 'build';
}

/**
 * The first `temporal` that runs and brings server 1.29 or newer. What is fetched is kept in the cache folder, and only
 * one process fetches at a time. Throws EmbeddedStackError that says what to install, and why each way failed.
 */
export async function findTemporalCli(options: FetchOptions): Promise<TemporalCli> {
  const { env, onProgress, signal } = options;
  const reasons: string[] = [];
  const attempt = async (
    source: TemporalCli['source'],
    get: () => Promise<string> | string,
  ): Promise<TemporalCli | undefined> => {
    try {
      const path = await get();
      return { path, version: await usableVersion(path, env, signal), source };
    } catch (error) {
      signal?.throwIfAborted();
      reasons.push(`${WAYS[source]}: ${reasonOf(error)}`);
      return undefined;
    }
  };
  const present = async (): Promise<TemporalCli | undefined> =>
    (await attempt('path', () => onPath('temporal', env))) ?? (await attempt('cache', () => cached(env)));

  const found = await present();
  if (found !== undefined) return found;
  const release = await lockCache(join(cacheFolder(env), 'temporal.lock'), options);
  try {
    const fetched =
      (await attempt('cache', () => cached(env))) ??
      (await attempt('download', () => {
        onProgress('Temporal: downloading the development server (some 50 MB, usually under a minute, once)');
        return downloadThroughSdk({ ...options, folder: downloadFolder(env) });
      })) ??
      (await attempt('build', () => buildWithGo(options)));
    if (fetched !== undefined) return fetched;
  } finally {
    release();
  }
  throw new EmbeddedStackError(
    `No Temporal server: install the Temporal CLI (https://docs.temporal.io/cli) or Go 1.25 or newer, or set TEMPORAL_ADDRESS. Tried ${[...new Set(reasons)].join('; ')}.`,
  );
}

const WAYS = { path: 'the PATH', cache: 'the cache', download: 'download', build: 'go install' } as const;

async function usableVersion(path: string, env: Env, signal?: AbortSignal): Promise<string> {
  const version = (
    await runCommand(path, ['--version'], { env: { ...env }, timeoutMs: 15_000, signal })
  ).trim();
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) !== OLDEST_SERVER[0] || Number(minor) < OLDEST_SERVER[1]) {
    throw new EmbeddedStackError(
      `"${version}" is too old, server ${OLDEST_SERVER.join('.')} or newer is needed`,
    );
  }
  return version;
}

const builtFolder = (env: Env): string => cacheFolder(env, `temporal-cli-${TEMPORAL_CLI_VERSION}`);
const downloadFolder = (env: Env): string => cacheFolder(env, 'temporal-download');

function cached(env: Env): string {
  const built = join(builtFolder(env), 'temporal');
  if (existsSync(built)) return built;
  const downloaded = downloadedCli(downloadFolder(env));
  if (downloaded === undefined) throw new EmbeddedStackError('empty');
  return downloaded;
}

async function buildWithGo({ env, onProgress, signal }: FetchOptions): Promise<string> {
  const go = onPath('go', env);
  onProgress(
    `Temporal: building the CLI ${TEMPORAL_CLI_VERSION} with Go (about 3 minutes, once; kept in ${builtFolder(env)})`,
  );
  await runCommand(go, ['install', `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`], {
    env: { ...env, GOBIN: builtFolder(env) },
    timeoutMs: FETCH_LIMIT_MS,
    signal,
    onHeartbeat: (elapsedMs) => {
      onProgress(`Temporal: still building, ${Math.round(elapsedMs / 1000)} s so far`);
      return undefined;
    },
  });
  onProgress('Temporal: built');
  return join(builtFolder(env), 'temporal');
}
