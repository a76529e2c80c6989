/**
 * The data folder of a test's PostgreSQL. Making one and its tables takes seconds of work, and every test file needs one: where the tests run together, the
 * global set-up makes it once, and each server starts on a copy.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/embedded/index.ts';

/** Path of the folder that is copied; set by the global set-up for the processes that it starts. */
const PREPARED = 'LLM_OPTIMIZER_TEST_POSTGRES';
const PREPARE = fileURLToPath(new URL('prepare-postgres.ts', import.meta.url));
const COPY_MS = 120_000;
const PREPARE_MS = 240_000;

/** A new folder that the server's user may enter: it is another one when the tests run as root. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'optimizer-test-postgres-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Answers false, and makes nothing, where nothing was prepared. */
export async function copyPrepared(data: string): Promise<boolean> {
  const prepared = process.env[PREPARED];
  if (prepared !== undefined) await runCommand('cp', ['-Rp', prepared, data], { timeoutMs: COPY_MS });
  return prepared !== undefined;
}

/** Makes the folder for all processes that are started from now on. What it answers removes it. */
export async function prepareData(): Promise<() => Promise<void>> {
  const folder = await newFolder();
  const data = join(folder, 'data');
  // In a process of its own: the package that runs the server hooks the end of whatever process loads it.
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await runCommand(process.execPath, ['--import', 'tsx', PREPARE, data], { timeoutMs: PREPARE_MS });
  } catch (error) {
    await remove();
    throw error;
  }
  process.env[PREPARED] = data;
  return async () => {
    delete process.env[PREPARED];
    await remove();
  };
}
