/** Reads the shipped price list for the replay's unit tests. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { numberIn, parseCsv } from '../../../src/replay/csv.ts';

export function loadPrices(): ReadonlyMap<string, { readonly input: number; readonly output: number }> {
  const file = new URL('../../../src/replay/data/prices.csv.gz', import.meta.url);
  const rows = parseCsv(gunzipSync(readFileSync(file)).toString('utf8'));
  return new Map(
    rows.map((row) => [
      row['model'] ?? '',
      { input: numberIn(row, 'input_usd_per_mtok'), output: numberIn(row, 'output_usd_per_mtok') },
    ]),
  );
}
