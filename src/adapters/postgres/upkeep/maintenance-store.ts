/** Upkeep over PostgreSQL. See `ports/maintenance.ts` for what each does. */
import type { MaintenanceStore } from '../../../ports/maintenance.ts';
import type { Database } from '../database.ts';
import { mergeWindows } from './merge-windows.ts';
import { removeOld } from './old-rows.ts';
import { dropPartition, listPartitions, makePartitions } from './partitions.ts';

export function createMaintenanceStore(db: Database): MaintenanceStore {
  return {
    nowMs: async () => {
      const [row] = await db.query<{ now_ms: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms',
      );
      return row?.now_ms ?? Number.NaN;
    },
    partitions: () => listPartitions(db),
    makePartitions: (atMs) => makePartitions(db, atMs),
    dropPartition: (partition) => dropPartition(db, partition),
    mergeWindows: (kept, nowMs, portion) => mergeWindows(db, kept, nowMs, portion),
    removeOld: (what, kept, nowMs, portion) => removeOld(db, what, kept, nowMs, portion),
  };
}
