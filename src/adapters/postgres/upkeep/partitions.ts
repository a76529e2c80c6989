/**
 * Partitions by time: found in the catalogue, made ahead, dropped. Which of them may go is not decided here.
 *
 * Making and dropping one lock the table as a whole for a moment, and whoever waits for that lock is waited for by all that come after: so the wait has an
 * end. Not `DETACH ... CONCURRENTLY`: killed in the middle it leaves a partition that is neither in nor out, and the next one is refused until somebody
 * has finished it by hand.
 */
import { Failure } from '../../../domain/failure.ts';
import type { Partition } from '../../../domain/retention.ts';
import type { Database } from '../database.ts';
import { sqlState } from '../store-failure.ts';

const DAY_MS = 86_400_000;

/** How long one lock is waited for. A drop takes three at most, of the advisory lock, the table and the partition: so long, three times, may one try hold ingest up. */
const LOCK_TIMEOUT = '100ms';
const LOCK_NOT_AVAILABLE = '55P03';

interface CutTable {
  readonly holds: Partition['holds'];
  /** What one partition holds, from its bound as the catalogue prints it with `DateStyle` ISO; null when it cannot be read. */
  readonly rangeOf: (bound: string) => readonly [number, number] | null;
  /** Makes the partition of a moment ($1, ms) when it is missing. Null where a partition must not be there before its time. */
  readonly make: string | null;
  /** Name of the advisory lock under which its partitions are read one by one; null where it is read as a whole. */
  readonly lock: string | null;
}

const byDay = (bound: string): readonly [number, number] | null => {
  const days = /^FOR VALUES FROM \('(\d{4}-\d\d-\d\d)'\) TO \('(\d{4}-\d\d-\d\d)'\)$/u.exec(bound);
  return days === null ? null : [Date.parse(`${days[1]}T00:00:00Z`), Date.parse(`${days[2]}T00:00:00Z`)];
};

/** Seven days each, numbered since the epoch. */
const byPeriod = (bound: string): readonly [number, number] | null => {
  const period = /^FOR VALUES IN \('?(\d+)'?\)$/u.exec(bound);
  return period === null ? null : [Number(period[1]) * 7 * DAY_MS, (Number(period[1]) + 1) * 7 * DAY_MS];
};

/** Every table that is cut by time. */
const CUT_TABLES: Readonly<Record<string, CutTable>> = {
  feedback_chunks: {
    holds: 'events',
    rangeOf: byDay,
    make: `SELECT ensure_feedback_partition((to_timestamp($1::float8 / 1000) AT TIME ZONE 'UTC')::date)`,
    lock: null,
  },
  // Ingest writes into the newest period that there is: one that is made ahead would be in use before its time.
  event_ids: { holds: 'identities', rangeOf: byPeriod, make: null, lock: 'event_ids' },
};

/** Partitions of the tables above that are visible where their names are. */
const PARTITIONS = `
  SELECT parent.relname::text AS parent, child.relname::text AS child, pg_get_expr(child.relpartbound, child.oid) AS bound
  FROM pg_class parent
  JOIN pg_inherits i ON i.inhparent = parent.oid
  JOIN pg_class child ON child.oid = i.inhrelid
  WHERE parent.relkind = 'p' AND parent.relname = ANY ($1) AND pg_table_is_visible(parent.oid)
  ORDER BY 1, 2`;

interface Row {
  readonly parent: string;
  readonly child: string;
  readonly bound: string | null;
}

/** A day in a bound is printed as the connection, its role or its database wants dates, unless told. */
const rowsOf = (db: Database): Promise<readonly Row[]> =>
  db.transaction(async (tx) => {
    await tx.query(`SET LOCAL datestyle = 'ISO'`);
    return tx.query<Row>(PARTITIONS, [Object.keys(CUT_TABLES)]);
  });

/** A default partition, which holds whatever has no other place, has no time and is left out. */
export async function listPartitions(db: Database): Promise<readonly Partition[]> {
  return (await rowsOf(db)).flatMap(({ parent, child, bound }) => {
    const cut = CUT_TABLES[parent];
    if (cut === undefined || bound === 'DEFAULT') return [];
    const range = cut.rangeOf(bound ?? '');
    if (range === null)
      throw new Error(
        `${child}: partition of ${parent} ${bound ?? 'without a bound'}, expected DEFAULT or a time`,
      );
    return [{ table: parent, holds: cut.holds, name: child, fromMs: range[0], toMs: range[1] }];
  });
}

export async function makePartitions(db: Database, atMs: readonly number[]): Promise<number> {
  const before = await rowsOf(db);
  for (const { make } of Object.values(CUT_TABLES)) {
    for (const at of make === null ? [] : atMs) {
      await db.transaction(async (tx) => {
        await tx.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
        await tx.query(make ?? '', [at]);
      });
    }
  }
  return (await rowsOf(db)).length - before.length;
}

export async function dropPartition(db: Database, { table, name }: Partition): Promise<boolean> {
  const cut = CUT_TABLES[table];
  if (cut === undefined)
    throw new RangeError(`table: "${table}" is given, expected one of ${Object.keys(CUT_TABLES).join(', ')}`);
  try {
    await db.transaction(async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      if (cut.lock !== null)
        await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [cut.lock]);
      await tx.query(`DROP TABLE IF EXISTS "${name.replaceAll('"', '""')}"`);
    });
    return true;
  } catch (error) {
    if (error instanceof Failure && sqlState(error.cause) === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}
