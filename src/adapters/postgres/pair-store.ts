/** Pairs of shadows: written in the transaction of their batch, read in blocks of arrival. */
import type { PairBlock } from '../../domain/pair-block.ts';
import type { PairEvent, PairStore, SlowLimits } from '../../ports/pairs.ts';
import { windowMsOf } from './block-lengths.ts';
import type { Database, Queryable } from './database.ts';
import { addToPairWindows, PairBatch, readPairWindows, valuesOf } from './pair-rows.ts';
import { windowStartMs } from './window-rows.ts';

const candidateOf = (serviceId: string, generation: number): string =>
  JSON.stringify([serviceId, generation]);

const unitOf = ({ service, generation, unit }: PairEvent['data']): string =>
  JSON.stringify([service, generation, unit.kind, unit.id]);

/** Folds pairs that were never seen into the windows of the present moment, each unit's first one. */
export async function foldPairs(
  tx: Queryable,
  pairs: readonly PairEvent[],
  blocks: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<void> {
  const limits = await limitsOf(tx, pairs);
  const isFirst = await firstOfUnits(tx, pairs);
  const batch = new PairBatch();
  for (const pair of pairs.filter(isFirst)) {
    const { service: serviceId, generation } = pair.data;
    const windowMs = windowMsOf(blocks, serviceId);
    const key = { serviceId, generation, windowStartMs: windowStartMs(nowMs, windowMs), windowMs };
    const slow = limits.get(candidateOf(serviceId, generation)) ?? null;
    for (const values of valuesOf(pair.data, slow)) batch.add(key, values);
  }
  await addToPairWindows(tx, batch);
}

async function limitsOf(
  tx: Queryable,
  pairs: readonly PairEvent[],
): Promise<ReadonlyMap<string, SlowLimits>> {
  const rows = await tx.query<{
    service_id: string;
    generation: number;
    stable_ms: number;
    candidate_ms: number;
  }>(
    `SELECT DISTINCT l.service_id, l.generation, l.stable_ms, l.candidate_ms FROM shadow_limits l
     JOIN unnest($1::text[], $2::bigint[]) AS p(service_id, generation) USING (service_id, generation)`,
    [pairs.map(({ data }) => data.service), pairs.map(({ data }) => data.generation)],
  );
  return new Map(
    rows.map((row) => [
      candidateOf(row.service_id, row.generation),
      { stableMs: row.stable_ms, candidateMs: row.candidate_ms },
    ]),
  );
}

/** A request is its own unit. Pairs of one user are alike, so that only the first one is evidence. */
async function firstOfUnits(
  tx: Queryable,
  pairs: readonly PairEvent[],
): Promise<(pair: PairEvent) => boolean> {
  const first = new Map<string, PairEvent>();
  for (const pair of pairs) {
    const key = unitOf(pair.data);
    if (pair.data.unit.kind !== 'request' && !first.has(key)) first.set(key, pair);
  }
  // One order for all writers: two batches that share units never wait for each other in a circle.
  const sorted = [...first.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair.data);
  const rows =
    sorted.length === 0
      ? []
      : await tx.query<{ service_id: string; generation: number; unit_kind: string; unit_id: string }>(
          `INSERT INTO shadow_units (service_id, generation, unit_kind, unit_id)
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
           ON CONFLICT DO NOTHING RETURNING service_id, generation, unit_kind, unit_id`,
          [
            sorted.map(({ service }) => service),
            sorted.map(({ generation }) => generation),
            sorted.map(({ unit }) => unit.kind),
            sorted.map(({ unit }) => unit.id),
          ],
        );
  const fresh = new Set(
    rows.map((row) => JSON.stringify([row.service_id, row.generation, row.unit_kind, row.unit_id])),
  );
  return (pair) => {
    const key = unitOf(pair.data);
    return pair.data.unit.kind === 'request' || (fresh.has(key) && first.get(key) === pair);
  };
}

export function createPairStore(db: Database): PairStore {
  return {
    freezeLimits: async (serviceId, generation, { stableMs, candidateMs }) => {
      await db.query(
        `INSERT INTO shadow_limits (service_id, generation, stable_ms, candidate_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING`,
        [serviceId, generation, stableMs, candidateMs],
      );
    },
    carryLimits: async (serviceId, from, to) => {
      await db.query(
        `INSERT INTO shadow_limits (service_id, generation, stable_ms, candidate_ms)
         SELECT service_id, $3, stable_ms, candidate_ms FROM shadow_limits WHERE service_id = $1 AND generation = $2
         ON CONFLICT DO NOTHING`,
        [serviceId, from, to],
      );
    },
    blocks: async (range) => {
      const { blockMs } = range;
      const blocks = new Map<number, PairBlock>();
      for (const { no, metric, sums } of await readPairWindows(db, range)) {
        const known = blocks.get(no) ?? { no, startMs: no * blockMs, endMs: (no + 1) * blockMs, metrics: {} };
        blocks.set(no, { ...known, metrics: { ...known.metrics, [metric]: sums } });
      }
      return [...blocks.values()];
    },
  };
}
