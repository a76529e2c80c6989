/**
 * `npm run golden -- [DIR]`: runs every implementation against all golden files of DIR (the repository's own when
 * left out), prints the worst error per family and ends with `N passed, N failed`. Not 0 when anything failed.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { CaseResult } from './adapter.ts';
import { goldenFiles, loadAdapters, readFamily, runCase } from './run.ts';

const USAGE = 'npm run golden -- [DIR]   DIR holds golden files (*.json); the default is test/golden\n';

const figure = (value: number): string => (Number.isFinite(value) ? value.toExponential(1) : 'none allowed');

/** The results of one file; a family that nothing implements is one failure. */
const runFile = (file: string, adapters: Awaited<ReturnType<typeof loadAdapters>>): readonly CaseResult[] => {
  const { name, adapter, family } = readFamily(file, adapters);
  const unknown = (id: string, problem: string): CaseResult => ({
    family: name,
    id,
    problems: [problem],
    worst: Infinity,
    worstError: Infinity,
  });
  if (adapter === null) return [unknown('*', `no implementation of the family "${name}" (${file})`)];
  if (!Array.isArray(family.cases) || family.cases.length === 0)
    return [unknown('*', `${file} has no cases`)];
  return family.cases.map((goldenCase) => runCase(adapter, family, goldenCase));
};

const report = (results: readonly CaseResult[]): void => {
  for (const family of new Set(results.map((result) => result.family))) {
    const cases = results.filter((result) => result.family === family);
    const bad = cases.filter((c) => c.problems.length > 0);
    const good = cases.filter((c) => c.problems.length === 0);
    const worst = Math.max(0, ...good.map((c) => c.worst));
    const worstError = Math.max(0, ...good.map((c) => c.worstError));
    process.stdout.write(
      `${family.padEnd(24)} ${String(cases.length).padStart(4)} cases  worst error ${figure(worstError).padStart(9)}, ` +
        `${(worst * 100).toPrecision(2).padStart(8)} % of what is allowed${bad.length > 0 ? `  ${bad.length} FAILED` : ''}\n`,
    );
    for (const { id, problems } of bad) {
      process.stdout.write(
        `  ${id}: ${problems.slice(0, 3).join('; ')}${problems.length > 3 ? ' ...' : ''}\n`,
      );
    }
  }
};

/** What is not compared, or refused on purpose, is said: a family that passes with gaps must not look like one without. */
const reportLeftOut = (
  files: readonly string[],
  adapters: Awaited<ReturnType<typeof loadAdapters>>,
): void => {
  for (const file of files) {
    const { name, adapter } = readFamily(file, adapters);
    for (const [field, why] of Object.entries(adapter?.leftOut ?? {})) {
      process.stdout.write(`${name}: ${field} is not compared: ${why}\n`);
    }
    if (adapter?.referenceError)
      process.stdout.write(`${name}: wider where the reference is off: ${adapter.referenceError.why}\n`);
    for (const [id, why] of Object.entries(adapter?.refused ?? {})) {
      process.stdout.write(`${name}: ${id} is refused on purpose: ${why}\n`);
    }
  }
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = positionals[0] ?? import.meta.dirname;
  if (positionals.length > 1 || !existsSync(folder)) {
    process.stderr.write(`DIR must be one folder that exists, got "${positionals.join(' ')}"\n\n${USAGE}`);
    return 2;
  }
  const files = goldenFiles(folder);
  if (files.length === 0) {
    process.stderr.write(`DIR must hold golden files (*.json), "${folder}" holds none\n\n${USAGE}`);
    return 2;
  }
  const adapters = await loadAdapters();
  const results = files.flatMap((file) => runFile(file, adapters));
  report(results);
  reportLeftOut(files, adapters);
  const failures = results.filter((r) => r.problems.length > 0).length;
  process.stdout.write(`${results.length - failures} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
};

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  return 2;
});
