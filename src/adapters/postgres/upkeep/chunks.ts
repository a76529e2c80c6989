/** Old windows where they are a hypertable of TimescaleDB: whole chunks go at once. Nothing depends on it: what it leaves is removed row by row. */
import { Failure } from '../../../domain/failure.ts';
import type { Database } from '../database.ts';
import { sqlState } from '../store-failure.ts';

const LOCK_NOT_AVAILABLE = '55P03';

/** Drops the chunks of which every window is older than `beforeMs`. Answers how many. Without TimescaleDB, while somebody uses the table for long, and when it fails: none. */
export async function dropChunks(db: Database, beforeMs: number): Promise<number> {
  const [extension] = await db.query<{ schema: string }>(
    `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'timescaledb'`,
  );
  if (extension === undefined) return 0;
  const [hypertable] = await db.query(
    `SELECT 1 FROM timescaledb_information.hypertables
     WHERE hypertable_name = 'metric_windows' AND hypertable_schema = current_schema()`,
  );
  if (hypertable === undefined) return 0;
  try {
    return await db.transaction(async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = '100ms'`);
      const dropped = await tx.query(
        `SELECT ${extension.schema}.drop_chunks('metric_windows', older_than => $1::bigint)`,
        [beforeMs],
      );
      return dropped.length;
    });
  } catch (error) {
    // In use, or the extension's own trouble: the rows go one by one. A database that is away is another matter.
    if (!(error instanceof Failure) || sqlState(error.cause) === LOCK_NOT_AVAILABLE) return 0;
    throw error;
  }
}
