/** How long the windows of each service are. Read once per batch, so a change of settings holds from the next batch on. */
import type { Queryable } from './database.ts';

/** Windows of a service that nobody registered. */
const UNKNOWN_SERVICE_WINDOW_MS = 60_000;

/** Length of the windows of each registered service among `serviceIds`, ms. */
export async function blockLengths(
  tx: Queryable,
  serviceIds: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ service_id: string; block_ms: number }>(
    'SELECT service_id, block_ms FROM services WHERE service_id = ANY ($1)',
    [[...new Set(serviceIds)]],
  );
  return new Map(rows.map((row) => [row.service_id, row.block_ms]));
}

/** Names of the metrics that each registered service among `serviceIds` lists in its settings. */
export async function listedMetrics(
  tx: Queryable,
  serviceIds: Iterable<string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await tx.query<{ service_id: string; names: readonly string[] }>(
    `SELECT service_id, ARRAY(
       SELECT metric->>'name' FROM json_array_elements(settings->'metrics') AS metric ORDER BY 1) AS names
     FROM services WHERE service_id = ANY ($1)`,
    [[...new Set(serviceIds)]],
  );
  return new Map(rows.map((row) => [row.service_id, row.names]));
}

/** A service's window length in ms; a minute for one that nobody registered. */
export const windowMsOf = (blocks: ReadonlyMap<string, number>, serviceId: string): number =>
  blocks.get(serviceId) ?? UNKNOWN_SERVICE_WINDOW_MS;
