/**
 * Rows that nobody needs any longer, removed a few thousand at a time. What may go is: older than the retention says, and of nothing that is open. Decisions,
 * the audit log, configurations, rollouts, experiments and what they taught are not here: they stay.
 */
import { cutoffOf, epochInForce, type Retention } from '../../../domain/retention.ts';
import type { Done, OldRows, Portion } from '../../../ports/maintenance.ts';
import type { Database, Queryable } from '../database.ts';
import { dropChunks } from './chunks.ts';
import { blockLengthsIn, generationsIn, servicesIn, type ByGeneration, type Pair } from './distinct.ts';
import { openSince, UNENDED_MS } from './open-since.ts';

/** Rows of one table that may go: a condition, and its parameters from $2 on ($1 is how many at once). */
interface Which {
  readonly table: string;
  readonly where: string;
  readonly values: readonly unknown[];
}

/**
 * By place on the disk, found by the condition: without a sort, and without waiting for rows that somebody holds. The condition stands outside too: of a table
 * that somebody has cut into parts, a place names a row of each part.
 */
async function removeWhile(db: Queryable, { table, where, values }: Which, portion: Portion): Promise<Done> {
  let rows = 0;
  for (;;) {
    const [gone] = await db.query<{ rows: number }>(
      `WITH gone AS (
         DELETE FROM ${table} AS t WHERE t.ctid = ANY (ARRAY(
           SELECT t.ctid FROM ${table} AS t WHERE ${where} LIMIT $1 FOR UPDATE SKIP LOCKED)) AND ${where}
         RETURNING 1)
       SELECT count(*) AS rows FROM gone`,
      [portion.rowsAtOnce, ...values],
    );
    rows += gone?.rows ?? 0;
    if ((gone?.rows ?? 0) < portion.rowsAtOnce) return { rows, more: false };
    if (portion.enough()) return { rows, more: true };
  }
}

/** One after the other, until it is enough. */
async function removeEach(db: Queryable, each: readonly Which[], portion: Portion): Promise<Done> {
  let rows = 0;
  for (const which of each) {
    const done = await removeWhile(db, which, portion);
    rows += done.rows;
    const enough = portion.enough();
    // Not without having done something: the next portion begins with the first one again.
    if (done.more || (rows > 0 && enough)) return { rows, more: true };
  }
  return { rows, more: false };
}

interface Ages {
  readonly kept: Retention;
  readonly nowMs: number;
}

/** Windows of every service from before its cutoff. Chunks that hold nothing younger than any of them go as a whole first, where there are chunks. */
async function oldWindows(db: Database, { kept, nowMs }: Ages): Promise<readonly Which[]> {
  const open = await openSince(db, nowMs);
  const cutoffs = (await servicesIn(db, 'metric_windows')).map((serviceId) => ({
    serviceId,
    beforeMs: cutoffOf(serviceId, open, kept.windows, nowMs),
  }));
  if (cutoffs.length > 0) await dropChunks(db, Math.min(...cutoffs.map(({ beforeMs }) => beforeMs)));
  return cutoffs.map(({ serviceId, beforeMs }) => ({
    table: 'metric_windows',
    where: 'service_id = $2 AND window_start_ms < $3',
    values: [serviceId, beforeMs],
  }));
}

/** Of every service, from before its cutoff. */
async function pairWindows(db: Queryable, { kept, nowMs }: Ages): Promise<readonly Which[]> {
  const open = await openSince(db, nowMs);
  const table = 'shadow_pair_windows';
  return (await generationsIn(db, table)).map(({ service_id: serviceId, generation }) => ({
    table,
    where: 'service_id = $2 AND generation = $3 AND window_start_ms < $4',
    values: [serviceId, generation, cutoffOf(serviceId, open, kept.windows, nowMs)],
  }));
}

/** The same of blocks, whose number is a time only beside their length: for each length by itself the key answers. */
async function rolloutBlocks(db: Queryable, { kept, nowMs }: Ages): Promise<readonly Which[]> {
  const open = await openSince(db, nowMs);
  return (await blockLengthsIn(db)).map(({ service_id: serviceId, generation, block_ms: blockMs }) => ({
    table: 'rollout_blocks',
    where: 'service_id = $2 AND generation = $3 AND block_ms = $4 AND no < $5',
    values: [
      serviceId,
      generation,
      blockMs,
      Math.ceil(cutoffOf(serviceId, open, kept.windows, nowMs) / blockMs),
    ],
  }));
}

/** One whose end nobody wrote down, such as that of a run that was reset, ended when it no longer counts as open. */
const ENDED = `coalesce(c.ended_at_ms, c.started_at_ms + ${UNENDED_MS})`;

/**
 * Rows of generations whose change ended long ago. One without a row of its own was taken over by a later generation of the same change: it goes when one
 * that is newer has ended as long ago.
 */
async function ofEnded(
  db: Queryable,
  table: ByGeneration,
  changes: 'experiments' | 'rollouts',
  { kept, nowMs }: Ages,
): Promise<readonly Which[]> {
  const pairs = await generationsIn(db, table);
  const ended = await db.query<Pair>(
    `SELECT p.service_id, p.generation FROM unnest($1::text[], $2::bigint[]) AS p(service_id, generation)
     WHERE p.generation <= (
         SELECT max(c.generation) FROM ${changes} c WHERE c.service_id = p.service_id AND ${ENDED} < $3)
       AND NOT EXISTS (SELECT FROM ${changes} c WHERE c.service_id = p.service_id AND c.generation = p.generation
         AND ${ENDED} >= $3)
       AND NOT EXISTS (SELECT FROM change_leases l WHERE l.service_id = p.service_id AND l.generation = p.generation)
       AND NOT EXISTS (SELECT FROM configurations t WHERE t.service_id = p.service_id AND t.generation = p.generation
         AND t.status = 'trying')`,
    [pairs.map((pair) => pair.service_id), pairs.map((pair) => pair.generation), nowMs - kept.units],
  );
  return ended.map(({ service_id: serviceId, generation }) => ({
    table,
    where: 'service_id = $2 AND generation = $3',
    values: [serviceId, generation],
  }));
}

interface Epoch {
  readonly service_id: string;
  readonly began_at_ms: number;
  readonly every: 'step' | 'hour';
}

/** Of each service: when it counts as long ago, and the epoch that was in force then. An event that may still come counts in that one or in a later one. */
async function epochsLongAgo(db: Queryable, serviceIds: readonly string[], { kept, nowMs }: Ages) {
  const open = await openSince(db, nowMs);
  const ages = serviceIds.map((serviceId) => cutoffOf(serviceId, open, kept.units, nowMs));
  const rows = await db.query<Epoch>(
    `SELECT DISTINCT ON (e.service_id) e.service_id, e.began_at_ms, e.every
     FROM unit_epochs e JOIN unnest($1::text[], $2::bigint[]) AS s(service_id, at_ms) USING (service_id)
     WHERE e.began_at_ms <= s.at_ms ORDER BY e.service_id, e.began_at_ms DESC`,
    [serviceIds, ages],
  );
  const epochs = new Map(
    rows.map((row) => [row.service_id, { beganAtMs: row.began_at_ms, every: row.every }]),
  );
  return serviceIds.map((serviceId, i) => {
    const epoch = epochs.get(serviceId) ?? null;
    return { serviceId, epoch, inForceMs: epochInForce(epoch, ages[i] ?? 0) };
  });
}

/** Units of epochs that no event can fall into any more. */
async function exposureUnits(db: Queryable, ages: Ages): Promise<readonly Which[]> {
  const pairs = await generationsIn(db, 'exposure_units');
  const services = [...new Set(pairs.map((pair) => pair.service_id))];
  const inForce = new Map(
    (await epochsLongAgo(db, services, ages)).map(({ serviceId, inForceMs }) => [serviceId, inForceMs]),
  );
  return pairs.map(({ service_id: serviceId, generation }) => ({
    table: 'exposure_units',
    where: 'service_id = $2 AND generation = $3 AND epoch_ms < $4',
    values: [serviceId, generation, inForce.get(serviceId) ?? 0],
  }));
}

/** Epochs before the one that was in force long ago; that one stays, and with it the one that is in force now. */
async function unitEpochs(db: Queryable, ages: Ages): Promise<readonly Which[]> {
  const services = await servicesIn(db, 'unit_epochs');
  return (await epochsLongAgo(db, services, ages)).flatMap(({ serviceId, epoch }) =>
    epoch === null
      ? []
      : [
          {
            table: 'unit_epochs',
            where: 'service_id = $2 AND began_at_ms < $3',
            values: [serviceId, epoch.beganAtMs],
          },
        ],
  );
}

/** An alert goes when somebody has taken its signal, or nobody ever had to; a delivery when its alerts are gone. */
const GONE_ALERT = `t.received_at_ms < $2 AND (t.state = 'unknownService' OR EXISTS (
  SELECT FROM alert_deliveries d WHERE d.no = t.delivery_no AND d.delivered_at_ms IS NOT NULL))`;
const GONE_DELIVERY = `t.assigned_at_ms < $2 AND t.delivered_at_ms IS NOT NULL
  AND NOT EXISTS (SELECT FROM alerts a WHERE a.delivery_no = t.no)`;

/**
 * A cumulative stream that comes back is counted from where it stood: forgotten, it would be counted from its start once more. Of the others only the time of
 * the last point is kept, which says nothing of points that are refused as too late anyway.
 */
const IDLE_STREAM = `t.updated_at_ms < $2 AND (t.updated_at_ms < $3 OR t.state->>'value' IS NULL)`;

const ofTable = (table: string, where: string, ...values: readonly unknown[]): Which => ({
  table,
  where,
  values,
});

const WHICH: Readonly<Record<OldRows, (db: Database, ages: Ages) => Promise<readonly Which[]>>> = {
  windows: oldWindows,
  shadowPairWindows: pairWindows,
  rolloutBlocks,
  exposureUnits,
  unitEpochs,
  experimentUnits: (db, ages) => ofEnded(db, 'experiment_units', 'experiments', ages),
  experimentProviders: (db, ages) => ofEnded(db, 'experiment_providers', 'experiments', ages),
  shadowUnits: (db, ages) => ofEnded(db, 'shadow_units', 'rollouts', ages),
  alerts: async (_db, { kept, nowMs }) => [ofTable('alerts', GONE_ALERT, nowMs - kept.notes)],
  alertDeliveries: async (_db, { kept, nowMs }) => [
    ofTable('alert_deliveries', GONE_DELIVERY, nowMs - kept.notes),
  ],
  setAside: async (_db, { kept, nowMs }) => [
    ofTable('ingest_set_aside', 'received_at_ms < $2', nowMs - kept.notes),
  ],
  deadLetters: async (_db, { kept, nowMs }) => [
    ofTable(
      'dead_letters',
      'refused IS NOT NULL AND coalesce(refused_at_ms, set_aside_at_ms) < $2',
      nowMs - kept.notes,
    ),
  ],
  otlpStreams: async (_db, { kept, nowMs }) => [
    ofTable('otlp_streams', IDLE_STREAM, nowMs - Math.min(kept.units, kept.streams), nowMs - kept.streams),
  ],
};

/** See `MaintenanceStore.removeOld`. */
export async function removeOld(
  db: Database,
  what: OldRows,
  kept: Retention,
  nowMs: number,
  portion: Portion,
): Promise<Done> {
  return removeEach(db, await WHICH[what](db, { kept, nowMs }), portion);
}
