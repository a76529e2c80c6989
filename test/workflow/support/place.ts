/** What the activities of the workflow tests work on. */
import type { World } from './world.ts';

export interface Place {
  readonly world: (serviceId: string) => World;
  readonly nowMs: () => Promise<number>;
  /** Signals `rollback` to a workflow; false when it does not run. */
  readonly signalRollback: (workflowId: string, message: object) => Promise<boolean>;
}
