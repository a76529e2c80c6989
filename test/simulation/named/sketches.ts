/**
 * How far quantiles out of 1,000 merged windows are off, over recorded latencies: the error of the sketch beside what is proven of it (Masson, Rim, Lee, VLDB 2019).
 * The first run takes the latencies as they were recorded and does the same in PostgreSQL; each other run multiplies all of them by a factor of less than a bucket,
 * which moves every value within its bucket or over its boundary.
 */
import type { SketchState } from '../../../src/domain/window.ts';
import {
  addAllToSketch,
  emptySketch,
  mergeSketches,
  quantile,
  randomFromSeed,
  SKETCH_ALPHA,
} from '../../../src/math/index.ts';
import { orderStatistic, type Simulation } from '../simulation.ts';
import { sumInDatabase } from '../sketches/in-database.ts';
import { dealOut, KINDS, readLatencies, type Kind } from '../sketches/recorded.ts';

const WINDOWS = 1_000;
const QUANTILES = [0.5, 0.95, 0.99] as const;
/** Of logarithm and power: a boundary is known to so many bucket widths. */
const ROUNDING = 1e-9;

type Errors = readonly [p50: number, p95: number, p99: number];
const NONE: Errors = [0, 0, 0];

const errorsOf = (sketch: SketchState | null, values: readonly number[]): Errors => {
  const error = (q: number): number => {
    const [told, exact] = [sketch && quantile(sketch, q), orderStatistic(values, q)!];
    return told === null ? Infinity : Math.abs(told - exact) / exact;
  };
  return [error(0.5), error(0.95), error(0.99)];
};
const larger = (a: Errors, b: Errors): Errors => [
  Math.max(a[0], b[0]),
  Math.max(a[1], b[1]),
  Math.max(a[2], b[2]),
];
const merged = (windows: readonly (readonly number[])[]): SketchState =>
  windows.map((values) => addAllToSketch(emptySketch(), values)).reduce(mergeSketches, emptySketch());
const pct = (share: number): string => `${(100 * share).toFixed(4)} %`;

export const simulation: Simulation = {
  summary:
    'error of p50, p95 and p99 out of 1,000 merged windows of recorded latencies, in memory and in PostgreSQL',
  defaultRuns: 50,
  run: async ({ runs, seed, onProgress }) => {
    const random = randomFromSeed(seed);
    const latencies = readLatencies();
    const deal = (kind: Kind) => dealOut(latencies[kind], WINDOWS, random);
    const recorded = { end_to_end: deal('end_to_end'), ttft: deal('ttft'), inter_token: deal('inter_token') };
    const database = await sumInDatabase(recorded, onProgress);
    const table: string[] = [];
    let [asRecorded, shifted, inDatabase] = [NONE, NONE, NONE];
    let equal = 0;
    for (const kind of KINDS) {
      const values = recorded[kind].flat();
      const sketch = merged(recorded[kind]);
      const stored = database.sums.get(kind) ?? null;
      const [mine, theirs] = [errorsOf(sketch, values), errorsOf(stored, values)];
      asRecorded = larger(asRecorded, mine);
      inDatabase = larger(inDatabase, theirs);
      equal += Number(JSON.stringify(sketch) === JSON.stringify(stored));
      table.push(`${kind}: ${values.length} latencies; in memory ${mine.map(pct).join(', ')}`);
    }
    for (let run = 1; run < runs; run += 1) {
      const factor = ((1 + SKETCH_ALPHA) / (1 - SKETCH_ALPHA)) ** random.next();
      for (const kind of KINDS) {
        const windows = deal(kind).map((values) => values.map((value) => value * factor));
        shifted = larger(shifted, errorsOf(merged(windows), windows.flat()));
      }
      if (run % 10 === 0) onProgress(`run ${run} of ${runs}`);
    }
    const worst = Math.max(...asRecorded, ...shifted, ...inDatabase);
    const of = (name: string, errors: Errors) =>
      Object.fromEntries(QUANTILES.map((q, i) => [`${name}P${100 * q}`, errors[i] ?? null]));
    return {
      table: [
        `largest relative error at p50, p95, p99; proven: at most ${pct(SKETCH_ALPHA)}`,
        ...table,
        `as recorded: ${asRecorded.map(pct).join(', ')}`,
        `in PostgreSQL, ${database.windows} windows: ${inDatabase.map(pct).join(', ')}; ${equal} of ${KINDS.length} sketches the same as in memory`,
        `moved within their buckets, ${runs - 1} runs: ${shifted.map(pct).join(', ')}`,
      ],
      figures: {
        alpha: SKETCH_ALPHA,
        windows: WINDOWS,
        ...of('maxError', larger(asRecorded, shifted)),
        ...of('maxErrorInPostgres', inDatabase),
        postgresEqualsMemory: equal === KINDS.length ? 1 : 0,
        withinBound: worst <= SKETCH_ALPHA * (1 + ROUNDING) ? 1 : 0,
      },
    };
  },
};
