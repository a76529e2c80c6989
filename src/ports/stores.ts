/**
 * What the optimizer remembers, in PostgreSQL. Every method throws `Failure('StoreUnavailable')` when the database
 * cannot be reached, and is idempotent where a comment names its key.
 */
import type { Configuration } from '../domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../domain/service-settings.ts';

export interface ServiceRecord {
  readonly serviceId: string;
  readonly settings: ServiceSettings;
  /** Set when the gateway's configuration was recorded as generation 1; null before adoption. */
  readonly adoptedAtMs: number | null;
  /** Recorded quality (0..1) of the configuration at adoption: total loss is held against it for ever. */
  readonly qualityReference: number | null;
}

export interface ServiceStore {
  /** Inserts or replaces the settings; adoption and reference stay. Key: serviceId. */
  put(settings: ServiceSettings): Promise<void>;
  get(serviceId: string): Promise<ServiceRecord | null>;
  list(): Promise<readonly ServiceRecord[]>;
  /** Marks a service adopted. A second call changes nothing. */
  adopt(
    serviceId: string,
    at: { readonly nowMs: number; readonly qualityReference: number | null },
  ): Promise<void>;
}

/** `trying`: on its way. `stable`: live and proven. `retired`: was stable, replaced. The others never became stable. */
export type ConfigurationStatus = 'trying' | 'stable' | 'retired' | 'rolledBack' | 'superseded';

export interface ConfigurationRecord {
  readonly serviceId: string;
  readonly generation: number;
  readonly body: Configuration;
  /** sha256 of the canonical JSON: only this travels through workflow history. */
  readonly hash: string;
  readonly status: ConfigurationStatus;
  /** Workflow that brought it, or `adoption`. */
  readonly source: string;
  readonly appliedAtMs: number | null;
  readonly endedAtMs: number | null;
}

export interface ConfigurationStore {
  /** Inserts; the same (serviceId, generation) with the same hash again changes nothing, another hash is an error. */
  record(entry: Omit<ConfigurationRecord, 'appliedAtMs' | 'endedAtMs'>, nowMs: number): Promise<void>;
  get(serviceId: string, generation: number): Promise<ConfigurationRecord | null>;
  /** The newest with status `stable`. */
  stable(serviceId: string): Promise<ConfigurationRecord | null>;
  /** The newest `retired` one that was stable before the present stable one. */
  previousStable(serviceId: string): Promise<ConfigurationRecord | null>;
  /** Newest first. */
  list(serviceId: string): Promise<readonly ConfigurationRecord[]>;
  /** `trying` -> `stable`, and the stable one before it -> `retired`, in one transaction. A second call changes nothing. */
  promote(serviceId: string, generation: number, nowMs: number): Promise<void>;
  /** `trying` or `stable` -> `rolledBack` or `superseded`; for a stable one the newest retired one is stable again. */
  end(
    serviceId: string,
    generation: number,
    status: 'rolledBack' | 'superseded',
    nowMs: number,
  ): Promise<void>;
  /** `superseded` -> `rolledBack`, when it was learnt later that somebody had taken it away. Any other stays as it is. */
  wasTakenBack(serviceId: string, generation: number): Promise<void>;
}

/** Who holds a service: `runId` is rewritten at continue-as-new, `firstRunId` stays. */
export interface LeaseHolder {
  readonly workflowId: string;
  readonly firstRunId: string;
  readonly runId: string;
}

export interface ChangeLease {
  readonly serviceId: string;
  readonly holder: LeaseHolder;
  readonly generation: number;
  readonly acquiredAtMs: number;
}

export type AcquireResult =
  | { readonly kind: 'acquired'; readonly generation: number }
  | { readonly kind: 'held'; readonly by: ChangeLease };

/**
 * The change lease: one change at a time per service. Generations only rise: max(database, gateway) + 1, remembered
 * also while nobody holds the lease.
 */
export interface LeaseStore {
  /**
   * Takes the lease when it is free, held by `inheritFrom` (workflowId and firstRunId), held by one of `replace`
   * (a holder that Temporal reports closed, compared whole), or already held by the same holder. The same
   * (workflowId, firstRunId, runId) again answers the same generation; the same workflow under another runId (a reset)
   * gets a new one.
   */
  acquire(request: {
    readonly serviceId: string;
    readonly holder: LeaseHolder;
    readonly gatewayGeneration: number;
    readonly nowMs: number;
    readonly inheritFrom?: Pick<LeaseHolder, 'workflowId' | 'firstRunId'>;
    readonly replace?: LeaseHolder;
  }): Promise<AcquireResult>;
  /** Takes the lease whoever holds it (emergency restore). Same holder and runId again: same generation. */
  seize(request: {
    readonly serviceId: string;
    readonly holder: LeaseHolder;
    readonly gatewayGeneration: number;
    readonly nowMs: number;
  }): Promise<{ readonly generation: number; readonly from: ChangeLease | null }>;
  /**
   * Rewrites runId after continue-as-new. Nothing happens when another workflow holds the lease, or another run than `fromRunId`: a run that was reset
   * is not the one that went on. Left out: whatever run of the workflow.
   */
  renewRun(serviceId: string, holder: LeaseHolder, fromRunId?: string): Promise<void>;
  /**
   * Gives the lease back. Nothing happens when another workflow holds it, nor when it holds it under another generation: a late try meets what came next
   * under the same first run. Left out: under whatever generation.
   */
  release(
    serviceId: string,
    holder: Pick<LeaseHolder, 'workflowId' | 'firstRunId'>,
    generation?: number,
  ): Promise<void>;
  current(serviceId: string): Promise<ChangeLease | null>;
}

/** One decision with its evidence. `id` is `<workflowId>/<runId>/<kind>/<n>`. */
export interface DecisionRecord {
  readonly id: string;
  readonly serviceId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly kind: string;
  readonly outcome: string;
  readonly reason: string;
  /** Evidence, limits, seed and version of the judging code. Plain JSON. */
  readonly detail: unknown;
  readonly hash: string;
  readonly atMs: number;
}

export interface DecisionLog {
  /** Key: id. A second append of the same id changes nothing. */
  append(record: DecisionRecord): Promise<void>;
  /** The decision of that id, null when there is none. */
  get(id: string): Promise<DecisionRecord | null>;
  /** Newest first. */
  list(filter: {
    readonly serviceId?: string;
    readonly workflowId?: string;
    readonly kind?: string;
    readonly limit?: number;
  }): Promise<readonly DecisionRecord[]>;
}

/** Append-only: who did what, when, and what came of it. */
export interface AuditEntry {
  /** Key: a second append of the same id changes nothing. */
  readonly id: string;
  readonly serviceId: string;
  readonly actor: string;
  readonly action: string;
  readonly detail: unknown;
  readonly atMs: number;
}

export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  list(serviceId: string, limit?: number): Promise<readonly AuditEntry[]>;
}

/** A rollout's row: a projection for screens and reports, never read back by the workflow. */
export interface RolloutRow {
  readonly workflowId: string;
  readonly runId: string;
  readonly serviceId: string;
  readonly generation: number;
  readonly phase: string;
  readonly stepIndex: number;
  readonly weightPct: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly reason: string | null;
  /** Counts and moments folded per block and guardrail are kept apart, see `WindowStore.markFolded`. */
  readonly state: unknown;
}

export interface RolloutStore {
  /** Key: (workflowId, runId). */
  upsert(row: RolloutRow): Promise<void>;
  list(serviceId: string, limit?: number): Promise<readonly RolloutRow[]>;
}
