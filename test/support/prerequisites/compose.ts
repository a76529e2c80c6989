// Compose's own checker: the `docker compose` that is there, else the same program built with Go. It needs no Docker engine to check a file.
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, FETCH_LIMIT_MS, lockCache, onPath, runCommand } from '../../../src/embedded/index.ts';
import { FETCH, once } from './once.ts';

const VERSION = '2.40.3';
const GO_MOD = `module compose\n\ngo 1.24\n\nrequire github.com/docker/compose/v2 v${VERSION}\n`;
const CHECK_MS = 60_000;

/** A program and the words before its own arguments. Built once where it is not there (some ten minutes). Throws one line when it cannot be had. */
export const composeCommand = once(async (): Promise<readonly [string, ...string[]]> => {
  const { env } = FETCH;
  try {
    const docker = onPath('docker', env);
    await runCommand(docker, ['compose', 'version'], { timeoutMs: CHECK_MS });
    return [docker, 'compose'];
  } catch {
    // Not there, or without its plugin.
  }
  const folder = cacheFolder(env, `docker-compose-${VERSION}`);
  const path = join(folder, 'docker-compose');
  if (existsSync(path)) return [path];
  const release = await lockCache(`${folder}.lock`, FETCH);
  try {
    if (!existsSync(path)) await build(folder, path);
    return [path];
  } finally {
    release();
  }
});

async function build(folder: string, path: string): Promise<void> {
  const { env, onProgress } = FETCH;
  onProgress(`docker compose: building ${VERSION} with Go (some 10 minutes, once; kept in ${folder})`);
  const module = mkdtempSync(join(folder, 'module-'));
  try {
    writeFileSync(join(module, 'go.mod'), GO_MOD);
    await runCommand(
      onPath('go', env),
      ['build', '-o', 'docker-compose', 'github.com/docker/compose/v2/cmd'],
      {
        cwd: module,
        env: { ...env, GOFLAGS: '-mod=mod' },
        timeoutMs: FETCH_LIMIT_MS,
        onHeartbeat: (elapsedMs) => {
          onProgress(`docker compose: still building, ${Math.round(elapsedMs / 1000)} s so far`);
          return undefined;
        },
      },
    );
    renameSync(join(module, 'docker-compose'), path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `No docker compose: install Docker with its compose plugin, or Go 1.24. Tried: ${reason}`,
      {
        cause: error,
      },
    );
  } finally {
    rmSync(module, { recursive: true, force: true });
  }
}
