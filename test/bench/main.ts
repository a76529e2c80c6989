/**
 * `npm run bench -- NAME [--seed N] [--json]`: measures the whole program on real servers, or the cost of its functions. A table for people; with --json the
 * last line is one object {name, seed, figures}. Unknown names end with 2 and the list.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Bench } from './bench.ts';
import { experimentReads } from './experiment-reads.ts';
import { history } from './history.ts';
import { ingest } from './ingest.ts';
import { rollback } from './rollback.ts';
import { storm } from './storm.ts';
import { statistics } from './statistics.ts';

const benches: ReadonlyMap<string, Bench> = new Map([
  ['experiments', experimentReads],
  ['history', history],
  ['ingest', ingest],
  ['rollback', rollback],
  ['statistics', statistics],
  ['storm', storm],
]);

const usage = `npm run bench -- NAME [--seed N] [--json]\n\n${[...benches]
  .map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}\n`)
  .join('')}`;

/** A person's mistake on the command line; null when the help was asked for. */
function readCommand() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const [name = '', ...more] = positionals;
  const bench = benches.get(name);
  if (!bench || more.length > 0)
    throw new RangeError(`"${positionals.join(' ')}" is given, expected one name`);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError('--seed: expected a whole number, 0 or more');
  return { name, bench, seed, json: values.json };
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
  const { name, bench, seed, json } = command;
  const { table, figures } = await bench.run({
    seed,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const [head = [], ...rows] = table;
  const shown = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) shown.push([...row]);
  process.stdout.write(`${name}, seed ${seed}\n${shown.toString()}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ name, seed, figures })}\n`);
  return 0;
}

const exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
// Said outright: the exit hook of the embedded PostgreSQL ends a process that only has an exit code set with 0.
process.exit(exitCode);
