/** Since when each service has sent OTLP metrics. Written once for each, so that exports of one service do not wait for each other. */
import type { Queryable } from './database.ts';

interface Row {
  readonly service_id: string;
  readonly first_seen_ms: number;
}

/** When the first metric of each service came, ms since the epoch: `nowMs` for one that is met now. In the caller's transaction. */
export async function seenSince(
  tx: Queryable,
  serviceIds: Iterable<string>,
  nowMs: number,
): Promise<ReadonlyMap<string, number>> {
  const all = [...new Set(serviceIds)];
  const known = await tx.query<Row>(
    'SELECT service_id, first_seen_ms FROM otlp_services WHERE service_id = ANY ($1::text[])',
    [all],
  );
  const seen = new Map(known.map((row) => [row.service_id, row.first_seen_ms]));
  const met = all.filter((id) => !seen.has(id));
  if (met.length === 0) return seen;
  const made = await tx.query<Row>(
    `INSERT INTO otlp_services AS s (service_id, first_seen_ms)
     SELECT id, $2 FROM unnest($1::text[]) AS m(id) ORDER BY id COLLATE "C"
     ON CONFLICT (service_id) DO UPDATE SET first_seen_ms = least(s.first_seen_ms, excluded.first_seen_ms)
     RETURNING service_id, first_seen_ms`,
    [met, nowMs],
  );
  for (const row of made) seen.set(row.service_id, row.first_seen_ms);
  return seen;
}
