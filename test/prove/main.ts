/**
 * `npm run prove -- NAME [--runs N] [--seed N] [--only PART] [--json]`: tries a promise on real servers for longer than a test may take. A table
 * for people; with --json the last line is one object {name, seed, figures}. Ends with 1 when a promise was broken, with 2 on wrong usage.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Proof } from './proof.ts';

/** Each file of `named/` exports one `proof`; the file's name is what it is asked by. */
const folder = join(import.meta.dirname, 'named');
const proofs = new Map<string, Proof>();
for (const file of readdirSync(folder).toSorted()) {
  if (!file.endsWith('.ts')) continue;
  const { proof } = (await import(pathToFileURL(join(folder, file)).href)) as { readonly proof: Proof };
  proofs.set(file.replace(/\.ts$/u, ''), proof);
}

const usage = `npm run prove -- NAME [--runs N] [--seed N] [--only PART] [--json]\n\n${[...proofs]
  .map(([name, { summary, defaultRuns }]) => `  ${name.padEnd(10)} ${summary} (${defaultRuns} runs)`)
  .join('\n')}\n`;

const wholeNumber = (text: string | undefined, name: string, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name}: "${text}" is given, expected a whole number from 1`);
  return value;
};

/** A person's mistake on the command line throws; null when the help was asked for. */
function readCommand() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const [name = '', ...more] = positionals;
  const proof = proofs.get(name);
  if (!proof || more.length > 0)
    throw new RangeError(`"${positionals.join(' ')}" is given, expected one name`);
  const runs = wholeNumber(values.runs, 'runs', proof.defaultRuns);
  return {
    name,
    proof,
    runs,
    seed: wholeNumber(values.seed, 'seed', 1),
    only: values.only ?? null,
    json: values.json,
  };
}

async function main(): Promise<number> {
  let command: ReturnType<typeof readCommand>;
  try {
    command = readCommand();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (!command) {
    process.stdout.write(usage);
    return 0;
  }
  const { name, proof, runs, seed, only, json } = command;
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
  const { table, figures, broken } = await proof.run({ runs, seed, only, onProgress });
  const [head = [], ...rows] = table;
  const shown = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) shown.push([...row]);
  process.stdout.write(`${name}: ${runs} runs, seed ${seed}\n${shown.toString()}\n`);
  for (const line of broken) process.stdout.write(`BROKEN: ${line}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ name, seed, figures })}\n`);
  return broken.length === 0 ? 0 : 1;
}

const exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
});
// Said outright: the exit hook of the embedded PostgreSQL ends a process that only has an exit code set with 0.
process.exit(exitCode);
