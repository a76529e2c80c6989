/** Recorded outcomes of models on a service's queries. */
import type { OutcomeCatalogue, RecordedOutcome } from '../../ports/outcomes.ts';
import type { Database } from './database.ts';

interface Row {
  readonly model: string;
  readonly query_id: string;
  readonly task_type: string;
  readonly quality: number;
  readonly cost_usd: number;
}

export function createOutcomeCatalogue(db: Database): OutcomeCatalogue {
  return {
    outcomes: async (serviceId, models) => {
      const rows = await db.query<Row>(
        `SELECT model, query_id, task_type, quality, cost_usd FROM recorded_outcomes
         WHERE service_id = $1 AND model = ANY ($2) ORDER BY model, query_id COLLATE "C"`,
        [serviceId, models],
      );
      const byModel: Record<string, RecordedOutcome[]> = {};
      for (const row of rows) {
        (byModel[row.model] ??= []).push({
          queryId: row.query_id,
          taskType: row.task_type,
          quality: row.quality,
          costUsd: row.cost_usd,
        });
      }
      return byModel;
    },
    replace: (serviceId, outcomes) =>
      db.transaction(async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`outcomes:${serviceId}`]);
        await tx.query('DELETE FROM recorded_outcomes WHERE service_id = $1', [serviceId]);
        for (const [model, list] of Object.entries(outcomes)) {
          await tx.query(
            `INSERT INTO recorded_outcomes (service_id, model, query_id, task_type, quality, cost_usd)
             SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::float8[], $6::float8[])`,
            [
              serviceId,
              model,
              list.map((one) => one.queryId),
              list.map((one) => one.taskType),
              list.map((one) => one.quality),
              list.map((one) => one.costUsd),
            ],
          );
        }
      }),
  };
}
