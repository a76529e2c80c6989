/** Since when something of each service is open: what is older than that by enough may go. Reads only. */
import type { OpenSince } from '../../../domain/retention.ts';
import type { Queryable } from '../database.ts';

/** How long after its end a change still counts as open: reports and late labels ask for it. */
const AFTER_THE_END_MS = 7 * 86_400_000;

/** A promoted change is watched for as long as its plan says, which the projection of its state holds. */
const OPEN = `
  SELECT service_id, min(from_ms) AS from_ms FROM (
    SELECT service_id, acquired_at_ms AS from_ms FROM change_leases
    UNION ALL
    SELECT service_id, recorded_at_ms FROM configurations WHERE status = 'trying'
    UNION ALL
    SELECT service_id, started_at_ms FROM experiments WHERE ended_at_ms IS NULL OR ended_at_ms > $1::bigint - $2
    UNION ALL
    SELECT service_id, started_at_ms FROM rollouts
    WHERE ended_at_ms IS NULL
      OR ended_at_ms + coalesce((state #>> '{plan,watchMs}')::float8, 0) > $1::bigint - $2
  ) AS open GROUP BY service_id`;

export async function openSince(db: Queryable, nowMs: number): Promise<readonly OpenSince[]> {
  const rows = await db.query<{ service_id: string; from_ms: number }>(OPEN, [nowMs, AFTER_THE_END_MS]);
  return rows.map((row) => ({ serviceId: row.service_id, fromMs: row.from_ms }));
}
