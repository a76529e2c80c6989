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

/** The one schedule of the fast path: one activity looks at every service. */
export const FLEET_SWEEP = {
  scheduleId: 'fleet-sweep',
  workflowType: 'fleetSweep',
  workflowId: 'fleet-sweep',
  taskQueue: 'llm-optimizer',
} as const;

/** The command that a role prints when it refuses to start. */
export const bootstrapCommand = (address: string, namespace: string): string =>
  `node dist/deploy/bootstrap.js --address ${address} --namespace ${namespace}`;
