/** Runs a Python script on a JSON value, for simulations and benches that set our numbers beside the Python references. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runCommand } from '../../../src/embedded/index.ts';
import { basePython, findPython, pythonFor, type Python } from './interpreter.ts';

export { findPython, pythonFor, type Python };

export interface RunPythonOptions {
  /** 30 minutes unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** For a script that needs the standard library alone: nothing is fetched. */
  readonly bare?: boolean;
  /** A file of this folder, such as `mlflow.txt`, whose packages the script needs in place of the reference packages. */
  readonly packages?: string;
}

/** One thread: what is timed or compared is the algorithm, and other work runs beside it. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
const LIMIT_MS = 30 * 60_000;

/**
 * Runs `python SCRIPT INPUT`, where INPUT is a file that holds `input` as JSON, and gives what it printed as one JSON value.
 * Answers are strict JSON: a script that prints NaN or Infinity fails. Throws one line: no Python (as `findPython`), a script
 * that failed (its last words), or an answer that is no JSON.
 */
export async function runPython<T>(
  script: string,
  input: unknown,
  { timeoutMs = LIMIT_MS, signal, bare = false, packages }: RunPythonOptions = {},
): Promise<T> {
  const named = (): Promise<Python> => (packages === undefined ? findPython() : pythonFor(packages));
  const path = bare ? await basePython() : (await named()).path;
  const folder = mkdtempSync(join(tmpdir(), 'llm-optimizer-python-'));
  try {
    const file = join(folder, 'input.json');
    writeFileSync(file, JSON.stringify(input));
    const name = basename(script);
    const told = await runCommand(path, [script, file], {
      name,
      timeoutMs,
      signal,
      env: { ...process.env, ...ONE_THREAD, PYTHONDONTWRITEBYTECODE: '1' },
    });
    try {
      return JSON.parse(told) as T;
    } catch (error) {
      throw new Error(`${name}: printed no JSON: ${told.slice(0, 200)}`, { cause: error });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What came of asking for a reference that may not be there: its answer, or the one line that says why there is none. */
export type Available<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** As `runPython`, but without Python there is a reason in place of an answer. A script that fails still throws. */
export async function runPythonIfThere<T>(
  script: string,
  input: unknown,
  options: RunPythonOptions = {},
): Promise<Available<T>> {
  try {
    await findPython();
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  return { ok: true, value: await runPython<T>(script, input, options) };
}
