/** Services and their settings. Decides nothing about them. */
import { durationMs } from '../../domain/duration.ts';
import { serviceSettingsSchema, type ServiceSettings } from '../../domain/service-settings.ts';
import type { ServiceRecord, ServiceStore } from '../../ports/stores.ts';
import type { Database } from './database.ts';

interface Row {
  readonly service_id: string;
  readonly settings: ServiceSettings;
  readonly adopted_at_ms: number | null;
  readonly quality_reference: number | null;
}

const toRecord = (row: Row): ServiceRecord => ({
  serviceId: row.service_id,
  settings: withDefaults(row.settings),
  adoptedAtMs: row.adopted_at_ms,
  qualityReference: row.quality_reference,
});

/** Settings that an older program stored have the defaults of what came since; those of a newer one are read as they are. */
function withDefaults(stored: ServiceSettings): ServiceSettings {
  return serviceSettingsSchema.safeParse(stored).data ?? stored;
}

const SELECT = 'SELECT service_id, settings, adopted_at_ms, quality_reference FROM services';

export function createServiceStore(db: Database): ServiceStore {
  return {
    put: async (settings) => {
      await db.query(
        `INSERT INTO services (service_id, settings, block_ms) VALUES ($1, $2, $3)
         ON CONFLICT (service_id) DO UPDATE SET settings = excluded.settings, block_ms = excluded.block_ms`,
        [settings.serviceId, JSON.stringify(settings), durationMs(settings.rollout.block)],
      );
    },
    get: async (serviceId) => {
      const [row] = await db.query<Row>(`${SELECT} WHERE service_id = $1`, [serviceId]);
      return row ? toRecord(row) : null;
    },
    list: async () => (await db.query<Row>(`${SELECT} ORDER BY service_id`)).map(toRecord),
    adopt: async (serviceId, { nowMs, qualityReference }) => {
      await db.query(
        `UPDATE services SET adopted_at_ms = $2, quality_reference = $3
         WHERE service_id = $1 AND adopted_at_ms IS NULL`,
        [serviceId, nowMs, qualityReference],
      );
    },
  };
}
