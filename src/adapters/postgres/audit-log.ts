/** Who did what, when, and what came of it. The database itself refuses to change or delete an entry. */
import type { AuditEntry, AuditLog } from '../../ports/stores.ts';
import type { Database } from './database.ts';

interface Row extends Omit<AuditEntry, 'serviceId' | 'atMs'> {
  readonly service_id: string;
  readonly at_ms: number;
}

const toEntry = ({ service_id, at_ms, ...rest }: Row): AuditEntry => ({
  ...rest,
  serviceId: service_id,
  atMs: at_ms,
});

const DEFAULT_LIMIT = 100;

export function createAuditLog(db: Database): AuditLog {
  return {
    append: async ({ id, serviceId, actor, action, detail, atMs }) => {
      await db.query(
        `INSERT INTO audit_log (id, service_id, actor, action, detail, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
        [id, serviceId, actor, action, JSON.stringify(detail ?? null), atMs],
      );
    },
    list: async (serviceId, limit = DEFAULT_LIMIT) => {
      const rows = await db.query<Row>(
        `SELECT id, service_id, actor, action, detail, at_ms FROM audit_log
         WHERE service_id = $1 ORDER BY at_ms DESC, seq DESC LIMIT $2`,
        [serviceId, limit],
      );
      return rows.map(toEntry);
    },
  };
}
