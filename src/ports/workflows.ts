/** What activities ask of Temporal: who still runs, and a few starts and signals. */
import type { LeaseHolder } from './stores.ts';

/** How a workflow ended, or null while it runs. `unknown` when the server has forgotten it. */
export interface WorkflowEnd {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timedOut' | 'unknown';
  readonly result: unknown;
}

export interface WorkflowDirectory {
  /** Whether the holder's workflow is closed (or was never heard of): its lease may be replaced. */
  isClosed(holder: LeaseHolder): Promise<boolean>;
  /** The end of the newest run of `workflowId`; null while it runs. */
  endOf(workflowId: string): Promise<WorkflowEnd | null>;
  /** Starts `cycle/<service>`; false when one runs already. */
  startCycle(serviceId: string, trigger: 'schedule' | 'threshold' | 'event'): Promise<boolean>;
  /** Signals `anomaly` to `cycle/<service>`, which is started with it unless it runs. */
  tellCycle(serviceId: string, anomaly: Readonly<Record<string, unknown>>): Promise<void>;
  /** Starts `restore/<service>` to the recorded stable configuration; false when one runs already. */
  startRestore(request: {
    readonly serviceId: string;
    readonly by: string;
    readonly reason: string;
  }): Promise<boolean>;
  /** First run of the workflow that `runId` is a run of, null when the server has forgotten it. */
  firstRunOf(run: { readonly workflowId: string; readonly runId: string }): Promise<string | null>;
  /** The newest run of a workflow that runs: its first run, and who started it as a child. Null when none runs. */
  running(
    workflowId: string,
  ): Promise<{ readonly firstRunId: string; readonly parentWorkflowId: string | null } | null>;
  /** Signals `rollback`; false when no such workflow runs. */
  signalRollback(
    workflowId: string,
    message: { readonly by: string; readonly reason: string },
  ): Promise<boolean>;
}
