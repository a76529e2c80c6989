/**
 * Which observation is the first of its unit. A request is its own unit; of a session or a user only the first event in a
 * generation and an epoch (`unit-epochs.ts`) counts, and for quality the first one that somebody judged.
 *
 * First means first to arrive, within a batch first exposed. An event that arrives after a later one of its unit does not
 * take its place: a block that was judged must not lose an observation.
 */
import type { FeedbackEvent } from '../../ports/windows.ts';
import type { blockLengths } from './block-lengths.ts';
import type { Queryable } from './database.ts';
import { epochsOf } from './unit-epochs.ts';

/** Whether the event counts as its unit's first, for quality and for everything else. */
export interface FirstOfUnit {
  readonly exposure: boolean;
  readonly label: boolean;
}

interface Sticky {
  readonly event: FeedbackEvent;
  readonly key: string;
  readonly epochMs: number;
  readonly exposedAtMs: number;
}

const OWN_UNIT: FirstOfUnit = { exposure: true, label: true };
const NOT_FIRST: FirstOfUnit = { exposure: false, label: false };

const keyOf = (serviceId: string, generation: number, epochMs: number, kind: string, id: string): string =>
  JSON.stringify([serviceId, generation, epochMs, kind, id]);

/**
 * Remembers the units of `events` in the caller's transaction and says which events are first.
 * @param everyHour those of them whose units count anew every hour, whatever change is under way
 */
export async function firstOfUnits(
  tx: Queryable,
  events: readonly FeedbackEvent[],
  blocks: Awaited<ReturnType<typeof blockLengths>>,
  everyHour: ReadonlySet<FeedbackEvent>,
): Promise<(event: FeedbackEvent) => FirstOfUnit> {
  const ofOthers = events.filter(({ data }) => data.unit.kind !== 'request');
  if (ofOthers.length === 0) return () => OWN_UNIT;
  const epochOf = await epochsOf(tx, ofOthers, blocks, everyHour);
  const sticky: Sticky[] = ofOthers
    .flatMap((event) => {
      const { service, generation, unit, timestamp } = event.data;
      const epochMs = epochOf(event);
      if (epochMs === null) return [];
      const key = keyOf(service, generation, epochMs, unit.kind, unit.id);
      return [{ event, key, epochMs, exposedAtMs: Date.parse(timestamp) }];
    })
    .sort((a, b) => a.exposedAtMs - b.exposedAtMs);

  const exposures = earliestByKey(sticky);
  const labels = earliestByKey(sticky.filter(({ event }) => event.data.quality !== null));
  const newUnits = await remember(tx, [...exposures.values()]);
  const newLabels = await markLabelled(tx, [...labels.values()]);
  return (event) => {
    if (event.data.unit.kind === 'request') return OWN_UNIT;
    const { service, generation, unit } = event.data;
    const epochMs = epochOf(event);
    if (epochMs === null) return NOT_FIRST;
    const key = keyOf(service, generation, epochMs, unit.kind, unit.id);
    return {
      exposure: newUnits.has(key) && exposures.get(key)?.event === event,
      label: newLabels.has(key) && labels.get(key)?.event === event,
    };
  };
}

function earliestByKey(sorted: readonly Sticky[]): Map<string, Sticky> {
  const earliest = new Map<string, Sticky>();
  for (const one of sorted) if (!earliest.has(one.key)) earliest.set(one.key, one);
  // One order for all writers: two batches that share units never wait for each other in a circle.
  return new Map([...earliest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface UnitRow {
  readonly service_id: string;
  readonly generation: number;
  readonly epoch_ms: number;
  readonly unit_kind: string;
  readonly unit_id: string;
}

const columnsOf = (units: readonly Sticky[]): unknown[] => [
  units.map(({ event }) => event.data.service),
  units.map(({ event }) => event.data.generation),
  units.map(({ epochMs }) => epochMs),
  units.map(({ event }) => event.data.unit.kind),
  units.map(({ event }) => event.data.unit.id),
];

const keysOf = (rows: readonly UnitRow[]): ReadonlySet<string> =>
  new Set(rows.map((row) => keyOf(row.service_id, row.generation, row.epoch_ms, row.unit_kind, row.unit_id)));

async function remember(tx: Queryable, units: readonly Sticky[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<UnitRow>(
    `INSERT INTO exposure_units (service_id, generation, epoch_ms, unit_kind, unit_id, first_exposed_at_ms, labelled)
     SELECT *, false FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
     ON CONFLICT DO NOTHING RETURNING service_id, generation, epoch_ms, unit_kind, unit_id`,
    [...columnsOf(units), units.map((unit) => unit.exposedAtMs)],
  );
  return keysOf(rows);
}

async function markLabelled(tx: Queryable, units: readonly Sticky[]): Promise<ReadonlySet<string>> {
  if (units.length === 0) return new Set();
  // Locked in key order first: an UPDATE with a join would lock in whatever order its plan chooses.
  await tx.query(
    `SELECT FROM exposure_units u
     JOIN unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
       WITH ORDINALITY AS k(service_id, generation, epoch_ms, unit_kind, unit_id, n)
       USING (service_id, generation, epoch_ms, unit_kind, unit_id)
     ORDER BY k.n FOR UPDATE OF u`,
    columnsOf(units),
  );
  const rows = await tx.query<UnitRow>(
    `UPDATE exposure_units u SET labelled = true
     FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
       AS k(service_id, generation, epoch_ms, unit_kind, unit_id)
     WHERE u.service_id = k.service_id AND u.generation = k.generation AND u.epoch_ms = k.epoch_ms
       AND u.unit_kind = k.unit_kind AND u.unit_id = k.unit_id AND NOT u.labelled
     RETURNING u.service_id, u.generation, u.epoch_ms, u.unit_kind, u.unit_id`,
    columnsOf(units),
  );
  return keysOf(rows);
}
