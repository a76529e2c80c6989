/**
 * `npm run simulate -- NAME [--runs N] [--seed N] [--json]`: runs the product's own decision functions on drawn outcomes and
 * prints how often they are right. A table for people; with --json the last line is one object {name, seed, figures}.
 */
import { parseArgs } from 'node:util';
import { canary } from './canary.ts';
import type { Simulation } from './simulation.ts';

const simulations: Readonly<Record<string, Simulation>> = { canary };

const usage = `npm run simulate -- NAME [--runs N] [--seed N] [--json]\n\n${Object.entries(simulations)
  .map(([name, { summary, defaultRuns }]) => `  ${name}  ${summary} (${defaultRuns} runs)`)
  .join('\n')}\n`;

const wholeNumber = (text: string | undefined, name: string, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name} must be a whole number from 1`);
  return value;
};

const main = (): void => {
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
  const simulation = Object.hasOwn(simulations, name) ? simulations[name] : undefined;
  if (simulation === undefined || values.help) {
    process.stdout.write(usage);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const runs = wholeNumber(values.runs, 'runs', simulation.defaultRuns);
  const seed = wholeNumber(values.seed, 'seed', 1);
  const { table, figures } = simulation.run({ runs, seed });
  process.stdout.write(`${name}: ${runs} runs, seed ${seed}\n${table.map((line) => `  ${line}\n`).join('')}`);
  if (values.json) process.stdout.write(`${JSON.stringify({ name, seed, figures })}\n`);
};

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
