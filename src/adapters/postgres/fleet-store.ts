/** The fleet's pause: at most one row. */
import type { FleetStore } from '../../ports/fleet.ts';
import type { Database } from './database.ts';

interface Row {
  readonly paused_by: string;
  readonly reason: string;
  readonly at_ms: number;
}

export function createFleetStore(db: Database): FleetStore {
  return {
    paused: async () => {
      const [row] = await db.query<Row>('SELECT paused_by, reason, at_ms FROM fleet_pause');
      return row ? { by: row.paused_by, reason: row.reason, atMs: row.at_ms } : null;
    },
    pause: async ({ by, reason, atMs }) => {
      await db.query(
        `INSERT INTO fleet_pause (paused_by, reason, at_ms) VALUES ($1, $2, $3)
         ON CONFLICT (only_row) DO UPDATE SET paused_by = $1, reason = $2, at_ms = $3`,
        [by, reason, atMs],
      );
    },
    resume: async () => {
      await db.query('DELETE FROM fleet_pause');
    },
  };
}
