/** Since when something of each service is open: what is older than that by enough may go. Reads only. */
import type { OpenSince } from '../../../domain/retention.ts';
import type { Queryable } from '../database.ts';

/** How long after its end a change still counts as open: reports and late labels ask for it. */
const AFTER_THE_END_MS = 7 * 86_400_000;

/** A row whose end nobody wrote down counts as open for so long, and beyond that while its generation holds the lease or is being tried. */
export const UNENDED_MS = 60 * 86_400_000;

const open = (ended: string): string => `CASE
  WHEN c.ended_at_ms IS NULL THEN c.started_at_ms > $1::bigint - $3
    OR EXISTS (SELECT FROM change_leases l WHERE l.service_id = c.service_id AND l.generation = c.generation)
    OR EXISTS (SELECT FROM configurations t
      WHERE t.service_id = c.service_id AND t.generation = c.generation AND t.status = 'trying')
  ELSE ${ended} > $1::bigint - $2 END`;

/** A promoted change is watched for as long as its plan says, which the row of its rollout holds. */
const OPEN = `
  SELECT service_id, min(from_ms) AS from_ms FROM (
    SELECT service_id, acquired_at_ms AS from_ms FROM change_leases
    UNION ALL
    SELECT service_id, recorded_at_ms FROM configurations WHERE status = 'trying'
    UNION ALL
    SELECT service_id, started_at_ms FROM experiments c WHERE ${open('c.ended_at_ms')}
    UNION ALL
    SELECT service_id, started_at_ms FROM rollouts c
    WHERE ${open(`c.ended_at_ms + coalesce((c.state->>'watchMs')::float8, 0)`)}
  ) AS open GROUP BY service_id`;

export async function openSince(db: Queryable, nowMs: number): Promise<readonly OpenSince[]> {
  const rows = await db.query<{ service_id: string; from_ms: number }>(OPEN, [
    nowMs,
    AFTER_THE_END_MS,
    UNENDED_MS,
  ]);
  return rows.map((row) => ({ serviceId: row.service_id, fromMs: row.from_ms }));
}
