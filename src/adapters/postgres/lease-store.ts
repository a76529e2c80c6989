/**
 * The change lease: who may change a service, and under which generation. One transaction per call, under the lock of the
 * service's generation row, so two callers always see each other's result.
 */
import type { AcquireResult, ChangeLease, LeaseHolder, LeaseStore } from '../../ports/stores.ts';
import type { Database, Queryable } from './database.ts';
import { raiseGeneration } from './generations.ts';

interface Row {
  readonly service_id: string;
  readonly workflow_id: string;
  readonly first_run_id: string;
  readonly run_id: string;
  readonly generation: number;
  readonly acquired_at_ms: number;
  readonly seized_from: ChangeLease | null;
}

interface Grant {
  readonly serviceId: string;
  readonly holder: LeaseHolder;
  readonly gatewayGeneration: number;
  readonly nowMs: number;
}

const toLease = (row: Row): ChangeLease => ({
  serviceId: row.service_id,
  holder: { workflowId: row.workflow_id, firstRunId: row.first_run_id, runId: row.run_id },
  generation: row.generation,
  acquiredAtMs: row.acquired_at_ms,
});

const sameWorkflow = (
  a: Pick<LeaseHolder, 'workflowId' | 'firstRunId'> | undefined,
  b: LeaseHolder,
): boolean => a !== undefined && a.workflowId === b.workflowId && a.firstRunId === b.firstRunId;

const sameHolder = (a: LeaseHolder | undefined, b: LeaseHolder): boolean =>
  sameWorkflow(a, b) && a?.runId === b.runId;

/** `lock` keeps a continue-as-new from renaming the holder between our look and our write. */
async function find(on: Queryable, serviceId: string, lock: '' | 'FOR UPDATE'): Promise<Row | undefined> {
  const [row] = await on.query<Row>(
    `SELECT service_id, workflow_id, first_run_id, run_id, generation, acquired_at_ms, seized_from
     FROM change_leases WHERE service_id = $1 ${lock}`,
    [serviceId],
  );
  return row;
}

/** Writes the lease under the next generation, max(database, gateway) + 1. */
async function grant(tx: Queryable, to: Grant, from: ChangeLease | null): Promise<number> {
  const { serviceId, holder, gatewayGeneration, nowMs } = to;
  const highest = await raiseGeneration(tx, serviceId, gatewayGeneration);
  const generation = await raiseGeneration(tx, serviceId, highest + 1);
  await tx.query(
    `INSERT INTO change_leases (service_id, workflow_id, first_run_id, run_id, generation, acquired_at_ms, seized_from)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (service_id) DO UPDATE SET workflow_id = excluded.workflow_id, first_run_id = excluded.first_run_id,
       run_id = excluded.run_id, generation = excluded.generation, acquired_at_ms = excluded.acquired_at_ms,
       seized_from = excluded.seized_from`,
    [
      serviceId,
      holder.workflowId,
      holder.firstRunId,
      holder.runId,
      generation,
      nowMs,
      from && JSON.stringify(from),
    ],
  );
  return generation;
}

export function createLeaseStore(db: Database): LeaseStore {
  return {
    acquire: (request) =>
      db.transaction<AcquireResult>(async (tx) => {
        const { serviceId, holder, inheritFrom, replace } = request;
        await raiseGeneration(tx, serviceId, 0);
        const row = await find(tx, serviceId, 'FOR UPDATE');
        const held = row && toLease(row);
        if (held && sameHolder(holder, held.holder)) return { kind: 'acquired', generation: held.generation };
        const mayTake =
          held === undefined ||
          sameWorkflow(holder, held.holder) ||
          sameWorkflow(inheritFrom, held.holder) ||
          sameHolder(replace, held.holder);
        if (!mayTake) return { kind: 'held', by: held };
        return { kind: 'acquired', generation: await grant(tx, request, null) };
      }),
    seize: (request) =>
      db.transaction(async (tx) => {
        await raiseGeneration(tx, request.serviceId, 0);
        const row = await find(tx, request.serviceId, 'FOR UPDATE');
        const held = row ? toLease(row) : null;
        if (row && held && sameHolder(request.holder, held.holder)) {
          return { generation: held.generation, from: row.seized_from };
        }
        return { generation: await grant(tx, request, held), from: held };
      }),
    renewRun: async (serviceId, holder, fromRunId) => {
      await db.query(
        `UPDATE change_leases SET run_id = $4
         WHERE service_id = $1 AND workflow_id = $2 AND first_run_id = $3 AND run_id = coalesce($5, run_id)`,
        [serviceId, holder.workflowId, holder.firstRunId, holder.runId, fromRunId ?? null],
      );
    },
    release: async (serviceId, holder, generation) => {
      await db.query(
        `DELETE FROM change_leases
         WHERE service_id = $1 AND workflow_id = $2 AND first_run_id = $3 AND generation = coalesce($4, generation)`,
        [serviceId, holder.workflowId, holder.firstRunId, generation ?? null],
      );
    },
    current: async (serviceId) => {
      const row = await find(db, serviceId, '');
      return row ? toLease(row) : null;
    },
  };
}
