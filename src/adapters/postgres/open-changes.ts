/** Every adopted service with its lease and what is being tried, in one statement, so that lease and configurations are of one moment. */
import type { ServiceSettings } from '../../domain/service-settings.ts';
import type { OpenChanges } from '../../ports/open-changes.ts';
import type { Database } from './database.ts';

interface Row {
  readonly service_id: string;
  readonly settings: ServiceSettings;
  readonly workflow_id: string | null;
  readonly first_run_id: string | null;
  readonly run_id: string | null;
  readonly generation: number | null;
  readonly acquired_at_ms: number | null;
  readonly trying: readonly number[];
}

export function createOpenChanges(db: Database): OpenChanges {
  return {
    list: async () => {
      const rows = await db.query<Row>(
        `SELECT s.service_id, s.settings, l.workflow_id, l.first_run_id, l.run_id, l.generation, l.acquired_at_ms,
           (SELECT coalesce(json_agg(c.generation ORDER BY c.generation), '[]') FROM configurations c
            WHERE c.service_id = s.service_id AND c.status = 'trying') AS trying
         FROM services s LEFT JOIN change_leases l USING (service_id)
         WHERE s.adopted_at_ms IS NOT NULL ORDER BY s.service_id`,
      );
      return rows.map(({ service_id: serviceId, settings, trying, ...lease }) => ({
        serviceId,
        settings,
        trying,
        lease:
          lease.workflow_id === null
            ? null
            : {
                serviceId,
                holder: {
                  workflowId: lease.workflow_id,
                  firstRunId: lease.first_run_id ?? '',
                  runId: lease.run_id ?? '',
                },
                generation: lease.generation ?? 0,
                acquiredAtMs: lease.acquired_at_ms ?? 0,
              },
      }));
    },
  };
}
