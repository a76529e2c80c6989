/** The experiments' rows for screens and reports, and the configurations of their arms. No workflow reads the rows back. */
import { Failure } from '../../domain/failure.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { ExperimentArmBody, ExperimentRow, ExperimentStore } from '../../ports/experiments.ts';
import type { Database, Queryable } from './database.ts';
import { FOREIGN_KEY_VIOLATION, sqlState } from './store-failure.ts';

interface Row {
  readonly service_id: string;
  readonly generation: number;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly name: string;
  readonly phase: string;
  readonly outcome: string | null;
  readonly winner: string | null;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly reason: string | null;
  readonly state: unknown;
}

const toExperiment = (row: Row): ExperimentRow => ({
  serviceId: row.service_id,
  generation: row.generation,
  workflowId: row.workflow_id,
  runId: row.run_id,
  name: row.name,
  phase: row.phase,
  outcome: row.outcome,
  winner: row.winner,
  startedAtMs: row.started_at_ms,
  endedAtMs: row.ended_at_ms,
  reason: row.reason,
  state: row.state,
});

const COLUMNS = [
  'service_id',
  'generation',
  'workflow_id',
  'run_id',
  'name',
  'phase',
  'outcome',
  'winner',
  'started_at_ms',
  'ended_at_ms',
  'reason',
  'state',
];
const REPLACED = COLUMNS.filter((name) => name !== 'service_id' && name !== 'generation');
const DEFAULT_LIMIT = 20;

async function armsOf(
  db: Queryable,
  serviceId: string,
  generation: number,
): Promise<readonly ExperimentArmBody[]> {
  const rows = await db.query<{ arm: string; body: Configuration; hash: string }>(
    'SELECT arm, body, hash FROM experiment_arms WHERE service_id = $1 AND generation = $2 ORDER BY position',
    [serviceId, generation],
  );
  return rows.map(({ arm, body, hash }) => ({ armId: arm, body, hash }));
}

async function insertArms(
  tx: Queryable,
  serviceId: string,
  generation: number,
  arms: readonly ExperimentArmBody[],
): Promise<void> {
  try {
    await tx.query(
      `INSERT INTO experiment_arms (service_id, generation, arm, position, body, hash)
       SELECT $1, $2, a.arm, a.n - 1, a.body, a.hash
       FROM unnest($3::text[], $4::json[], $5::text[]) WITH ORDINALITY AS a(arm, body, hash, n)
       ON CONFLICT DO NOTHING`,
      [
        serviceId,
        generation,
        arms.map(({ armId }) => armId),
        arms.map(({ body }) => JSON.stringify(body)),
        arms.map(({ hash }) => hash),
      ],
    );
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    throw new Failure('UnknownService', `service ${serviceId} is not known`);
  }
}

export function createExperimentStore(db: Database): ExperimentStore {
  return {
    recordArms: (serviceId, generation, arms) =>
      db.transaction(async (tx) => {
        await insertArms(tx, serviceId, generation, arms);
        const recorded = (await armsOf(tx, serviceId, generation)).map(
          ({ armId, hash }) => `${armId} ${hash}`,
        );
        const given = arms.map(({ armId, hash }) => `${armId} ${hash}`);
        if (recorded.join(', ') === given.join(', ')) return;
        const where = `the experiment of generation ${generation} of ${serviceId}`;
        throw new Failure(
          'StaleGeneration',
          `${where} is recorded with arms ${recorded.join(', ')}, not ${given.join(', ')}`,
        );
      }),
    arms: (serviceId, generation) => armsOf(db, serviceId, generation),
    carryUnits: async (serviceId, fromGeneration, toGeneration) => {
      const carried = `unit_kind, unit_id, arm, first_exposed_at_ms, task_type, region, label, labelled_at_ms`;
      await db.query(
        `INSERT INTO experiment_units (service_id, generation, ${carried})
         SELECT service_id, $3, ${carried} FROM experiment_units WHERE service_id = $1 AND generation = $2
         ON CONFLICT DO NOTHING`,
        [serviceId, fromGeneration, toGeneration],
      );
    },
    upsert: async (row) => {
      await db.query(
        `INSERT INTO experiments (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((_, i) => `$${i + 1}`).join(', ')})
         ON CONFLICT (service_id, generation) DO UPDATE SET ${REPLACED.map((name) => `${name} = excluded.${name}`).join(', ')}`,
        [
          row.serviceId,
          row.generation,
          row.workflowId,
          row.runId,
          row.name,
          row.phase,
          row.outcome,
          row.winner,
          row.startedAtMs,
          row.endedAtMs,
          row.reason,
          JSON.stringify(row.state ?? null),
        ],
      );
    },
    list: async (serviceId, limit = DEFAULT_LIMIT) => {
      const rows = await db.query<Row>(
        `SELECT ${COLUMNS.join(', ')} FROM experiments WHERE service_id = $1
         ORDER BY started_at_ms DESC, generation DESC LIMIT $2`,
        [serviceId, limit],
      );
      return rows.map(toExperiment);
    },
  };
}
