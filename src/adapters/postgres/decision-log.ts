/** Every decision with its evidence. Append only; a decision is read back exactly as it was written. */
import type { DecisionLog, DecisionRecord } from '../../ports/stores.ts';
import type { Database } from './database.ts';

interface Row extends Omit<DecisionRecord, 'serviceId' | 'workflowId' | 'runId' | 'atMs'> {
  readonly service_id: string;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly at_ms: number;
}

const toRecord = ({ service_id, workflow_id, run_id, at_ms, ...rest }: Row): DecisionRecord => ({
  ...rest,
  serviceId: service_id,
  workflowId: workflow_id,
  runId: run_id,
  atMs: at_ms,
});

const DEFAULT_LIMIT = 100;

export function createDecisionLog(db: Database): DecisionLog {
  return {
    append: async (record) => {
      await db.query(
        `INSERT INTO optimization_decisions
           (id, service_id, workflow_id, run_id, kind, outcome, reason, detail, hash, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
        [
          record.id,
          record.serviceId,
          record.workflowId,
          record.runId,
          record.kind,
          record.outcome,
          record.reason,
          JSON.stringify(record.detail ?? null),
          record.hash,
          record.atMs,
        ],
      );
    },
    get: async (id) => {
      const [row] = await db.query<Row>(
        `SELECT id, service_id, workflow_id, run_id, kind, outcome, reason, detail, hash, at_ms
         FROM optimization_decisions WHERE id = $1`,
        [id],
      );
      return row ? toRecord(row) : null;
    },
    list: async ({ serviceId, workflowId, kind, limit = DEFAULT_LIMIT }) => {
      const rows = await db.query<Row>(
        `SELECT id, service_id, workflow_id, run_id, kind, outcome, reason, detail, hash, at_ms
         FROM optimization_decisions
         WHERE ($1::text IS NULL OR service_id = $1) AND ($2::text IS NULL OR workflow_id = $2)
           AND ($3::text IS NULL OR kind = $3)
         ORDER BY at_ms DESC, seq DESC LIMIT $4`,
        [serviceId ?? null, workflowId ?? null, kind ?? null, limit],
      );
      return rows.map(toRecord);
    },
  };
}
