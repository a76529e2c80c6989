/**
 * Which observation of an experiment counts as its unit's first. A unit (a request too) is counted once for the whole of an experiment, in
 * the arm of its first exposure, and its first quality label counts in that arm, whatever arm answered the request that was judged: a unit
 * that a change of weights has moved stays what it was.
 *
 * First means first to arrive, within a batch first exposed, as in `unit-first.ts`. What was exposed in the window in which an epoch began
 * is not counted, and its unit not remembered: it is counted with what it does next.
 */
import type { FeedbackEvent } from '../../ports/windows.ts';
import type { blockLengths } from './block-lengths.ts';
import type { Queryable } from './database.ts';
import { epochsOf } from './unit-epochs.ts';

/** The arm in which an event counts as its unit's first, null where it does not. */
export interface FirstInArm {
  readonly exposureArm: string | null;
  readonly labelArm: string | null;
}

interface Seen {
  readonly event: FeedbackEvent;
  readonly key: string;
  readonly exposedAtMs: number;
}

interface UnitRow {
  readonly service_id: string;
  readonly generation: number;
  readonly unit_kind: string;
  readonly unit_id: string;
  readonly arm: string;
}

const NOT_FIRST: FirstInArm = { exposureArm: null, labelArm: null };

const keyOf = (serviceId: string, generation: number, kind: string, id: string): string =>
  JSON.stringify([serviceId, generation, kind, id]);

/** Remembers the units of `events`, all of experiments, in the caller's transaction, and says in which arm an event is first. */
export async function firstOfExperiments(
  tx: Queryable,
  events: readonly FeedbackEvent[],
  blocks: Awaited<ReturnType<typeof blockLengths>>,
): Promise<(event: FeedbackEvent) => FirstInArm> {
  if (events.length === 0) return () => NOT_FIRST;
  const epochOf = await epochsOf(tx, events, blocks);
  const seen: Seen[] = events
    .filter((event) => epochOf(event) !== null)
    .map((event) => {
      const { service, generation, unit, timestamp } = event.data;
      return {
        event,
        key: keyOf(service, generation, unit.kind, unit.id),
        exposedAtMs: Date.parse(timestamp),
      };
    })
    .sort((a, b) => a.exposedAtMs - b.exposedAtMs);
  const exposures = earliestByKey(seen);
  const labels = earliestByKey(seen.filter(({ event }) => event.data.quality !== null));
  const newUnits = await remember(tx, [...exposures.values()]);
  const newLabels = await label(tx, [...labels.values()]);
  const firsts = new Map<FeedbackEvent, FirstInArm>();
  const note = (event: FeedbackEvent | undefined, more: Partial<FirstInArm>) => {
    if (event) firsts.set(event, { ...NOT_FIRST, ...firsts.get(event), ...more });
  };
  for (const [key, arm] of newUnits) note(exposures.get(key)?.event, { exposureArm: arm });
  for (const [key, arm] of newLabels) note(labels.get(key)?.event, { labelArm: arm });
  return (event) => firsts.get(event) ?? NOT_FIRST;
}

function earliestByKey(sorted: readonly Seen[]): Map<string, Seen> {
  const earliest = new Map<string, Seen>();
  for (const one of sorted) if (!earliest.has(one.key)) earliest.set(one.key, one);
  // One order for all writers: two batches that share units never wait for each other in a circle.
  return new Map([...earliest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const columnsOf = (units: readonly Seen[]): unknown[] => [
  units.map(({ event }) => event.data.service),
  units.map(({ event }) => event.data.generation),
  units.map(({ event }) => event.data.unit.kind),
  units.map(({ event }) => event.data.unit.id),
];

/** Arms of the units by key. */
const armsOf = (rows: readonly UnitRow[]): ReadonlyMap<string, string> =>
  new Map(rows.map((row) => [keyOf(row.service_id, row.generation, row.unit_kind, row.unit_id), row.arm]));

async function remember(tx: Queryable, units: readonly Seen[]): Promise<ReadonlyMap<string, string>> {
  if (units.length === 0) return new Map();
  const rows = await tx.query<UnitRow>(
    `INSERT INTO experiment_units
       (service_id, generation, unit_kind, unit_id, arm, first_exposed_at_ms, task_type, region)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[])
     ON CONFLICT DO NOTHING RETURNING service_id, generation, unit_kind, unit_id, arm`,
    [
      ...columnsOf(units),
      units.map(({ event }) => event.data.arm),
      units.map(({ exposedAtMs }) => exposedAtMs),
      units.map(({ event }) => event.data.task_type),
      units.map(({ event }) => event.data.region ?? null),
    ],
  );
  return armsOf(rows);
}

async function label(tx: Queryable, units: readonly Seen[]): Promise<ReadonlyMap<string, string>> {
  if (units.length === 0) return new Map();
  // Locked in key order first: an UPDATE with a join would lock in whatever order its plan chooses.
  await tx.query(
    `SELECT FROM experiment_units u
     JOIN unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
       WITH ORDINALITY AS k(service_id, generation, unit_kind, unit_id, n)
       USING (service_id, generation, unit_kind, unit_id)
     WHERE u.label IS NULL ORDER BY k.n FOR UPDATE OF u`,
    columnsOf(units),
  );
  const rows = await tx.query<UnitRow>(
    `UPDATE experiment_units u
     SET label = k.label, labelled_at_ms = greatest(k.at_ms, u.first_exposed_at_ms)
     FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::float8[], $6::bigint[])
       AS k(service_id, generation, unit_kind, unit_id, label, at_ms)
     WHERE u.service_id = k.service_id AND u.generation = k.generation
       AND u.unit_kind = k.unit_kind AND u.unit_id = k.unit_id AND u.label IS NULL
     RETURNING u.service_id, u.generation, u.unit_kind, u.unit_id, u.arm`,
    [
      ...columnsOf(units),
      units.map(({ event }) => event.data.quality),
      units.map(({ exposedAtMs }) => exposedAtMs),
    ],
  );
  return armsOf(rows);
}
