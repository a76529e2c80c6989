// What a Temporal namespace must have before any role of ours may work in it. Names only; nothing here talks to a server.

/** Days that closed workflows are kept; a responder must be able to read last month's decisions. */
export const RETENTION_DAYS = 30;

/** All of type Keyword. They carry no prompts and no personal data. */
export const SEARCH_ATTRIBUTES = [
  'OptimizerService',
  'OptimizerKind',
  'OptimizerPhase',
  'OptimizerVerdict',
] as const;

/** What a schedule starts. Temporal appends a time to the workflow id. */
export interface ScheduledWorkflow {
  readonly scheduleId: string;
  readonly workflowType: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
}

/** The one schedule of the fast path: one activity looks at every service. */
export const FLEET_SWEEP = {
  scheduleId: 'fleet-sweep',
  workflowType: 'fleetSweep',
  workflowId: 'fleet-sweep',
  taskQueue: 'llm-optimizer',
  args: [],
} as const satisfies ScheduledWorkflow;

/** Retention and upkeep of the database, with the retention that the activity role is set to. */
export const MAINTENANCE = {
  scheduleId: 'maintenance',
  workflowType: 'maintenance',
  workflowId: 'maintenance',
  taskQueue: 'llm-optimizer',
  args: [{}],
} as const satisfies ScheduledWorkflow;

/** The command that a role prints when it refuses to start. */
export const bootstrapCommand = (address: string, namespace: string): string =>
  `node dist/deploy/bootstrap.js --address ${address} --namespace ${namespace}`;
