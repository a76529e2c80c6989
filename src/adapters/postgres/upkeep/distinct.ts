/** Which services, and which generations of them, a table has rows of: one look at its key per answer, however many rows there are. */
import type { Queryable } from '../database.ts';

/** Tables whose key begins with the service, and with service and generation. */
export type ByService = 'metric_windows' | 'unit_epochs';
export type ByGeneration =
  'exposure_units' | 'experiment_units' | 'experiment_providers' | 'shadow_units' | 'shadow_pair_windows';

/** In the order of the key, from `from` on, that one too. */
export async function servicesIn(db: Queryable, table: ByService, from = ''): Promise<readonly string[]> {
  const rows = await db.query<{ service_id: string }>(
    `WITH RECURSIVE s AS (
       (SELECT service_id FROM ${table} WHERE service_id >= $1 ORDER BY service_id LIMIT 1)
       UNION ALL
       SELECT n.service_id FROM s CROSS JOIN LATERAL (
         SELECT t.service_id FROM ${table} t WHERE t.service_id > s.service_id ORDER BY t.service_id LIMIT 1) AS n
     ) SELECT service_id FROM s`,
    [from],
  );
  return rows.map((row) => row.service_id);
}

export interface Pair {
  readonly service_id: string;
  readonly generation: number;
}

export async function generationsIn(db: Queryable, table: ByGeneration): Promise<readonly Pair[]> {
  return db.query<Pair>(
    `WITH RECURSIVE g AS (
       (SELECT service_id, generation FROM ${table} ORDER BY service_id, generation LIMIT 1)
       UNION ALL
       SELECT n.service_id, n.generation FROM g CROSS JOIN LATERAL (
         SELECT t.service_id, t.generation FROM ${table} t WHERE (t.service_id, t.generation) > (g.service_id, g.generation)
         ORDER BY t.service_id, t.generation LIMIT 1) AS n
     ) SELECT service_id, generation FROM g`,
  );
}

export interface BlockLength extends Pair {
  readonly block_ms: number;
}

/** The lengths of the blocks of `rollout_blocks` as well: one for a rollout, as a rule. */
export async function blockLengthsIn(db: Queryable): Promise<readonly BlockLength[]> {
  return db.query<BlockLength>(
    `WITH RECURSIVE b AS (
       (SELECT service_id, generation, block_ms FROM rollout_blocks ORDER BY service_id, generation, block_ms LIMIT 1)
       UNION ALL
       SELECT n.service_id, n.generation, n.block_ms FROM b CROSS JOIN LATERAL (
         SELECT t.service_id, t.generation, t.block_ms FROM rollout_blocks t
         WHERE (t.service_id, t.generation, t.block_ms) > (b.service_id, b.generation, b.block_ms)
         ORDER BY t.service_id, t.generation, t.block_ms LIMIT 1) AS n
     ) SELECT service_id, generation, block_ms FROM b`,
  );
}
