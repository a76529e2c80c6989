/** Recorded latencies (`data/README.md`) dealt out to windows: how many a window has and of which endpoint is drawn, the values are as they were recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Random } from '../../../src/math/index.ts';
import { numberIn, parseCsv } from '../../../src/replay/csv.ts';

export const KINDS = ['end_to_end', 'ttft', 'inter_token'] as const;
export type Kind = (typeof KINDS)[number];

/** Milliseconds by endpoint. */
export type Latencies = Readonly<Record<Kind, readonly (readonly number[])[]>>;

const MOST_IN_A_WINDOW = 60;

export function readLatencies(): Latencies {
  const file = join(import.meta.dirname, 'data/latencies.csv.gz');
  const rows = parseCsv(gunzipSync(readFileSync(file)).toString('utf8'));
  const endpoints = [...new Set(rows.map(({ provider, size }) => `${provider} ${size}`))];
  const of = (kind: Kind) =>
    endpoints.map((endpoint) =>
      rows
        .filter(({ provider, size }) => `${provider} ${size}` === endpoint)
        .map((row) => numberIn(row, `${kind}_ms`)),
    );
  return { end_to_end: of('end_to_end'), ttft: of('ttft'), inter_token: of('inter_token') };
}

/** 1 to 60 values in each window, all of one endpoint, so that windows differ as services do. */
export function dealOut(
  endpoints: readonly (readonly number[])[],
  windows: number,
  random: Random,
): readonly (readonly number[])[] {
  const below = (n: number): number => Math.floor(random.next() * n);
  return Array.from({ length: windows }, () => {
    const from = endpoints[below(endpoints.length)]!;
    return Array.from({ length: 1 + below(MOST_IN_A_WINDOW) }, () => from[below(from.length)]!);
  });
}
