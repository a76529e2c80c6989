/**
 * Controls of experiments as a baseline counts them. An experiment counts a unit once for all of it, so after a day or two hardly anybody is new; a baseline asks
 * what the stable configuration does now. Sessions and users that a control serves are therefore counted anew every hour besides, as those of
 * the stable arm are while no change is under way: as first observations of `stable` under the experiment's generation. A request is new
 * in either way, and is not counted twice.
 */
import type { FeedbackEvent } from '../../ports/windows.ts';
import type { Queryable } from './database.ts';

/** Those of `events`, all of experiments, that a control answered to a session or a user. */
export async function returningControls(
  tx: Queryable,
  events: readonly FeedbackEvent[],
): Promise<ReadonlySet<FeedbackEvent>> {
  const sticky = events.filter(({ data }) => data.unit.kind !== 'request');
  if (sticky.length === 0) return new Set();
  const keyOf = (service: string, generation: number): string => JSON.stringify([service, generation]);
  const asked = new Map(
    sticky.map(
      ({ data }) => [keyOf(data.service, data.generation), [data.service, data.generation]] as const,
    ),
  );
  const rows = await tx.query<{ service_id: string; generation: number; arm: string }>(
    `SELECT a.service_id, a.generation, a.arm FROM experiment_arms a
     JOIN unnest($1::text[], $2::bigint[]) AS k(service_id, generation) USING (service_id, generation)
     WHERE a.position = 0`,
    [
      [...asked.values()].map(([service]) => service),
      [...asked.values()].map(([, generation]) => generation),
    ],
  );
  const controls = new Map(rows.map((row) => [keyOf(row.service_id, row.generation), row.arm]));
  return new Set(
    sticky.filter(({ data }) => controls.get(keyOf(data.service, data.generation)) === data.arm),
  );
}

/** Windows of the control of an experiment with the configuration of generation $7 (any where null), of service $1. */
const ITS = `(
  SELECT c.arm, c.generation FROM experiment_arms c WHERE c.service_id = $1 AND c.position = 0
    AND ($7::bigint IS NULL OR c.hash = (SELECT s.hash FROM configurations s WHERE s.service_id = $1 AND s.generation = $7)))`;

/** Condition for windows of controls beside those of the stable arm, with the parameters of `read-windows.ts`: every observation. */
export const CONTROLS = `'stable' = ANY ($6) AND (arm, generation) IN ${ITS}`;

/** The same for first observations: by the hour where they were counted so. */
export const CONTROLS_FIRST = `'stable' = ANY ($6) AND (
  arm = 'stable' AND generation IN (SELECT generation FROM ${ITS} AS c)
  OR (arm, generation) IN ${ITS} AND NOT EXISTS (
    SELECT FROM metric_windows h WHERE h.service_id = $1 AND h.arm = 'stable' AND h.generation = metric_windows.generation
      AND h.window_start_ms = metric_windows.window_start_ms AND h.window_ms = metric_windows.window_ms
      AND h.metric = metric_windows.metric AND h.first_count > 0))`;
