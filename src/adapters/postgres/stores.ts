/** All stores over one pool. */
import type pg from 'pg';
import type { AlertStore } from '../../ports/alerts.ts';
import type { DeadLetterStore, LogPositions } from '../../ports/event-batch.ts';
import type { ExperimentStore, ExperimentWindows } from '../../ports/experiments.ts';
import type { FleetStore } from '../../ports/fleet.ts';
import type { LearnedStore } from '../../ports/learned.ts';
import type { MaintenanceStore } from '../../ports/maintenance.ts';
import type { MergedWindows } from '../../ports/merged-windows.ts';
import type { OpenChanges } from '../../ports/open-changes.ts';
import type { OutcomeCatalogue } from '../../ports/outcomes.ts';
import type { PairStore } from '../../ports/pairs.ts';
import type {
  AuditLog,
  ConfigurationStore,
  DecisionLog,
  LeaseStore,
  RolloutStore,
  ServiceStore,
} from '../../ports/stores.ts';
import type { IngestStore, WindowStore } from '../../ports/windows.ts';
import { createAlertStore } from './alert-store.ts';
import { createAuditLog } from './audit-log.ts';
import { createConfigurationStore } from './configuration-store.ts';
import { databaseOver } from './database.ts';
import { createDeadLetterStore } from './dead-letters.ts';
import { createDecisionLog } from './decision-log.ts';
import { createExperimentStore } from './experiment-store.ts';
import { createExperimentWindows } from './experiment-windows.ts';
import { createFleetStore } from './fleet-store.ts';
import { createIngestStore } from './ingest-store.ts';
import { createLearnedStore } from './learned-store.ts';
import { createLeaseStore } from './lease-store.ts';
import { readPositions } from './log-positions.ts';
import { createMergedWindows } from './merged-windows.ts';
import { createOpenChanges } from './open-changes.ts';
import { createOutcomeCatalogue } from './outcome-catalogue.ts';
import { createPairStore } from './pair-store.ts';
import { createRolloutStore } from './rollout-store.ts';
import { createServiceStore } from './service-store.ts';
import { createMaintenanceStore } from './upkeep/maintenance-store.ts';
import { createWindowStore } from './window-store.ts';

export interface Stores {
  readonly services: ServiceStore;
  readonly configurations: ConfigurationStore;
  readonly leases: LeaseStore;
  readonly decisions: DecisionLog;
  readonly audit: AuditLog;
  readonly rollouts: RolloutStore;
  readonly fleet: FleetStore;
  readonly openChanges: OpenChanges;
  readonly maintenance: MaintenanceStore;
  readonly ingest: IngestStore;
  readonly log: DeadLetterStore & LogPositions;
  readonly alerts: AlertStore;
  readonly windows: WindowStore;
  readonly mergedWindows: MergedWindows;
  readonly pairs: PairStore;
  readonly learned: LearnedStore;
  readonly outcomes: OutcomeCatalogue;
  readonly experiments: ExperimentStore;
  readonly experimentWindows: ExperimentWindows;
}

/**
 * The stores on `deploy/migrations`. The pool stays the caller's, who ends it and listens to its `error` event.
 * Every method throws `Failure('StoreUnavailable')` when the database cannot be reached.
 */
export function createStores(pool: pg.Pool): Stores {
  const db = databaseOver(pool);
  return {
    services: createServiceStore(db),
    configurations: createConfigurationStore(db),
    leases: createLeaseStore(db),
    decisions: createDecisionLog(db),
    audit: createAuditLog(db),
    rollouts: createRolloutStore(db),
    fleet: createFleetStore(db),
    openChanges: createOpenChanges(db),
    maintenance: createMaintenanceStore(db),
    ingest: createIngestStore(db),
    log: {
      ...createDeadLetterStore(db),
      positions: (group, of) => readPositions(db, group, of),
    },
    alerts: createAlertStore(db),
    windows: createWindowStore(db),
    mergedWindows: createMergedWindows(db),
    pairs: createPairStore(db),
    learned: createLearnedStore(db),
    outcomes: createOutcomeCatalogue(db),
    experiments: createExperimentStore(db),
    experimentWindows: createExperimentWindows(db),
  };
}
