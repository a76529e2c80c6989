/** Latencies to draw from, as the chance of each bucket of the stored sketches: a block of requests is then drawn straight into one. */
import type { WindowStats } from '../../src/domain/window.ts';
import { normalCdf, SKETCH_ALPHA, type Random } from '../../src/math/index.ts';

/** `upTo[k]` is the chance of a latency in the buckets up to `offset + k`. `p95` in ms. */
export interface LatencyTable {
  readonly offset: number;
  readonly upTo: readonly number[];
  readonly p95: number;
}

const LN_GAMMA = Math.log((1 + SKETCH_ALPHA) / (1 - SKETCH_ALPHA));
const bucketOf = (ms: number): number => Math.ceil(Math.log(ms) / LN_GAMMA);

/** z of the 95 % point. */
const Z95 = 1.6448536269514722;

/** Lognormal around `medianMs`; `sigma` is the spread of its logarithm. */
export const lognormalTable = (medianMs: number, sigma: number): LatencyTable => {
  const [low, high] = [-6, 6].map((z) => bucketOf(medianMs * Math.exp(z * sigma)));
  const upTo = Array.from({ length: high! - low! + 1 }, (_, k) =>
    k === high! - low! ? 1 : normalCdf(((low! + k) * LN_GAMMA - Math.log(medianMs)) / sigma),
  );
  return { offset: low!, upTo, p95: medianMs * Math.exp(sigma * Z95) };
};

/** The recorded latencies themselves, each as likely as the other. */
export const recordedTable = (latenciesMs: readonly number[]): LatencyTable => {
  const rising = latenciesMs.toSorted((a, b) => a - b);
  const buckets = rising.map(bucketOf);
  const offset = buckets[0]!;
  const upTo = Array.from(
    { length: buckets.at(-1)! - offset + 1 },
    (_, k) => buckets.filter((bucket) => bucket <= offset + k).length / buckets.length,
  );
  return { offset, upTo, p95: rising[Math.floor(0.95 * (rising.length - 1))]! };
};

/** The same latencies, all `factor` times as long: to the nearest bucket. */
export const slower = (table: LatencyTable, factor: number): LatencyTable => ({
  ...table,
  offset: table.offset + Math.round(Math.log(factor) / LN_GAMMA),
  p95: table.p95 * factor,
});

/** The statistics of n latencies drawn from the table. */
export const drawLatencies = ({ offset, upTo }: LatencyTable, n: number, random: Random): WindowStats => {
  const counts = Array.from<number>({ length: upTo.length }).fill(0);
  let [sum, sumOfSquares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const u = random.next();
    let [from, to] = [0, upTo.length - 1];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (u < upTo[middle]!) to = middle;
      else from = middle + 1;
    }
    counts[from]! += 1;
    const ms = Math.exp((offset + from - 0.5) * LN_GAMMA);
    sum += ms;
    sumOfSquares += ms * ms;
  }
  return {
    count: n,
    sum,
    sumOfSquares,
    min: null,
    max: null,
    sketch: { alpha: SKETCH_ALPHA, zeroCount: 0, offset, counts },
  };
};
