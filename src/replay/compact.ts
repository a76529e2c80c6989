/**
 * Makes `src/replay/data` from the raw recordings: keeps the rows and columns that the replay uses, changes
 * nothing but units: arrival times become milliseconds since the first, latencies milliseconds to 0.1. Run by hand when the raw data changes:
 *
 *     npx tsx src/replay/compact.ts DIR
 *
 * DIR holds the raw files named in `data/README.md`. The same input gives the same bytes.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseCsv, type CsvRow } from './csv.ts';

const LATENCY_PROVIDER = 'together';
const LATENCY_SIZES = ['7b', '70b'];
const target = join(import.meta.dirname, 'data');

const raw = process.argv[2];
if (raw === undefined) {
  console.error('usage: npx tsx src/replay/compact.ts DIR   (DIR holds the raw recordings)');
  process.exitCode = 2;
} else {
  await compact(raw);
}

async function compact(folder: string): Promise<void> {
  const read = async (path: string): Promise<CsvRow[]> =>
    parseCsv(await readFile(join(folder, path), 'utf8'));
  const outcomes = await read('zeroeval/outcomes.csv');
  const latencies = (await read('latency/requests.csv'))
    .filter((row) => row['provider'] === LATENCY_PROVIDER && LATENCY_SIZES.includes(row['size'] ?? ''))
    .map((row) => ({ ...row, end_to_end_ms: milliseconds(row['end_to_end_latency_s']) }));
  const arrivals = arrivalsOf(await read('traces/azure_conversation.csv'));
  const prices = await read('prices/usd_per_mtok.csv');
  await Promise.all([
    write('outcomes.csv.gz', outcomes, [
      'query_id',
      'task',
      'model',
      'quality',
      'cost_usd',
      'input_tokens',
      'output_tokens',
    ]),
    write('latencies.csv.gz', latencies, ['provider', 'size', 'ok', 'error_code', 'end_to_end_ms']),
    write('arrivals.csv.gz', arrivals, ['offset_ms', 'input_tokens', 'output_tokens']),
    write('prices.csv.gz', prices, ['model', 'input_usd_per_mtok', 'output_usd_per_mtok', 'source']),
  ]);
}

/** Time stamps such as `2023-11-16 18:15:46.6805900` (100 ns) become milliseconds since the first one. */
function arrivalsOf(rows: readonly CsvRow[]): CsvRow[] {
  const timesMs = rows.map(({ TIMESTAMP = '' }) => {
    const [seconds = '', fraction = '0'] = TIMESTAMP.split('.');
    return Date.parse(`${seconds.replace(' ', 'T')}Z`) + Number(`0.${fraction}`) * 1000;
  });
  const firstMs = timesMs[0] ?? 0;
  return rows.map((row, i) => ({
    offset_ms: String(Math.round((timesMs[i] ?? 0) - firstMs)),
    input_tokens: row['ContextTokens'] ?? '',
    output_tokens: row['GeneratedTokens'] ?? '',
  }));
}

function milliseconds(seconds: string | undefined): string {
  return (Number(seconds) * 1000).toFixed(1);
}

async function write(name: string, rows: readonly CsvRow[], columns: readonly string[]): Promise<void> {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  const csv = `${lines.map((line) => line.join(',')).join('\n')}\n`;
  const packed = gzipSync(csv, { level: 9 });
  await writeFile(join(target, name), packed);
  console.log(`${name}: ${rows.length} rows, ${packed.length} bytes`);
}
