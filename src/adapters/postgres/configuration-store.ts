/**
 * Which configuration a service had under which generation, and what became of it. At most one is stable at a time.
 */
import { Failure } from '../../domain/failure.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { ConfigurationRecord, ConfigurationStatus, ConfigurationStore } from '../../ports/stores.ts';
import type { Database, Queryable } from './database.ts';
import { raiseGeneration } from './generations.ts';
import { FOREIGN_KEY_VIOLATION, sqlState } from './store-failure.ts';

interface Row {
  readonly service_id: string;
  readonly generation: number;
  readonly body: Configuration;
  readonly hash: string;
  readonly status: ConfigurationStatus;
  readonly source: string;
  readonly applied_at_ms: number | null;
  readonly ended_at_ms: number | null;
}

const toRecord = (row: Row): ConfigurationRecord => ({
  serviceId: row.service_id,
  generation: row.generation,
  body: row.body,
  hash: row.hash,
  status: row.status,
  source: row.source,
  appliedAtMs: row.applied_at_ms,
  endedAtMs: row.ended_at_ms,
});

const SELECT = `SELECT service_id, generation, body, hash, status, source, applied_at_ms, ended_at_ms
  FROM configurations WHERE service_id = $1`;

export function createConfigurationStore(db: Database): ConfigurationStore {
  const one = async (on: Queryable, where: string, values: readonly unknown[]) => {
    const [row] = await on.query<Row>(`${SELECT} ${where}`, values);
    return row ? toRecord(row) : null;
  };

  return {
    record: async (entry, nowMs) => {
      const { serviceId, generation, status } = entry;
      await db.transaction(async (tx) => {
        // Also the lock that puts writers of one service in a row.
        await raiseGeneration(tx, serviceId, generation);
        const before = await one(tx, 'AND generation = $2', [serviceId, generation]);
        if (before) return requireSameHash(before, entry.hash);
        if (status === 'stable') await retireStable(tx, serviceId, nowMs);
        const ended = status === 'trying' || status === 'stable' ? null : nowMs;
        await insert(tx, entry, status === 'stable' ? nowMs : null, ended, nowMs);
      });
    },
    get: (serviceId, generation) => one(db, 'AND generation = $2', [serviceId, generation]),
    stable: (serviceId) => one(db, `AND status = 'stable'`, [serviceId]),
    previousStable: (serviceId) =>
      one(db, `AND status = 'retired' ORDER BY generation DESC LIMIT 1`, [serviceId]),
    list: async (serviceId) =>
      (await db.query<Row>(`${SELECT} ORDER BY generation DESC`, [serviceId])).map(toRecord),
    promote: (serviceId, generation, nowMs) =>
      db.transaction(async (tx) => {
        await raiseGeneration(tx, serviceId, generation);
        const found = await one(tx, 'AND generation = $2', [serviceId, generation]);
        if (found?.status === 'stable' || found?.status === 'retired') return;
        if (found?.status !== 'trying') {
          const is = found ? found.status : 'not recorded';
          throw new Failure(
            'StaleGeneration',
            `generation ${generation} of ${serviceId} is ${is}, not trying`,
          );
        }
        const newer = await one(tx, `AND status = 'stable' AND generation > $2`, [serviceId, generation]);
        if (newer) {
          const by = `generation ${newer.generation} is stable already`;
          throw new Failure(
            'StaleGeneration',
            `generation ${generation} of ${serviceId} came too late: ${by}`,
          );
        }
        await retireStable(tx, serviceId, nowMs);
        await tx.query(
          `UPDATE configurations SET status = 'stable', applied_at_ms = $3 WHERE service_id = $1 AND generation = $2`,
          [serviceId, generation, nowMs],
        );
      }),
    end: (serviceId, generation, status, nowMs) =>
      db.transaction(async (tx) => {
        await raiseGeneration(tx, serviceId, generation);
        const found = await one(tx, 'AND generation = $2', [serviceId, generation]);
        if (found?.status !== 'trying' && found?.status !== 'stable') return;
        await tx.query(
          `UPDATE configurations SET status = $3, ended_at_ms = $4 WHERE service_id = $1 AND generation = $2`,
          [serviceId, generation, status, nowMs],
        );
        if (found.status !== 'stable') return;
        await tx.query(
          `UPDATE configurations SET status = 'stable', ended_at_ms = NULL
           WHERE service_id = $1 AND generation =
             (SELECT max(generation) FROM configurations WHERE service_id = $1 AND status = 'retired')`,
          [serviceId],
        );
      }),
    wasTakenBack: async (serviceId, generation) => {
      await db.query(
        `UPDATE configurations SET status = 'rolledBack' WHERE service_id = $1 AND generation = $2 AND status = 'superseded'`,
        [serviceId, generation],
      );
    },
  };
}

function requireSameHash(before: ConfigurationRecord, hash: string): void {
  if (before.hash === hash) return;
  const where = `generation ${before.generation} of ${before.serviceId}`;
  throw new Failure('StaleGeneration', `${where} is recorded with hash ${before.hash}, not ${hash}`);
}

async function retireStable(tx: Queryable, serviceId: string, nowMs: number): Promise<void> {
  await tx.query(
    `UPDATE configurations SET status = 'retired', ended_at_ms = $2 WHERE service_id = $1 AND status = 'stable'`,
    [serviceId, nowMs],
  );
}

async function insert(
  tx: Queryable,
  entry: Omit<ConfigurationRecord, 'appliedAtMs' | 'endedAtMs'>,
  appliedAtMs: number | null,
  endedAtMs: number | null,
  nowMs: number,
): Promise<void> {
  const { serviceId, generation, body, hash, status, source } = entry;
  try {
    await tx.query(
      `INSERT INTO configurations
         (service_id, generation, body, hash, status, source, applied_at_ms, ended_at_ms, recorded_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [serviceId, generation, JSON.stringify(body), hash, status, source, appliedAtMs, endedAtMs, nowMs],
    );
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    throw new Failure('UnknownService', `service ${serviceId} is not known`);
  }
}
