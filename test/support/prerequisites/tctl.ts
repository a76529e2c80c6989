// The `tctl` command for tests: configured, on the PATH, in the cache, or built with Go.
// `go install` cannot build it (its module replaces a dependency), so it is built from a module of ours that requires it.
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, FETCH_LIMIT_MS, lockCache, onPath, runCommand } from '../../../src/embedded/index.ts';
import { FETCH, once } from './once.ts';

const VERSION = '1.18.0';
const GO_MOD = `module tctl\n\ngo 1.23\n\nrequire github.com/temporalio/tctl v${VERSION}\n`;

/** Path of `tctl`: the variable `TCTL`, the PATH, the cache, else built (about two minutes, once). Throws one line when it cannot be had. */
export const tctlPath = once(async () => {
  const { env } = FETCH;
  const configured = env['TCTL'];
  if (configured !== undefined && configured !== '') {
    if (!existsSync(configured)) throw new Error(`TCTL=${configured}: there is no such file.`);
    return configured;
  }
  const present = found('tctl');
  if (present !== undefined) return present;
  const folder = cacheFolder(env, `tctl-${VERSION}`);
  const path = join(folder, 'tctl');
  if (existsSync(path)) return path;
  const release = await lockCache(`${folder}.lock`, FETCH);
  try {
    if (!existsSync(path)) await build(folder, path);
    return path;
  } finally {
    release();
  }
});

function found(command: string): string | undefined {
  try {
    return onPath(command, FETCH.env);
  } catch {
    return undefined;
  }
}

async function build(folder: string, path: string): Promise<void> {
  const { env, onProgress } = FETCH;
  const go = found('go');
  if (go === undefined)
    throw new Error(
      `No tctl: install Go 1.23 or newer, put tctl ${VERSION} on the PATH, or name it in TCTL.`,
    );
  onProgress(`tctl: building ${VERSION} with Go (about 2 minutes, once; kept in ${folder})`);
  const module = mkdtempSync(join(folder, 'module-'));
  try {
    writeFileSync(join(module, 'go.mod'), GO_MOD);
    await runCommand(go, ['build', '-o', 'tctl', 'github.com/temporalio/tctl/cmd/tctl'], {
      cwd: module,
      env: { ...env, GOFLAGS: '-mod=mod' },
      timeoutMs: FETCH_LIMIT_MS,
      onHeartbeat: (elapsedMs) => {
        onProgress(`tctl: still building, ${Math.round(elapsedMs / 1000)} s so far`);
        return undefined;
      },
    });
    renameSync(join(module, 'tctl'), path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `No tctl: put tctl ${VERSION} on the PATH or name it in TCTL; building it failed: ${reason}`,
      { cause: error },
    );
  } finally {
    rmSync(module, { recursive: true, force: true });
  }
}
