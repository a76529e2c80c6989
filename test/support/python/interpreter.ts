/**
 * Finds a Python with the pinned packages, or makes a virtual environment for it in the cache folder, once. Throws one line that says
 * what to install or set when it cannot be had; what then happens is the caller's to decide.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, FETCH_LIMIT_MS, lockCache, onPath, runCommand } from '../../../src/embedded/index.ts';
import { FETCH, once } from '../prerequisites/once.ts';

/** A Python that can import every package of its requirements file, and the versions that it has of them. */
export interface Python {
  readonly path: string;
  readonly version: string;
  readonly packages: Readonly<Record<string, string>>;
}

/** The reference packages' file, whose Python may be somebody's own; the others are made in the cache alone. */
const REFERENCE = 'requirements.txt';
const VARIABLE = 'LLM_OPTIMIZER_PYTHON';
/** The pinned numpy has no wheels for older ones. */
const OLDEST = [3, 11] as const;
const COMMANDS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
const CHECK_LIMIT_MS = 60_000;

/** Prints the interpreter's version and those of the packages named by its arguments; fails on one that is missing. */
const VERSIONS = `
import json, platform, sys
from importlib.metadata import PackageNotFoundError, version
packages = {}
for name in sys.argv[1:]:
    try:
        packages[name] = version(name)
    except PackageNotFoundError:
        sys.exit(f"it has no {name}")
print(json.dumps({"version": platform.python_version(), "packages": packages}))
`;

const pins = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const pathOf = (requirements: string): string => join(import.meta.dirname, requirements);

async function describe(path: string, requirements: string): Promise<Python> {
  const names = pins(readFileSync(pathOf(requirements), 'utf8')).map((pin) =>
    pin.replace(/(?:\[.*\])?(?:==.*)?$/u, ''),
  );
  const told = await runCommand(path, ['-c', VERSIONS, ...names], { name: path, timeoutMs: CHECK_LIMIT_MS });
  return { path, ...(JSON.parse(told) as Omit<Python, 'path'>) };
}

/** The first Python of the PATH that is new enough and can make virtual environments; it has no package of ours. */
export async function basePython(): Promise<string> {
  const wants = `import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (${OLDEST.join(', ')}) else 1)`;
  for (const command of COMMANDS) {
    try {
      const path = onPath(command, FETCH.env);
      await runCommand(path, ['-c', wants], { timeoutMs: CHECK_LIMIT_MS });
      return path;
    } catch {
      continue;
    }
  }
  throw new Error(`there is no Python ${OLDEST.join('.')} or newer with venv on the PATH`);
}

async function build(folder: string, requirements: string): Promise<void> {
  const base = await basePython();
  FETCH.onProgress(`Python: fetching the packages of ${requirements} (minutes, once; kept in ${folder})`);
  rmSync(folder, { recursive: true, force: true });
  const options = { name: 'python', timeoutMs: FETCH_LIMIT_MS, env: { ...FETCH.env } };
  await runCommand(base, ['-m', 'venv', folder], options);
  await runCommand(
    join(folder, 'bin', 'python'),
    [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-input',
      '--disable-pip-version-check',
      '-r',
      pathOf(requirements),
    ],
    {
      ...options,
      onHeartbeat: (elapsedMs) => {
        FETCH.onProgress(`Python: still fetching packages, ${Math.round(elapsedMs / 1000)} s so far`);
        return undefined;
      },
    },
  );
}

/** The cache's environment; made when it is not there, or no longer starts because the Python it was made from is gone. */
async function fromCache(requirements: string): Promise<Python> {
  const wanted = pins(readFileSync(pathOf(requirements), 'utf8')).join('\n');
  const key = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(FETCH.env), `python-${key}`);
  const done = join(folder, 'complete');
  const path = join(folder, 'bin', 'python');
  const ready = async (): Promise<Python | undefined> =>
    existsSync(done) ? describe(path, requirements).catch(() => undefined) : undefined;
  const present = await ready();
  if (present !== undefined) return present;
  const release = await lockCache(`${folder}.lock`, FETCH);
  try {
    const made = await ready();
    if (made !== undefined) return made;
    await build(folder, requirements);
    writeFileSync(done, `${wanted}\n`);
    return await describe(path, requirements);
  } finally {
    release();
  }
}

/**
 * The Python named by `LLM_OPTIMIZER_PYTHON` (with whatever versions it has), else the cache's with the pinned versions.
 * The same promise for every caller of this process. Throws one line when there is none.
 */
export const findPython = once(async (): Promise<Python> => {
  const configured = FETCH.env[VARIABLE];
  try {
    return configured === undefined || configured === ''
      ? await fromCache(REFERENCE)
      : await describe(configured, REFERENCE);
  } catch (error) {
    const named = configured === undefined || configured === '' ? '' : `${VARIABLE}=`;
    throw new Error(
      `No Python with the reference packages: ${named}${reasonOf(error)}. Install Python ${OLDEST.join('.')} or newer ` +
        `with venv, or name one in ${VARIABLE} that has what test/support/python/requirements.txt lists.`,
      { cause: error },
    );
  }
});

/** A Python for the packages of one of this folder's files (such as `mlflow.txt`), made in the cache. Throws one line when there is none. */
export async function pythonFor(requirements: string): Promise<Python> {
  try {
    return await fromCache(requirements);
  } catch (error) {
    throw new Error(
      `No Python for test/support/python/${requirements}: ${reasonOf(error)}. Install Python ${OLDEST.join('.')} or newer with venv.`,
      { cause: error },
    );
  }
}
