/**
 * Which observation is the first of its unit. A request is its own unit; of a session or a user only the first event in a
 * generation counts, and for quality the first one that somebody judged.
 *
 * First means first to arrive, within a batch first exposed. An event that arrives after a later one of its unit does not
 * take its place: a block that was judged must not lose an observation.
 */
import type { FeedbackEvent } from '../../ports/windows.ts';
import type { Queryable } from './database.ts';

/** Whether the event counts as its unit's first, for quality and for everything else. */
export interface FirstOfUnit {
  readonly exposure: boolean;
  readonly label: boolean;
}

interface Sticky {
  readonly event: FeedbackEvent;
  readonly key: string;
  readonly exposedAtMs: number;
}

const OWN_UNIT: FirstOfUnit = { exposure: true, label: true };

const keyOf = (serviceId: string, generation: number, kind: string, id: string): string =>
  JSON.stringify([serviceId, generation, kind, id]);

/** Remembers the units of `events` in the caller's transaction and says which events are first. */
export async function firstOfUnits(
  tx: Queryable,
  events: readonly FeedbackEvent[],
): Promise<(event: FeedbackEvent) => FirstOfUnit> {
  const sticky: Sticky[] = events
    .filter(({ data }) => data.unit.kind !== 'request')
    .map((event) => ({
      event,
      key: keyOf(event.data.service, event.data.generation, event.data.unit.kind, event.data.unit.id),
      exposedAtMs: Date.parse(event.data.timestamp),
    }))
    .sort((a, b) => a.exposedAtMs - b.exposedAtMs);
  if (sticky.length === 0) return () => OWN_UNIT;

  const exposures = earliestByKey(sticky);
  const labels = earliestByKey(sticky.filter(({ event }) => event.data.quality !== null));
  const newUnits = await remember(tx, [...exposures.values()]);
  const newLabels = await markLabelled(tx, [...labels.values()]);
  return (event) => {
    if (event.data.unit.kind === 'request') return OWN_UNIT;
    const { service, generation, unit } = event.data;
    const key = keyOf(service, generation, unit.kind, unit.id);
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
  readonly unit_kind: string;
  readonly unit_id: string;
}

const columnsOf = (units: readonly Sticky[]): unknown[] => [
  units.map(({ event }) => event.data.service),
  units.map(({ event }) => event.data.generation),
  units.map(({ event }) => event.data.unit.kind),
  units.map(({ event }) => event.data.unit.id),
];

const keysOf = (rows: readonly UnitRow[]): ReadonlySet<string> =>
  new Set(rows.map((row) => keyOf(row.service_id, row.generation, row.unit_kind, row.unit_id)));

async function remember(tx: Queryable, units: readonly Sticky[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<UnitRow>(
    `INSERT INTO exposure_units (service_id, generation, unit_kind, unit_id, first_exposed_at_ms, labelled)
     SELECT *, false FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
     ON CONFLICT DO NOTHING RETURNING service_id, generation, unit_kind, unit_id`,
    [...columnsOf(units), units.map((unit) => unit.exposedAtMs)],
  );
  return keysOf(rows);
}

async function markLabelled(tx: Queryable, units: readonly Sticky[]): Promise<ReadonlySet<string>> {
  if (units.length === 0) return new Set();
  // Locked in key order first: an UPDATE with a join would lock in whatever order its plan chooses.
  await tx.query(
    `SELECT FROM exposure_units u
     JOIN unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
       WITH ORDINALITY AS k(service_id, generation, unit_kind, unit_id, n)
       USING (service_id, generation, unit_kind, unit_id)
     ORDER BY k.n FOR UPDATE OF u`,
    columnsOf(units),
  );
  const rows = await tx.query<UnitRow>(
    `UPDATE exposure_units u SET labelled = true
     FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS k(service_id, generation, unit_kind, unit_id)
     WHERE u.service_id = k.service_id AND u.generation = k.generation AND u.unit_kind = k.unit_kind
       AND u.unit_id = k.unit_id AND NOT u.labelled
     RETURNING u.service_id, u.generation, u.unit_kind, u.unit_id`,
    columnsOf(units),
  );
  return keysOf(rows);
}
