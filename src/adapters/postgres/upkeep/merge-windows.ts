/** Old windows of a block's length become windows of an hour: counts, sums, extremes and sketches of every observation and of the first of each unit. */
import { cutoffOf, MERGED_MS, wholeHour, type Retention } from '../../../domain/retention.ts';
import type { Done, Portion } from '../../../ports/maintenance.ts';
import type { Database, Queryable } from '../database.ts';
import { servicesIn } from './distinct.ts';
import { openSince } from './open-since.ts';

const KEY = ['service_id', 'window_start_ms', 'window_ms', 'arm', 'generation', 'metric', 'task_type'];
const SUMMED = ['count', 'sum', 'sum_of_squares'];
const SCOPES = ['', 'first_'];

const ofScopes = (make: (prefix: string) => readonly string[]): string => SCOPES.flatMap(make).join(', ');

const COLUMNS = `${KEY.join(', ')}, ${ofScopes((p) => [...SUMMED, 'min', 'max', 'sketch'].map((name) => `${p}${name}`))}`;

/** The sum of a bigint is a numeric; that of a float stays one. */
const MERGED = ofScopes((p) => [
  `sum(${p}count)::bigint`,
  `sum(${p}sum)`,
  `sum(${p}sum_of_squares)`,
  `min(${p}min)`,
  `max(${p}max)`,
  `sum_sketches(${p}sketch)`,
]);

const ADDED = ofScopes((p) => [
  ...SUMMED.map((name) => `${p}${name} = w.${p}${name} + excluded.${p}${name}`),
  `${p}min = least(w.${p}min, excluded.${p}min)`,
  `${p}max = greatest(w.${p}max, excluded.${p}max)`,
  `${p}sketch = merge_sketches(w.${p}sketch, excluded.${p}sketch)`,
]);

/** One statement moves an hour ($2) of a service ($1): what it takes away is what it puts down. An hour that was merged before is added to. */
const MERGE_HOUR = `
  WITH moved AS (
    DELETE FROM metric_windows
    WHERE service_id = $1 AND window_start_ms >= $2 AND window_start_ms < $2 + $3::integer AND window_ms < $3
    RETURNING *
  ), made AS (
    INSERT INTO metric_windows AS w (${COLUMNS})
    SELECT service_id, $2, $3, arm, generation, metric, task_type, ${MERGED} FROM moved
    GROUP BY service_id, arm, generation, metric, task_type
    ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET ${ADDED}
  )
  SELECT count(*) AS rows FROM moved`;

/** Start of the oldest window from `fromMs` on that is shorter than an hour and may be merged; null when there is none. */
async function oldestFine(
  db: Queryable,
  serviceId: string,
  fromMs: number,
  beforeMs: number,
): Promise<number | null> {
  const [row] = await db.query<{ window_start_ms: number }>(
    `SELECT window_start_ms FROM metric_windows
     WHERE service_id = $1 AND window_start_ms >= $2 AND window_start_ms < $3 AND window_ms < $4
     ORDER BY window_start_ms LIMIT 1`,
    [serviceId, fromMs, beforeMs, MERGED_MS],
  );
  return row?.window_start_ms ?? null;
}

/**
 * See `MaintenanceStore.mergeWindows`. `rows`: windows that were merged into others. The length of a window is the third column of the key, so what was merged before is
 * walked through to find what was not: once a run, since each portion goes on where the one before has stopped.
 */
export async function mergeWindows(
  db: Database,
  kept: Retention,
  nowMs: number,
  { enough, from }: Portion,
): Promise<Done> {
  const open = await openSince(db, nowMs);
  const services = await servicesIn(db, 'metric_windows', from?.serviceId);
  let rows = 0;
  for (const [i, serviceId] of services.entries()) {
    const beforeMs = wholeHour(cutoffOf(serviceId, open, kept.mergeAfter, nowMs));
    let at = await oldestFine(db, serviceId, serviceId === from?.serviceId ? from.fromMs : 0, beforeMs);
    while (at !== null) {
      const hour = wholeHour(at);
      const [merged] = await db.query<{ rows: number }>(MERGE_HOUR, [serviceId, hour, MERGED_MS]);
      rows += merged?.rows ?? 0;
      const fromMs = hour + MERGED_MS;
      if (enough()) return { rows, more: true, next: { serviceId, fromMs } };
      at = await oldestFine(db, serviceId, fromMs, beforeMs);
    }
    const following = services[i + 1];
    if (following !== undefined && enough())
      return { rows, more: true, next: { serviceId: following, fromMs: 0 } };
  }
  return { rows, more: false };
}
