/**
 * In which epoch an observation falls: of each unit the first one in an epoch counts. A weight of a change is an epoch, so that both arms of a step are
 * counted from the same moment; while no change is under way every hour is one. It stores and looks up; `unit-first.ts` counts.
 */
import type { FeedbackEvent, UnitEpoch } from '../../ports/windows.ts';
import type { Queryable } from './database.ts';
import { windowMsOf, type blockLengths } from './block-lengths.ts';
import { windowStartMs } from './window-rows.ts';

const HOUR_MS = 3_600_000;

interface Row {
  readonly service_id: string;
  readonly began_at_ms: number;
  readonly every: UnitEpoch['every'];
}

/** Remembers that an epoch began. Key: service and key; a second call changes nothing. */
export async function beginEpoch(db: Queryable, { serviceId, key, atMs, every }: UnitEpoch): Promise<void> {
  await db.query(
    `INSERT INTO unit_epochs (service_id, key, began_at_ms, every) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [serviceId, key, atMs, every],
  );
}

/**
 * The epoch of each event, ms since the Unix epoch. A window belongs to the epoch during which it began, as a block belongs to the step
 * during which it began. Null for what came after an epoch had begun within the window: it belongs to neither. Counted in the epoch
 * before, the units that just moved to the candidate would all be new there, and those of the stable arm old.
 * @param everyHour events for which every hour is an epoch, whatever the last change says
 */
export async function epochsOf(
  tx: Queryable,
  events: readonly FeedbackEvent[],
  blocks: Awaited<ReturnType<typeof blockLengths>>,
  everyHour: ReadonlySet<FeedbackEvent> = new Set(),
): Promise<(event: FeedbackEvent) => number | null> {
  const startOf = ({ data }: FeedbackEvent): number =>
    windowStartMs(Date.parse(data.timestamp), windowMsOf(blocks, data.service));
  const services = [...new Set(events.map(({ data }) => data.service))];
  const earliest = events.reduce((least, event) => Math.min(least, startOf(event)), Infinity);
  if (services.length === 0) return () => 0;
  // The epochs that began since the earliest window, and the one before them.
  const rows = await tx.query<Row>(
    `SELECT service_id, began_at_ms, every FROM unit_epochs e
     WHERE service_id = ANY ($1) AND began_at_ms >= coalesce(
       (SELECT max(b.began_at_ms) FROM unit_epochs b WHERE b.service_id = e.service_id AND b.began_at_ms <= $2), 0)
     ORDER BY began_at_ms`,
    [services, earliest],
  );
  return (event) => {
    const atMs = startOf(event);
    const exposedAtMs = Date.parse(event.data.timestamp);
    const begun = rows.filter(
      (row) => row.service_id === event.data.service && row.began_at_ms <= exposedAtMs,
    );
    if (begun.some((row) => row.began_at_ms > atMs)) return null;
    const epoch = begun.at(-1);
    if (epoch?.every === 'step' && !everyHour.has(event)) return epoch.began_at_ms;
    return Math.max(Math.floor(atMs / HOUR_MS) * HOUR_MS, epoch?.began_at_ms ?? 0);
  };
}
