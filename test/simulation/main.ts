/**
 * `npm run simulate -- NAME [--runs N] [--seed N] [--json]`: runs the product's own decision functions on drawn outcomes and
 * prints how often they are right. A table for people; with --json the last line is one object {name, seed, figures}.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Simulation } from './simulation.ts';

/** Each file of `named/` exports one `simulation`; the file's name is what it is asked by. */
const folder = join(import.meta.dirname, 'named');
const simulations = new Map<string, Simulation>();
for (const file of readdirSync(folder).toSorted()) {
  const { simulation } = (await import(pathToFileURL(join(folder, file)).href)) as {
    readonly simulation: Simulation;
  };
  simulations.set(file.replace(/\.ts$/u, ''), simulation);
}

const usage = `npm run simulate -- NAME [--runs N] [--seed N] [--json]\n\n${[...simulations]
  .map(([name, { summary, defaultRuns }]) => `  ${name.padEnd(15)} ${summary} (${defaultRuns} runs)`)
  .join('\n')}\n`;

const wholeNumber = (text: string | undefined, name: string, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name} must be a whole number from 1`);
  return value;
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const name = positionals[0] ?? '';
  const simulation = simulations.get(name);
  if (simulation === undefined || values.help) {
    process.stdout.write(usage);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const runs = wholeNumber(values.runs, 'runs', simulation.defaultRuns);
  const seed = wholeNumber(values.seed, 'seed', 1);
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
  const { table, figures } = await simulation.run({ runs, seed, onProgress });
  process.stdout.write(`${name}: ${runs} runs, seed ${seed}\n${table.map((line) => `  ${line}\n`).join('')}`);
  if (values.json) process.stdout.write(`${JSON.stringify({ name, seed, figures })}\n`);
};

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
