/** Everything an activity may touch. Built once by a worker, or by a test with the same real parts. */
import type { GatewayTarget } from '../src/domain/gateway-target.ts';
import type { Retention } from '../src/domain/retention.ts';
import type { ExperimentRegistry } from '../src/ports/experiment-registry.ts';
import type { ExperimentStore, ExperimentWindows } from '../src/ports/experiments.ts';
import type { FleetStore } from '../src/ports/fleet.ts';
import type { LearnedStore } from '../src/ports/learned.ts';
import type { MaintenanceStore } from '../src/ports/maintenance.ts';
import type { MergedWindows } from '../src/ports/merged-windows.ts';
import type { Notifier } from '../src/ports/notifier.ts';
import type { OrchestratorFor } from '../src/ports/orchestrator.ts';
import type { OpenChanges } from '../src/ports/open-changes.ts';
import type { OutcomeCatalogue } from '../src/ports/outcomes.ts';
import type { PairStore } from '../src/ports/pairs.ts';
import type { PromptWriter } from '../src/ports/prompt-writer.ts';
import type {
  AuditLog,
  ConfigurationStore,
  DecisionLog,
  LeaseStore,
  RolloutStore,
  ServiceStore,
} from '../src/ports/stores.ts';
import type { TokenCounter } from '../src/ports/tokens.ts';
import type { Watchdogs } from '../src/ports/watchdogs.ts';
import type { WindowStore } from '../src/ports/windows.ts';
import type { PartHashes } from '../src/state/rollout/index.ts';
import type { WorkflowDirectory } from '../src/ports/workflows.ts';

export interface ActivityPorts {
  readonly services: ServiceStore;
  readonly configurations: ConfigurationStore;
  readonly leases: LeaseStore;
  readonly decisions: DecisionLog;
  readonly audit: AuditLog;
  readonly rollouts: RolloutStore;
  readonly registry: ExperimentRegistry;
  readonly windows: WindowStore;
  readonly mergedWindows: MergedWindows;
  readonly pairs: PairStore;
  readonly learned: LearnedStore;
  readonly tokens: TokenCounter;
  readonly promptWriter: PromptWriter;
  readonly outcomes: OutcomeCatalogue;
  readonly experiments: ExperimentStore;
  readonly experimentWindows: ExperimentWindows;
  readonly fleet: FleetStore;
  readonly openChanges: OpenChanges;
  readonly maintenance: MaintenanceStore;
  /** For how long what is kept, as the process is set. Throws `Failure('InvalidInput')` when it is set wrongly. */
  readonly retention: () => Retention;
  readonly notifier: Notifier;
  readonly orchestratorFor: OrchestratorFor;
  readonly watchdogs: Watchdogs;
  readonly workflows: WorkflowDirectory;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  /** sha256 as hex. */
  readonly hash: (text: string) => string;
}

/** What every write to a gateway carries, as the workflow hands it over. */
export interface GatewayWrite {
  readonly serviceId: string;
  readonly target: GatewayTarget;
  readonly generation: number;
  readonly revision: number;
  readonly idempotencyKey: string;
  readonly stableHash: string;
  /** With several targets: the hashes of each one's part, by its name. */
  readonly parts?: PartHashes;
  readonly stableGeneration: number;
  readonly candidateHash: string;
  /** See `CandidateWrite`. */
  readonly deployedAs?: 'BLUE_GREEN';
  /** Of the backup route that may be served in the candidate's place. */
  readonly backupHash?: string;
  /** The rollout has taken its candidate away itself: that none is served is nobody else's doing. */
  readonly leftNothing?: boolean;
  /** Whether a freeze window is in the way of this write (false). Left out by workflows of before it was told: `setWeight` goes by `starts`, a promotion waits for none. */
  readonly passesFreeze?: boolean;
}
