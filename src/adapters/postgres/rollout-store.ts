/** The rollouts' rows for screens and reports. No workflow reads them back. */
import type { RolloutRow, RolloutStore } from '../../ports/stores.ts';
import type { Database } from './database.ts';

interface Row {
  readonly workflow_id: string;
  readonly run_id: string;
  readonly service_id: string;
  readonly generation: number;
  readonly phase: string;
  readonly step_index: number;
  readonly weight_pct: number;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly reason: string | null;
  readonly state: unknown;
}

const toRollout = (row: Row): RolloutRow => ({
  workflowId: row.workflow_id,
  runId: row.run_id,
  serviceId: row.service_id,
  generation: row.generation,
  phase: row.phase,
  stepIndex: row.step_index,
  weightPct: row.weight_pct,
  startedAtMs: row.started_at_ms,
  endedAtMs: row.ended_at_ms,
  reason: row.reason,
  state: row.state,
});

const COLUMNS = `workflow_id, run_id, service_id, generation, phase, step_index, weight_pct, started_at_ms,
  ended_at_ms, reason, state`;
const DEFAULT_LIMIT = 20;

export function createRolloutStore(db: Database): RolloutStore {
  return {
    upsert: async (row) => {
      await db.query(
        `INSERT INTO rollouts (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (workflow_id, run_id) DO UPDATE SET generation = excluded.generation, phase = excluded.phase,
           step_index = excluded.step_index, weight_pct = excluded.weight_pct, ended_at_ms = excluded.ended_at_ms,
           reason = excluded.reason, state = excluded.state`,
        [
          row.workflowId,
          row.runId,
          row.serviceId,
          row.generation,
          row.phase,
          row.stepIndex,
          row.weightPct,
          row.startedAtMs,
          row.endedAtMs,
          row.reason,
          JSON.stringify(row.state ?? null),
        ],
      );
    },
    list: async (serviceId, limit = DEFAULT_LIMIT) => {
      const rows = await db.query<Row>(
        `SELECT ${COLUMNS} FROM rollouts WHERE service_id = $1 ORDER BY started_at_ms DESC LIMIT $2`,
        [serviceId, limit],
      );
      return rows.map(toRollout);
    },
  };
}
