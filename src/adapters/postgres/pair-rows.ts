/** What a batch of pairs adds to the pair windows: folded in memory, then one upsert. */
import { PAIR_METRICS, type PairMetric, type PairSums } from '../../domain/pair-block.ts';
import type { PairData } from '../../domain/shadow-pair.ts';
import type { SlowLimits } from '../../ports/pairs.ts';
import type { Queryable } from './database.ts';

/** Identity of a pair window, without its metric. */
export interface PairWindowKey {
  readonly serviceId: string;
  readonly generation: number;
  readonly windowStartMs: number;
  readonly windowMs: number;
}

/** The two values of one metric of a pair. */
interface Values {
  readonly metric: PairMetric;
  readonly s: number;
  readonly c: number;
  readonly disagreed?: boolean;
}

/** A quality counts when both sides were graded; slow sides are counted where limits were frozen, a failed side as it took. */
export function valuesOf(data: PairData, limits: SlowLimits | null): readonly Values[] {
  const { stable, candidate, judge } = data;
  const values: Values[] = [
    { metric: 'error', s: Number(stable.error), c: Number(candidate.error) },
    { metric: 'costUsd', s: stable.cost_usd, c: candidate.cost_usd },
  ];
  if (stable.quality !== null && candidate.quality !== null) {
    values.push({ metric: 'quality', s: stable.quality, c: candidate.quality });
  }
  if (limits !== null) {
    const [s, c] = [stable.latency_ms > limits.stableMs, candidate.latency_ms > limits.candidateMs];
    values.push({ metric: 'slow', s: Number(s), c: Number(c) });
  }
  if (judge !== undefined) {
    const [one, other] = judge.map(({ preferred }) => preferred);
    const agreed = one === other ? one : 'tie';
    values.push({
      metric: 'preference',
      s: Number(agreed === 'stable'),
      c: Number(agreed === 'candidate'),
      disagreed: one !== other,
    });
  }
  return values;
}

const NOTHING: PairSums = {
  n: 0,
  sumS: 0,
  sumC: 0,
  sumSS: 0,
  sumCC: 0,
  sumSC: 0,
  greater: 0,
  smaller: 0,
  disagreed: 0,
};

const plus = (sums: PairSums, { s, c, disagreed = false }: Values): PairSums => ({
  n: sums.n + 1,
  sumS: sums.sumS + s,
  sumC: sums.sumC + c,
  sumSS: sums.sumSS + s * s,
  sumCC: sums.sumCC + c * c,
  sumSC: sums.sumSC + s * c,
  greater: sums.greater + Number(c > s),
  smaller: sums.smaller + Number(c < s),
  disagreed: sums.disagreed + Number(disagreed),
});

/** Additions of one batch by window and metric. */
export class PairBatch {
  readonly #sums = new Map<
    string,
    { readonly key: PairWindowKey; readonly metric: PairMetric; sums: PairSums }
  >();

  add(key: PairWindowKey, values: Values): void {
    const { serviceId, generation, windowStartMs, windowMs } = key;
    const { metric } = values;
    const text = JSON.stringify([serviceId, generation, windowStartMs, windowMs, metric]);
    const known = this.#sums.get(text) ?? { key, metric, sums: NOTHING };
    known.sums = plus(known.sums, values);
    this.#sums.set(text, known);
  }

  /** In one order for all writers, so that two batches never wait for each other in a circle. */
  rows(): readonly Record<string, unknown>[] {
    return [...this.#sums.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { key, metric, sums }]) => ({
        service_id: key.serviceId,
        generation: key.generation,
        window_start_ms: key.windowStartMs,
        window_ms: key.windowMs,
        metric,
        pairs: sums.n,
        stable_sum: sums.sumS,
        candidate_sum: sums.sumC,
        stable_squares: sums.sumSS,
        candidate_squares: sums.sumCC,
        products: sums.sumSC,
        greater: sums.greater,
        smaller: sums.smaller,
        disagreed: sums.disagreed,
      }));
  }
}

const KEY = ['service_id', 'generation', 'window_start_ms', 'window_ms', 'metric'];
const SUMS = [
  'pairs',
  'stable_sum',
  'candidate_sum',
  'stable_squares',
  'candidate_squares',
  'products',
  'greater',
  'smaller',
  'disagreed',
];
const COLUMNS = [...KEY, ...SUMS].join(', ');

const UPSERT = `
  INSERT INTO shadow_pair_windows AS w (${COLUMNS})
  SELECT ${COLUMNS} FROM json_populate_recordset(NULL::shadow_pair_windows, $1)
  ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET ${SUMS.map((name) => `${name} = w.${name} + excluded.${name}`).join(', ')}`;

/** Adds the batch to the windows, in the caller's transaction. */
export async function addToPairWindows(tx: Queryable, batch: PairBatch): Promise<void> {
  const rows = batch.rows();
  if (rows.length > 0) await tx.query(UPSERT, [JSON.stringify(rows)]);
}

interface Row {
  readonly no: number;
  readonly metric: PairMetric;
  readonly n: number;
  readonly s: number;
  readonly c: number;
  readonly ss: number;
  readonly cc: number;
  readonly sc: number;
  readonly greater: number;
  readonly smaller: number;
  readonly disagreed: number;
}

/** Sums per block and metric, blocks rising. Windows that are longer than a block, or straddle two, are left out. */
export async function readPairWindows(
  db: Queryable,
  of: {
    readonly serviceId: string;
    readonly generation: number;
    readonly blockMs: number;
    readonly fromNo: number;
    readonly toNo: number;
  },
): Promise<readonly { readonly no: number; readonly metric: PairMetric; readonly sums: PairSums }[]> {
  const rows = await db.query<Row>(
    `SELECT window_start_ms / $3 AS no, metric, sum(pairs)::float8 AS n, sum(stable_sum) AS s, sum(candidate_sum) AS c,
       sum(stable_squares) AS ss, sum(candidate_squares) AS cc, sum(products) AS sc,
       sum(greater)::float8 AS greater, sum(smaller)::float8 AS smaller, sum(disagreed)::float8 AS disagreed
     FROM shadow_pair_windows
     WHERE service_id = $1 AND generation = $2 AND window_start_ms >= $4 AND window_start_ms < $5
       AND $3::bigint % window_ms = 0 AND metric = ANY ($6)
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [
      of.serviceId,
      of.generation,
      of.blockMs,
      of.fromNo * of.blockMs,
      (of.toNo + 1) * of.blockMs,
      PAIR_METRICS,
    ],
  );
  return rows.map(({ no, metric, n, s, c, ss, cc, sc, greater, smaller, disagreed }) => ({
    no,
    metric,
    sums: { n, sumS: s, sumC: c, sumSS: ss, sumCC: cc, sumSC: sc, greater, smaller, disagreed },
  }));
}
